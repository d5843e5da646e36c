/* The plan of 'v2 migrate': its inputs, its steps, and the way to both APIs of the cluster. */
#include "ops/v2_migrate.h"

#include <string.h>

#include "base/json_writer.h"
#include "base/time.h"
#include "ops/plan_cluster.h"
#include "ops/v2_migrate_state.h"

/* Listing a large directory takes longer than a short request. */
enum { CALL_TIMEOUT_MS = 60000 };

static void
v2_close(void *subject)
{
    struct etcd2_client *client = subject;

    etcd2_client_close(&client);
}

static void
v3_close(void *subject)
{
    struct etcd_client *client = subject;

    etcd_client_close(&client);
}

/* The v2 API takes NAME:PASSWORD with each request, the v3 user's. */
static void
basic_set(const struct etcd_options *options, struct secret *ret_basic)
{
    AUTO_BUF both = BUF_INIT;

    if (options->user == NULL || options->password == NULL || options->password->text == NULL)
        return;
    buf_reserve(&both, strlen(options->user) + options->password->size + 2);
    buf_printf(&both, "%s:%s", options->user, options->password->text);
    secret_set(ret_basic, buf_bytes(&both));
    explicit_bzero(both.data, both.size);
}

/* A bare HOST:PORT is https as soon as TLS is asked for, as for v3 (etcd/client.h). */
static const char *const *
urls_of(struct arena *mem, const struct etcd_options *o)
{
    const char **urls = arena_zero(mem, o->endpoint_count * sizeof(*urls));
    bool tls = o->ca_file != NULL || o->cert_file != NULL || !o->insecure_transport;

    for (size_t i = 0; i < o->endpoint_count; i++)
        urls[i] = strstr(o->endpoints[i], "://") != NULL
                      ? o->endpoints[i]
                      : arena_printf(mem, "%s://%s", tls ? "https" : "http", o->endpoints[i]);
    return urls;
}

bool
v2_sides_open(struct arena *mem, const struct etcd_options *options, struct v2_sides *ret_sides,
              struct error *e)
{
    AUTO_SECRET basic = SECRET_INIT;
    const struct etcd2_options v2 = {
        .endpoints = urls_of(mem, options),
        .endpoint_count = options->endpoint_count,
        .ca_file = options->ca_file,
        .cert_file = options->cert_file,
        .key_file = options->key_file,
        .insecure_skip_verify = options->insecure_skip_verify,
        .basic = &basic,
        .timeout_ms = CALL_TIMEOUT_MS,
        .total_timeout_ms = CALL_TIMEOUT_MS,
    };
    struct v2_sides sides;

    basic_set(options, &basic);
    if (!etcd2_client_open(&v2, &sides.v2, e))
        return false;
    arena_on_release(mem, v2_close, sides.v2);
    if (!etcd_client_open(options, &sides.v3, e))
        return false;
    arena_on_release(mem, v3_close, sides.v3);
    *ret_sides = sides;
    return true;
}

static bool
sides_open(struct key_copy *copy, struct error *e)
{
    struct v2_migrate *m = (struct v2_migrate *)copy;

    if (!v2_sides_open(copy->plan->mem, m->context->etcd, &m->sides, e))
        return false;
    copy->client = m->sides.v3;
    return true;
}

static const struct key_copy_kind copy_kind = {
    .target = "v3",
    .values = "v2's",
    .open = sides_open,
    .each = v2_migrate_each,
    .walk = v2_migrate_walk,
};

/* What the survey of the inputs counts. */
struct counts {
    uint64_t keys;
    uint64_t with_ttl;
    uint64_t bytes;
    uint64_t collisions;
    struct etcd_client *v3;
};

static bool
count_batch(void *context, const struct key_batch *batch, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct counts *c = context;
    const struct etcd_key_value **found;
    int64_t revision;

    if (!key_batch_read(&tmp, c->v3, batch, &found, &revision, e))
        return error_wrap(e, "reading from v3");
    for (size_t i = 0; i < batch->count; i++) {
        c->with_ttl += batch->pairs[i].ttl_s > 0;
        c->collisions += found[i] != NULL && !key_pair_is(&batch->pairs[i], found[i]);
    }
    c->keys += batch->count;
    c->bytes += batch->bytes;
    return true;
}

static void
inputs_write(const struct v2_migrate_request *request, uint64_t cluster_id, const struct counts *c,
             struct buf *out)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key_id(&w, "clusterId", cluster_id);
    if (request->inventory != NULL)
        plan_cluster_encode(&w, request->inventory);
    json_key_text(&w, "root", request->root);
    json_key(&w, "hidden");
    json_array_begin(&w);
    for (size_t i = 0; i < request->hidden_count; i++)
        json_text(&w, request->hidden[i]);
    json_array_end(&w);
    json_key_bool(&w, "keepDirs", request->keep_dirs);
    json_key_bool(&w, "overwrite", request->overwrite);
    json_key_u64(&w, "keys", c->keys);
    json_key_u64(&w, "withTtl", c->with_ttl);
    json_key_u64(&w, "bytes", c->bytes);
    json_key_u64(&w, "collisions", c->collisions);
    json_object_end(&w);
}

bool
v2_migrate_inputs(struct arena *mem, const struct v2_migrate_request *request,
                  struct buf *ret_inputs, struct error *e)
{
    struct counts counts = {.keys = 0};
    struct v2_sides sides;
    uint64_t cluster_id;
    uint64_t index;

    if (!v2_sides_open(mem, request->etcd, &sides, e) ||
        !plan_cluster_id_ask(sides.v3, &cluster_id, e))
        return false;
    counts.v3 = sides.v3;
    if (!v2_batches(&sides, request->root, request->hidden, request->hidden_count,
                    request->keep_dirs, count_batch, &counts, &index, e))
        return false;
    inputs_write(request, cluster_id, &counts, ret_inputs);
    return true;
}

static bool
hidden_read(struct arena *mem, const struct json *inputs, struct v2_migrate *m, struct error *e)
{
    const struct json *array;
    const char **names;

    if (!json_get_array(inputs, "hidden", &array, e))
        return false;
    m->hidden_count = json_array_count(array);
    names = arena_zero(mem, (m->hidden_count + 1) * sizeof(*names));
    m->hidden = names;
    for (size_t i = 0; i < m->hidden_count; i++) {
        if (!json_as_text(mem, json_array_at(array, i), &names[i], e))
            return false;
    }
    return true;
}

static bool
migrate_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct v2_migrate *m = arena_zero(plan->mem, sizeof(*m));
    uint64_t keys;
    uint64_t bytes;

    m->copy.plan = plan;
    m->copy.kind = &copy_kind;
    m->context = context;
    if (!json_get_text(plan->mem, inputs, "clusterId", &m->copy.cluster_id, e) ||
        !json_get_text(plan->mem, inputs, "root", &m->root, e) ||
        !hidden_read(plan->mem, inputs, m, e) ||
        !json_get_bool(inputs, "keepDirs", &m->keep_dirs, e) ||
        !json_get_bool(inputs, "overwrite", &m->copy.overwrite, e) ||
        !json_get_u64(inputs, "keys", &keys, e) || !json_get_u64(inputs, "bytes", &bytes, e))
        return false;
    plan->cluster = arena_printf(plan->mem, "id-%s", m->copy.cluster_id);
    plan->title = arena_printf(
        plan->mem, "copy %llu keys (%s) below '%s' of cluster %s from v2 to v3",
        (unsigned long long)keys, size_human(plan->mem, bytes), m->root, m->copy.cluster_id);
    plan_add_step(plan, &v2_migrate_step_survey, NULL, m);
    plan_add_step(plan, &v2_migrate_step_copy, NULL, m);
    plan_add_step(plan, &v2_migrate_step_prove, NULL, m);
    return true;
}

const struct plan_kind v2_migrate_kind = {.name = "v2-migrate", .build = migrate_build};
