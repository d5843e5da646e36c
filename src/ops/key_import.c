/* The plan of 'keys import': its inputs, and the way to the file and the cluster. */
#include "ops/key_import.h"

#include <inttypes.h>
#include <string.h>

#include "base/io.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "ops/key_export_read.h"
#include "ops/key_import_state.h"
#include "ops/plan_cluster.h"

static bool
digest_check(const struct key_import *m, const struct key_export_end *end, struct error *e)
{
    char digest[2 * SHA256_SIZE + 1];

    hex_encode(end->sha256, SHA256_SIZE, digest);
    if (strcmp(digest, m->sha256) == 0)
        return true;
    error_set_(e, ERROR_CONFLICT, 0, "'%s' is another export than when the plan was made", m->path);
    return error_hint(e, "put the file back, or begin anew with 'quorate keys import'");
}

/* --- of key_copy_kind --- */

static bool
import_open(struct key_copy *copy, struct error *e)
{
    struct key_import *m = (struct key_import *)copy;
    struct key_export_end end;

    return key_export_read(m->path, NULL, NULL, &end, e) && digest_check(m, &end, e) &&
           plan_cluster_client(copy->plan, m->context, &copy->client, e);
}

bool
key_import_each(struct key_copy *copy, key_batch_take *take, void *context, struct error *e)
{
    struct key_import *m = (struct key_import *)copy;
    struct key_import_skipped skipped;
    struct key_export_end end;

    return key_import_file(m->path, m->with_leases, NULL, take, context, &skipped, &end, e) &&
           digest_check(m, &end, e);
}

struct walking {
    struct key_copy *copy;
    key_copy_visit *visit;
    void *context;
};

static bool
walk_batch(void *context, const struct key_batch *batch, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct walking *walking = context;
    const struct etcd_key_value **found;
    int64_t revision;

    if (!key_batch_read(&tmp, walking->copy->client, batch, &found, &revision, e))
        return error_wrap(e, "reading from the cluster");
    for (size_t i = 0; i < batch->count; i++) {
        if (found[i] != NULL && !walking->visit(walking->context, found[i], e))
            return false;
    }
    return true;
}

static bool
import_walk(struct key_copy *copy, key_copy_visit *visit, void *context, struct error *e)
{
    struct walking walking = {copy, visit, context};

    return key_import_each(copy, walk_batch, &walking, e);
}

static const struct key_copy_kind copy_kind = {
    .target = "the cluster",
    .values = "the file's",
    .open = import_open,
    .each = key_import_each,
    .walk = import_walk,
};

/* --- the inputs --- */

struct counts {
    struct etcd_client *client;
    uint64_t keys;
    uint64_t bytes;
    uint64_t with_lease;
    uint64_t there; /* as they should be */
    uint64_t collisions;
    struct key_import_skipped skipped;
};

static bool
count_batch(void *context, const struct key_batch *batch, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct counts *c = context;
    const struct etcd_key_value **found;
    int64_t revision;

    if (!key_batch_read(&tmp, c->client, batch, &found, &revision, e))
        return error_wrap(e, "reading from the cluster");
    for (size_t i = 0; i < batch->count; i++) {
        bool is = key_pair_is(&batch->pairs[i], found[i]);

        c->there += is;
        c->collisions += found[i] != NULL && !is;
        c->with_lease += batch->pairs[i].ttl_s > 0;
    }
    c->keys += batch->count;
    c->bytes += batch->bytes;
    return true;
}

static void
inputs_write(const struct key_import_request *request, const char *path, uint64_t cluster_id,
             const struct counts *c, const struct key_export_end *end, struct buf *out)
{
    struct json_writer w;
    char digest[2 * SHA256_SIZE + 1];

    hex_encode(end->sha256, SHA256_SIZE, digest);
    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key_id(&w, "clusterId", cluster_id);
    if (request->inventory != NULL)
        plan_cluster_encode(&w, request->inventory);
    json_key_text(&w, "path", path);
    json_key_text(&w, "sha256", digest);
    json_key_bool(&w, "overwrite", request->overwrite);
    json_key_bool(&w, "withLeases", request->with_leases);
    json_key_u64(&w, "keys", c->keys);
    json_key_u64(&w, "bytes", c->bytes);
    json_key_u64(&w, "keysWithLease", c->with_lease);
    json_key_u64(&w, "there", c->there);
    json_key_u64(&w, "collisions", c->collisions);
    json_key_u64(&w, "skipped", c->skipped.leased + c->skipped.lease_ended);
    json_object_end(&w);
}

bool
key_import_inputs(struct arena *mem, const struct key_import_request *request,
                  struct buf *ret_inputs, struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;
    struct counts counts = {.keys = 0};
    struct key_export_end end;
    const char *path;
    uint64_t cluster_id;

    if (!path_absolute(mem, request->path, &path, e) ||
        !etcd_client_open(request->etcd, &client, e) ||
        !plan_cluster_id_ask(client, &cluster_id, e))
        return false;
    counts.client = client;
    if (!key_import_file(path, request->with_leases, request->observer, count_batch, &counts,
                         &counts.skipped, &end, e))
        return false;
    inputs_write(request, path, cluster_id, &counts, &end, ret_inputs);
    return true;
}

static bool
import_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct key_import *m = arena_zero(plan->mem, sizeof(*m));
    uint64_t bytes;

    m->copy.plan = plan;
    m->copy.kind = &copy_kind;
    m->context = context;
    if (!json_get_text(plan->mem, inputs, "clusterId", &m->copy.cluster_id, e) ||
        !json_get_text(plan->mem, inputs, "path", &m->path, e) ||
        !json_get_text(plan->mem, inputs, "sha256", &m->sha256, e) ||
        !json_get_bool(inputs, "overwrite", &m->copy.overwrite, e) ||
        !json_get_bool(inputs, "withLeases", &m->with_leases, e) ||
        !json_get_u64(inputs, "keys", &m->keys, e) || !json_get_u64(inputs, "bytes", &bytes, e))
        return false;
    plan->cluster = arena_printf(plan->mem, "id-%s", m->copy.cluster_id);
    plan->title = arena_printf(plan->mem, "import %" PRIu64 " keys (%s) from '%s' into cluster %s",
                               m->keys, size_human(plan->mem, bytes), m->path, m->copy.cluster_id);
    plan_add_step(plan, &key_import_step_survey, NULL, m);
    plan_add_step(plan, &key_import_step_write, NULL, m);
    plan_add_step(plan, &key_import_step_prove, NULL, m);
    return true;
}

const struct plan_kind key_import_kind = {.name = "keys-import", .build = import_build};
