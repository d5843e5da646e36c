/* What was written, read back from v3: compared with v2, counted, and deleted again by undo. */
#include <inttypes.h>
#include <string.h>

#include "etcd2/keys.h"
#include "ops/v2_migrate_state.h"
#include "ops/v2_walk.h"

enum { PAGE_KEYS = 1000, DELETES_A_TXN = 100 };

/* --- every key that may be the plan's --- */

static bool
page_visit(struct v2_migrate *m, struct bytes *from, struct bytes end, bool *ret_more,
           v2_key_visit *visit, void *context, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_range_request request = {
        .key = *from, .range_end = end, .limit = PAGE_KEYS, .keys_only = true};
    struct etcd_range_response response;
    AUTO_BUF next = BUF_INIT;

    if (!etcd_range(&tmp, m->sides.v3, &request, &response, e))
        return false;
    for (size_t i = 0; i < response.kv_count; i++) {
        if (!visit(context, &response.kvs[i], e))
            return false;
    }
    *ret_more = response.more && response.kv_count > 0;
    if (*ret_more) {
        buf_append_bytes(&next, response.kvs[response.kv_count - 1].key);
        buf_append_byte(&next, '\0');
        *from = arena_copy(m->plan->mem, buf_bytes(&next));
    }
    return true;
}

static bool
prefix_walk(struct v2_migrate *m, const char *root, v2_key_visit *visit, void *context,
            struct error *e)
{
    struct bytes from = bytes_of_text(root);
    struct bytes end = etcd_prefix_end(m->plan->mem, from);
    bool more = true;

    while (more) {
        if (!page_visit(m, &from, end, &more, visit, context, e))
            return error_wrap(e, "reading from v3");
    }
    return true;
}

bool
v2_target_walk(struct v2_migrate *m, v2_key_visit *visit, void *context, struct error *e)
{
    if (!prefix_walk(m, m->root, visit, context, e))
        return false;
    for (size_t i = 0; i < m->hidden_count; i++) {
        if (strncmp(m->hidden[i], m->root, strlen(m->root)) != 0 &&
            !prefix_walk(m, m->hidden[i], visit, context, e))
            return false;
    }
    return true;
}

/* --- prove --- */

struct proof {
    struct v2_migrate *m;
    uint64_t keys;
    uint64_t ours;  /* of them, written by the plan */
    uint64_t in_v3; /* the plan's, as v3 counts them */
};

/* A key with a TTL may end between the reads; then v2 has it no more either. */
static bool
is_gone(struct v2_migrate *m, const struct v2_pair *pair)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd2_get_options options = {.quorum = true};
    struct etcd2_response response;
    struct error e = ERROR_INIT;

    return pair->ttl_s > 0 &&
           !etcd2_get(&tmp, m->sides.v2, arena_text_of_bytes(&tmp, pair->key), &options, &response,
                      &e) &&
           e.code == ERROR_NOT_FOUND;
}

static bool
prove_batch(void *context, const struct v2_batch *batch, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct proof *p = context;
    const struct etcd_key_value **found;
    int64_t revision;

    if (!v2_batch_read(&tmp, p->m->sides.v3, batch, &found, &revision, e))
        return false;
    for (size_t i = 0; i < batch->count; i++) {
        if (!v2_pair_is(&batch->pairs[i], found[i])) {
            if (found[i] == NULL && is_gone(p->m, &batch->pairs[i]))
                continue;
            return error_set(e, ERROR_VERIFY, "key '%s' %s",
                             arena_text_of_bytes(&tmp, batch->pairs[i].key),
                             found[i] == NULL ? "is not in v3" : "is not the same in v3");
        }
        p->keys++;
        p->ours += v2_revisions_has(&p->m->revisions, found[i]->mod_revision);
    }
    return true;
}

static bool
count_ours(void *context, const struct etcd_key_value *kv, struct error *e UNUSED)
{
    struct proof *p = context;

    p->in_v3 += v2_revisions_has(&p->m->revisions, kv->mod_revision);
    return true;
}

bool
v2_migrate_prove(struct v2_migrate *m, struct error *e)
{
    struct proof p = {.m = m};
    uint64_t index;

    if (!v2_batches(&m->sides, m->root, m->hidden, m->hidden_count, m->keep_dirs, prove_batch, &p,
                    &index, e) ||
        !v2_target_walk(m, count_ours, &p, e))
        return false;
    if (p.in_v3 > p.ours) {
        error_set_(e, ERROR_VERIFY, 0, "%" PRIu64 " keys were copied that v2 has no more",
                   p.in_v3 - p.ours);
        return error_hint(e, "stop what writes to v2 and run it again");
    }
    plan_note(m->plan, "%" PRIu64 " keys, equal in v2 and v3; %" PRIu64 " of them written now",
              p.keys, p.ours);
    return true;
}

/* --- undo --- */

struct undo {
    struct v2_migrate *m;
    uint64_t changed;
    char first[128];
    struct arena mem; /* of the keys below */
    struct etcd_delete_range_request deletes[DELETES_A_TXN];
    struct etcd_compare compares[DELETES_A_TXN];
    struct etcd_request_op ops[DELETES_A_TXN];
    size_t count;
};

static bool
adopt_batch(void *context, const struct v2_batch *batch, struct error *e)
{
    return v2_batch_adopt(context, batch, e);
}

/* The sides, the revisions, and with them those of a transaction that a kill left unnoted. */
static bool
undo_begin(struct v2_migrate *m, struct error *e)
{
    uint64_t index;

    return v2_migrate_begin(m, e) &&
           (m->start_revision == 0 || plan_mark_get(m->plan, V2_MARK_COPIED) != NULL ||
            v2_batches(&m->sides, m->root, m->hidden, m->hidden_count, m->keep_dirs, adopt_batch, m,
                       &index, e));
}

static bool
find_changed(void *context, const struct etcd_key_value *kv, struct error *e UNUSED)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct undo *u = context;

    if (!v2_revisions_has(&u->m->revisions, kv->create_revision) ||
        v2_revisions_has(&u->m->revisions, kv->mod_revision))
        return true;
    if (u->changed++ == 0)
        snprintf(u->first, sizeof(u->first), "%s", arena_text_of_bytes(&tmp, kv->key));
    return true;
}

bool
v2_migrate_undo_guard(void *op, struct error *e)
{
    struct v2_migrate *m = op;
    AUTO_ARENA tmp = ARENA_INIT;
    struct undo *u = arena_zero(&tmp, sizeof(*u));

    if (plan_mark_get(m->plan, V2_MARK_OVERWROTE) != NULL)
        return error_set(e, ERROR_REFUSED, "values of v3 were overwritten, and are gone");
    u->m = m;
    if (!undo_begin(m, e) || !v2_target_walk(m, find_changed, u, e))
        return false;
    if (u->changed == 0)
        return true;
    return error_set(e, ERROR_REFUSED,
                     "%" PRIu64 " of the keys were changed since in v3, '%s' among them",
                     u->changed, u->first);
}

static bool
deletes_flush(struct undo *u, struct error *e)
{
    const struct etcd_txn_request request = {
        .compares = u->compares,
        .compare_count = u->count,
        .success = u->ops,
        .success_count = u->count,
    };
    struct etcd_txn_response response;
    bool ok = u->count == 0 || etcd_txn(&u->mem, u->m->sides.v3, &request, &response, e);

    if (ok && u->count > 0 && !response.succeeded)
        ok = error_set(e, ERROR_CONFLICT, "a key was changed in v3 while it was to be deleted");
    arena_release(&u->mem);
    u->count = 0;
    return ok;
}

static bool
delete_ours(void *context, const struct etcd_key_value *kv, struct error *e)
{
    struct undo *u = context;
    struct bytes key;

    if (!v2_revisions_has(&u->m->revisions, kv->mod_revision))
        return true;
    key = arena_copy(&u->mem, kv->key);
    u->deletes[u->count] = (struct etcd_delete_range_request){.key = key};
    u->compares[u->count] = (struct etcd_compare){
        .target = ETCD_COMPARE_MOD, .key = key, .mod_revision = kv->mod_revision};
    u->ops[u->count].delete_range = &u->deletes[u->count];
    return ++u->count < DELETES_A_TXN || deletes_flush(u, e);
}

bool
v2_migrate_undo(void *op, struct error *e)
{
    struct v2_migrate *m = op;
    AUTO_ARENA tmp = ARENA_INIT;
    struct undo *u = arena_zero(&tmp, sizeof(*u));
    bool ok;

    if (plan_mark_get(m->plan, V2_MARK_OVERWROTE) != NULL)
        return error_set(e, ERROR_REFUSED, "values of v3 were overwritten, and are gone");
    u->m = m;
    ok = undo_begin(m, e) && v2_target_walk(m, delete_ours, u, e) && deletes_flush(u, e);
    arena_release(&u->mem);
    return ok;
}
