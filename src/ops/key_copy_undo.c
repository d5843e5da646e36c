/* What a copy wrote, deleted again: exactly that, and only as long as nobody changed it since. */
#include <inttypes.h>
#include <string.h>

#include "ops/key_copy.h"

enum { DELETES_A_TXN = 100 };

struct undo {
    struct key_copy *copy;
    uint64_t changed;
    char first[128];
    struct arena mem; /* of the keys below */
    struct etcd_delete_range_request deletes[DELETES_A_TXN];
    struct etcd_compare compares[DELETES_A_TXN];
    struct etcd_request_op ops[DELETES_A_TXN];
    size_t count;
};

static bool
adopt_batch(void *context, const struct key_batch *batch, struct error *e)
{
    return key_copy_adopt(context, batch, e);
}

/* The cluster, the revisions, and with them those of a transaction that a kill left unnoted. */
static bool
undo_begin(struct key_copy *copy, struct error *e)
{
    return key_copy_begin(copy, e) &&
           (copy->start_revision == 0 || plan_mark_get(copy->plan, COPY_MARK_COPIED) != NULL ||
            copy->kind->each(copy, adopt_batch, copy, e));
}

static bool
find_changed(void *context, const struct etcd_key_value *kv, struct error *e UNUSED)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct undo *u = context;

    if (!copy_revisions_has(&u->copy->revisions, kv->create_revision) ||
        copy_revisions_has(&u->copy->revisions, kv->mod_revision))
        return true;
    if (u->changed++ == 0)
        snprintf(u->first, sizeof(u->first), "%s", arena_text_of_bytes(&tmp, kv->key));
    return true;
}

static bool
overwrote_nothing(const struct key_copy *copy, struct error *e)
{
    if (plan_mark_get(copy->plan, COPY_MARK_OVERWROTE) == NULL)
        return true;
    return error_set(e, ERROR_REFUSED, "values of %s were overwritten, and are gone",
                     copy->kind->target);
}

bool
key_copy_undo_guard(void *op, struct error *e)
{
    struct key_copy *copy = op;
    AUTO_ARENA tmp = ARENA_INIT;
    struct undo *u = arena_zero(&tmp, sizeof(*u));

    u->copy = copy;
    if (!overwrote_nothing(copy, e) || !undo_begin(copy, e) ||
        !copy->kind->walk(copy, find_changed, u, e))
        return false;
    if (u->changed == 0)
        return true;
    return error_set(e, ERROR_REFUSED,
                     "%" PRIu64 " of the keys were changed since in %s, '%s' among them",
                     u->changed, copy->kind->target, u->first);
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
    bool ok = u->count == 0 || etcd_txn(&u->mem, u->copy->client, &request, &response, e);

    if (ok && u->count > 0 && !response.succeeded)
        ok = error_set(e, ERROR_CONFLICT, "a key was changed in %s while it was to be deleted",
                       u->copy->kind->target);
    arena_release(&u->mem);
    u->count = 0;
    return ok;
}

static bool
delete_ours(void *context, const struct etcd_key_value *kv, struct error *e)
{
    struct undo *u = context;
    struct bytes key;

    if (!copy_revisions_has(&u->copy->revisions, kv->mod_revision))
        return true;
    key = arena_copy(&u->mem, kv->key);
    u->deletes[u->count] = (struct etcd_delete_range_request){.key = key};
    u->compares[u->count] = (struct etcd_compare){
        .target = ETCD_COMPARE_MOD, .key = key, .mod_revision = kv->mod_revision};
    u->ops[u->count].delete_range = &u->deletes[u->count];
    return ++u->count < DELETES_A_TXN || deletes_flush(u, e);
}

bool
key_copy_undo(void *op, struct error *e)
{
    struct key_copy *copy = op;
    AUTO_ARENA tmp = ARENA_INIT;
    struct undo *u = arena_zero(&tmp, sizeof(*u));
    bool ok;

    u->copy = copy;
    ok = overwrote_nothing(copy, e) && undo_begin(copy, e) &&
         copy->kind->walk(copy, delete_ours, u, e) && deletes_flush(u, e);
    arena_release(&u->mem);
    return ok;
}
