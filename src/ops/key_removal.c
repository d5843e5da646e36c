/* The plan of 'keys rm': its inputs, and the way to the cluster. */
#include "ops/key_removal.h"

#include <inttypes.h>

#include "base/io.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "etcd/kv.h"
#include "keys/key_danger.h"
#include "keys/kube_walk.h"
#include "keys/source.h"
#include "ops/key_removal_state.h"
#include "ops/key_size_sample.h"
#include "ops/plan_cluster.h"

bool
key_removal_begin(struct key_removal *m, struct error *e)
{
    struct etcd_client *client;

    if (m->client != NULL)
        return true;
    if (!plan_cluster_client(m->plan, m->context, &client, e) ||
        !plan_cluster_id_check(client, m->cluster_id, e) ||
        !plan_cluster_client(m->plan, m->context, &m->reader, e))
        return false;
    m->client = client;
    return true;
}

/* --- the inputs --- */

struct counts {
    const struct observer *observer;
    struct key_size_sample sizes;
    struct removal_borders *borders; /* NULL: nobody wants them */
    uint64_t keys;
    uint64_t bytes;
    bool bytes_are_exact;
};

static bool
piece_count(void *context, const struct etcd_range_piece *piece, struct error *e UNUSED)
{
    struct counts *c = context;

    for (size_t i = 0; i < piece->kv_count; i++)
        key_size_sample_add(&c->sizes, piece->kvs[i].key);
    if (c->borders != NULL)
        removal_borders_add(c->borders, piece->end, (uint64_t)piece->key_count);
    c->keys += (uint64_t)piece->key_count;
    observer_progress(c->observer, "counting keys", "keys", c->keys, 0);
    return true;
}

static bool
danger_check(const struct key_removal_request *request, struct error *e)
{
    const char *danger = key_danger(&request->range);

    if (danger == NULL || request->force)
        return true;
    error_set_(e, ERROR_REFUSED, 0, "%s", danger);
    return error_hint(
        e, "name a smaller range (events: /registry/events/), or say --force when you know "
           "that nothing uses them");
}

static bool
save_check(const char *path, struct error *e)
{
    if (path == NULL || !path_exists(path))
        return true;
    error_set_(e, ERROR_EXISTS, 0, "'%s' is there already", path);
    return error_hint(e, "give --save another name: nothing is written over");
}

static void
inputs_write(const struct key_removal_request *request, uint64_t cluster_id, int64_t revision,
             const struct counts *c, const char *save, struct buf *out)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key_id(&w, "clusterId", cluster_id);
    if (request->inventory != NULL)
        plan_cluster_encode(&w, request->inventory);
    json_key(&w, "start");
    json_base64(&w, request->range.start);
    json_key(&w, "end");
    json_base64(&w, request->range.end);
    json_key_i64(&w, "revision", revision);
    json_key_u64(&w, "keys", c->keys);
    json_key_u64(&w, "bytes", c->bytes);
    json_key_bool(&w, "bytesAreExact", c->bytes_are_exact);
    json_key_text(&w, "save", save != NULL ? save : "");
    json_key_u64(&w, "perSecond", request->per_second);
    json_object_end(&w);
}

/* Of few keys all are in the sample. */
static bool
sample_complete(const struct key_range *range, int64_t revision, struct etcd_client *client,
                struct key_size_sample *sizes, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_range_request request = {.key = range->start,
                                               .range_end = range->end,
                                               .revision = revision,
                                               .limit = KEY_SIZE_SAMPLE_MOST,
                                               .keys_only = true};
    struct etcd_range_response response;

    if (!etcd_range(&tmp, client, &request, &response, e))
        return false;
    key_size_sample_release(sizes);
    *sizes = (struct key_size_sample)KEY_SIZE_SAMPLE_INIT;
    for (size_t i = 0; i < response.kv_count; i++)
        key_size_sample_add(sizes, response.kvs[i].key);
    return true;
}

static bool
keys_count(const struct key_removal_request *request, struct etcd_client *client,
           int64_t *ret_revision, struct counts *counts, struct error *e)
{
    AUTO_KEY_SOURCE source = NULL;

    if (!key_source_open_cluster(client, NULL, &source, e) ||
        !kube_survey(client, &request->range, source->revision, piece_count, counts, e))
        return false;
    *ret_revision = source->revision;
    if (counts->keys == 0)
        return error_set(e, ERROR_NOT_FOUND, "the cluster has no such keys");
    counts->bytes_are_exact = counts->keys <= KEY_SIZE_SAMPLE_MOST;
    if (counts->bytes_are_exact &&
        !sample_complete(&request->range, source->revision, client, &counts->sizes, e))
        return false;
    return key_size_sample_ask(&counts->sizes, client, counts->keys, &counts->bytes, e);
}

static bool
inputs_make(struct arena *mem, const struct key_removal_request *request, struct counts *counts,
            struct buf *ret_inputs, struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;
    const char *save = NULL;
    uint64_t cluster_id;
    int64_t revision;

    if (!danger_check(request, e) ||
        (request->save != NULL && !path_absolute(mem, request->save, &save, e)) ||
        !save_check(save, e) || !etcd_client_open(request->etcd, &client, e) ||
        !plan_cluster_id_ask(client, &cluster_id, e) ||
        !keys_count(request, client, &revision, counts, e))
        return false;
    inputs_write(request, cluster_id, revision, counts, save, ret_inputs);
    return true;
}

bool
key_removal_inputs(struct arena *mem, const struct key_removal_request *request,
                   struct buf *ret_inputs, struct error *e)
{
    struct counts counts = {.observer = request->observer, .sizes = KEY_SIZE_SAMPLE_INIT};
    bool ok = inputs_make(mem, request, &counts, ret_inputs, e);

    key_size_sample_release(&counts.sizes);
    return ok;
}

/* --- the plan --- */

static bool
key_get(struct arena *mem, const struct json *inputs, const char *name, struct bytes *ret_key,
        struct error *e)
{
    AUTO_BUF key = BUF_INIT;
    const char *text;

    if (!json_get_text(mem, inputs, name, &text, e))
        return false;
    if (!base64_decode(&key, bytes_of_text(text)))
        return error_set(e, ERROR_FORMAT, "'%s' is not base64", name);
    *ret_key = arena_copy(mem, buf_bytes(&key));
    return true;
}

static bool
removal_read(struct key_removal *m, struct arena *mem, const struct json *inputs, struct error *e)
{
    return json_get_text(mem, inputs, "clusterId", &m->cluster_id, e) &&
           key_get(mem, inputs, "start", &m->range.start, e) &&
           key_get(mem, inputs, "end", &m->range.end, e) &&
           json_get_i64(inputs, "revision", &m->revision, e) &&
           json_get_u64(inputs, "keys", &m->keys, e) &&
           json_get_u64(inputs, "bytes", &m->bytes, e) &&
           json_get_bool(inputs, "bytesAreExact", &m->bytes_are_exact, e) &&
           json_get_text(mem, inputs, "save", &m->save, e) &&
           json_get_u64(inputs, "perSecond", &m->per_second, e);
}

static bool
removal_add(struct plan *plan, const struct json *inputs, const struct plan_context *context,
            struct key_removal **ret_removal, struct error *e)
{
    struct key_removal *m = arena_zero(plan->mem, sizeof(*m));

    m->plan = plan;
    m->context = context;
    if (!removal_read(m, plan->mem, inputs, e))
        return false;
    if (m->save[0] == '\0')
        m->save = NULL;
    if (m->save != NULL)
        plan_add_step(plan, &key_removal_step_save, NULL, m);
    plan_add_step(plan, &key_removal_step_remove, NULL, m);
    plan_add_step(plan, &key_removal_step_prove, NULL, m);
    *ret_removal = m;
    return true;
}

bool
key_removal_add_steps(struct plan *plan, const struct json *inputs,
                      const struct plan_context *context, struct error *e)
{
    struct key_removal *m;

    return removal_add(plan, inputs, context, &m, e);
}

const char *
key_removal_size(const struct key_removal *m, struct arena *mem)
{
    return arena_printf(mem, m->bytes_are_exact ? "%s" : "about %s", size_human(mem, m->bytes));
}

static bool
removal_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct key_removal *m;

    if (!removal_add(plan, inputs, context, &m, e))
        return false;
    plan->cluster = arena_printf(plan->mem, "id-%s", m->cluster_id);
    plan->title = arena_printf(
        plan->mem, "delete %" PRIu64 " keys (%s) from cluster %s, as of revision %" PRId64, m->keys,
        key_removal_size(m, plan->mem), m->cluster_id, m->revision);
    return true;
}

const struct plan_kind key_removal_kind = {.name = "keys-rm", .build = removal_build};

static void
borders_hand_over(struct plan *plan, const struct removal_borders *borders)
{
    for (size_t i = 0; i < plan->steps.count; i++) {
        const struct plan_step *step = &plan->steps.items[i];

        if (step->step == &key_removal_step_remove)
            ((struct key_removal *)step->op)->borders = borders;
    }
}

bool
key_removal_plan(struct arena *mem, const struct key_removal_request *request,
                 struct plan_context *context, struct plan **ret_plan, struct error *e)
{
    AUTO_BUF inputs = BUF_INIT;
    struct removal_borders *borders = arena_zero(mem, sizeof(*borders));
    struct counts counts = {
        .observer = request->observer, .sizes = KEY_SIZE_SAMPLE_INIT, .borders = borders};
    bool made, divided;

    removal_borders_begin(borders, mem);
    made = inputs_make(mem, request, &counts, &inputs, e);
    key_size_sample_release(&counts.sizes);
    divided = removal_borders_end(borders);
    if (!made || !plan_new(mem, &key_removal_kind, buf_bytes(&inputs), context, ret_plan, e))
        return false;
    if (divided)
        borders_hand_over(*ret_plan, borders);
    return true;
}
