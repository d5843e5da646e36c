/* The plan of 'keys import': its inputs, its steps, and the way from the file to the cluster. */
#include "ops/key_import.h"

#include <inttypes.h>
#include <string.h>

#include "base/io.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "ops/key_copy.h"
#include "ops/key_export_read.h"
#include "ops/plan_kinds.h"

enum { CALL_TIMEOUT_MS = 60000, KEYS_BETWEEN_PROGRESS = 4096 };

struct key_import {
    struct key_copy copy; /* first: the steps' op */
    const struct plan_context *context;
    const char *path;
    const char *sha256; /* hex, of the file's lines */
    bool with_leases;
    uint64_t keys; /* to be written */
};

/* --- from the file to pairs --- */

/* What of the file is not written. */
struct skipped {
    uint64_t leased;      /* without --with-leases */
    uint64_t lease_ended; /* of leases whose time nobody knows */
};

struct pairs {
    struct key_batcher batcher;
    bool with_leases;
    struct arena mem;
    struct map leases; /* by id: their time, in seconds */
    struct skipped skipped;
    const struct observer *observer;
    uint64_t seen;
};

static void
lease_note(struct pairs *p, const struct key_export_lease *lease)
{
    void **place = map_place(&p->mem, &p->leases, bytes_of(&lease->id, sizeof(lease->id)));
    int64_t *ttl_s = arena_alloc(&p->mem, sizeof(*ttl_s));

    *ttl_s = lease->ttl_s;
    *place = ttl_s;
}

static int64_t
lease_ttl(const struct pairs *p, int64_t id)
{
    const int64_t *ttl_s = map_get(&p->leases, bytes_of(&id, sizeof(id)));

    return ttl_s != NULL ? *ttl_s : 0;
}

static bool
pair_add(struct pairs *p, const struct key_value *kv, struct error *e)
{
    struct key_pair pair = {.key = kv->key, .value = kv->value};

    if (++p->seen % KEYS_BETWEEN_PROGRESS == 0 && p->observer != NULL)
        observer_progress(p->observer, "reading the file", "keys", p->seen, 0);
    if (kv->lease != 0) {
        pair.lease = kv->lease;
        pair.ttl_s = lease_ttl(p, kv->lease);
        p->skipped.leased += !p->with_leases;
        p->skipped.lease_ended += p->with_leases && pair.ttl_s == 0;
        if (!p->with_leases || pair.ttl_s == 0)
            return true;
    }
    return key_batcher_add(&p->batcher, &pair, e);
}

static bool
line_add(void *context, const struct key_export_line *line, struct error *e)
{
    struct pairs *p = context;

    if (line->type == KEY_EXPORT_KEY)
        return pair_add(p, &line->kv, e);
    lease_note(p, &line->lease);
    return true;
}

/* All pairs of the file, in batches. */
static bool
file_each(const char *path, bool with_leases, const struct observer *observer, key_batch_take *take,
          void *context, struct skipped *ret_skipped, struct key_export_end *ret_end,
          struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct pairs *p = arena_zero(&tmp, sizeof(*p));
    bool ok;

    p->batcher.take = take;
    p->batcher.context = context;
    p->with_leases = with_leases;
    p->observer = observer;
    ok = key_export_read(path, line_add, p, ret_end, e) && key_batcher_flush(&p->batcher, e);
    *ret_skipped = p->skipped;
    key_batcher_release(&p->batcher);
    arena_release(&p->mem);
    return ok;
}

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

static void
client_close(void *subject)
{
    struct etcd_client *client = subject;

    etcd_client_close(&client);
}

static bool
import_open(struct key_copy *copy, struct error *e)
{
    struct key_import *m = (struct key_import *)copy;
    struct etcd_options options = *m->context->etcd;
    struct key_export_end end;
    struct etcd_client *client;

    if (options.command_timeout_ms < CALL_TIMEOUT_MS)
        options.command_timeout_ms = CALL_TIMEOUT_MS;
    if (!key_export_read(m->path, NULL, NULL, &end, e) || !digest_check(m, &end, e) ||
        !etcd_client_open(&options, &client, e))
        return false;
    arena_on_release(copy->plan->mem, client_close, client);
    copy->client = client;
    return true;
}

static bool
import_each(struct key_copy *copy, key_batch_take *take, void *context, struct error *e)
{
    struct key_import *m = (struct key_import *)copy;
    struct skipped skipped;
    struct key_export_end end;

    return file_each(m->path, m->with_leases, NULL, take, context, &skipped, &end, e) &&
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

    return import_each(copy, walk_batch, &walking, e);
}

static const struct key_copy_kind copy_kind = {
    .target = "the cluster",
    .values = "the file's",
    .open = import_open,
    .each = import_each,
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
    struct skipped skipped;
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
        !key_copy_cluster_id(client, &cluster_id, e))
        return false;
    counts.client = client;
    if (!file_each(path, request->with_leases, request->observer, count_batch, &counts,
                   &counts.skipped, &end, e))
        return false;
    inputs_write(request, path, cluster_id, &counts, &end, ret_inputs);
    return true;
}

/* --- the steps --- */

static bool
survey_check(void *op, enum progress *ret_progress, struct error *e)
{
    return key_copy_check(op, COPY_MARK_START, ret_progress, e);
}

static bool
survey_run(void *op, struct error *e)
{
    return key_copy_survey(op, e);
}

static const struct step step_survey = {
    .name = "survey",
    .intent = "check the file, and look for each of its %{keys} keys: %{there} are there already, "
              "%{collisions} with another value",
    .check = survey_check,
    .run = survey_run,
    .undo = key_copy_nothing_to_undo,
};

static bool
write_check(void *op, enum progress *ret_progress, struct error *e)
{
    return key_copy_check(op, COPY_MARK_COPIED, ret_progress, e);
}

static bool
write_run(void *op, struct error *e)
{
    struct key_import *m = op;

    return key_copy_run(&m->copy, m->keys, e) &&
           plan_mark(m->copy.plan, COPY_MARK_COPIED, "yes", e);
}

static const struct step step_write = {
    .name = "write",
    .intent = "write what is not there; of the keys %{keysWithLease} have a lease, %{skipped} more "
              "are left out for theirs",
    .check = write_check,
    .run = write_run,
    .undo_guard = key_copy_undo_guard,
    .undo = key_copy_undo,
};

static bool
prove_check(void *op, enum progress *ret_progress, struct error *e)
{
    *ret_progress = PROGRESS_TODO; /* evidence is gathered anew by each process */
    return key_copy_begin(op, e);
}

static bool
prove_run(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

struct proof {
    struct key_import *m;
    uint64_t keys;
    uint64_t ours; /* of them, written by the plan */
    uint64_t gone; /* their lease has ended since */
};

static bool
prove_batch(void *context, const struct key_batch *batch, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct proof *p = context;
    const struct etcd_key_value **found;
    int64_t revision;

    if (!key_batch_read(&tmp, p->m->copy.client, batch, &found, &revision, e))
        return error_wrap(e, "reading from the cluster");
    for (size_t i = 0; i < batch->count; i++) {
        if (found[i] == NULL && batch->pairs[i].ttl_s > 0) {
            p->gone++;
            continue;
        }
        if (found[i] == NULL || !key_pair_is(&batch->pairs[i], found[i]))
            return error_set(e, ERROR_VERIFY, "key '%s' is not %s the cluster",
                             arena_text_of_bytes(&tmp, batch->pairs[i].key),
                             found[i] == NULL ? "in" : "the same in");
        p->keys++;
        p->ours += copy_revisions_has(&p->m->copy.revisions, found[i]->mod_revision);
    }
    return true;
}

static bool
prove_verify(void *op, struct error *e)
{
    struct proof p = {.m = op};

    if (!import_each(op, prove_batch, &p, e))
        return false;
    plan_note(p.m->copy.plan,
              "%" PRIu64 " keys, equal in the file and the cluster; %" PRIu64
              " of them written now",
              p.keys, p.ours);
    if (p.gone > 0)
        plan_note(p.m->copy.plan, "%" PRIu64 " keys have ended with their lease", p.gone);
    return true;
}

static const struct step step_prove = {
    .name = "prove",
    .intent = "read every key back: its value and its lease",
    .check = prove_check,
    .run = prove_run,
    .verify = prove_verify,
    .undo = key_copy_nothing_to_undo,
};

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
    plan_add_step(plan, &step_survey, NULL, m);
    plan_add_step(plan, &step_write, NULL, m);
    plan_add_step(plan, &step_prove, NULL, m);
    return true;
}

const struct plan_kind key_import_kind = {.name = "keys-import", .build = import_build};
