/*
 * One batch into the cluster. Each key is written on the condition that it is as it was read: so nobody's
 * change is lost, and a batch that was written already is not written again.
 */
#include <string.h>

#include "etcd/lease.h"
#include "ops/key_copy.h"

enum { TRIES = 5, WRITES_BETWEEN_MARKS = 4 };

static bool
is_ours(const struct key_copy *copy, const struct etcd_key_value *found)
{
    return copy_revisions_has(&copy->revisions, found->mod_revision);
}

bool
key_copy_adopt(struct key_copy *copy, const struct key_batch *batch, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_key_value **found;
    int64_t revision;

    if (!key_batch_read(&tmp, copy->client, batch, &found, &revision, e))
        return error_wrap(e, "reading from %s", copy->kind->target);
    for (size_t i = 0; i < batch->count; i++) {
        if (key_pair_is(&batch->pairs[i], found[i]) &&
            found[i]->mod_revision > copy->start_revision && found[i]->version == 1)
            copy_revisions_add(copy->plan->mem, &copy->revisions, found[i]->mod_revision);
    }
    return true;
}

/* Before the first value is lost, the journal knows that there is no way back. */
static bool
overwrite_begin(struct key_copy *copy, const struct key_pair *pair, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (!copy->overwrite) {
        error_set_(e, ERROR_CONFLICT, 0, "%s has '%s' with another value", copy->kind->target,
                   arena_text_of_bytes(&tmp, pair->key));
        return error_hint(e,
                          "--overwrite takes %s value in such cases; undo is no longer possible "
                          "then",
                          copy->kind->values);
    }
    return plan_mark_get(copy->plan, COPY_MARK_OVERWROTE) != NULL ||
           plan_mark(copy->plan, COPY_MARK_OVERWROTE, "yes", e);
}

/* Leases of this batch whose ids do not matter: one for each TTL. */
struct lease {
    int64_t ttl_s;
    int64_t id;
};

struct writer {
    struct arena *mem;
    struct lease leases[KEY_BATCH_MAX];
    size_t lease_count;
    struct etcd_compare compares[KEY_BATCH_MAX];
    struct etcd_put_request puts[KEY_BATCH_MAX];
    struct etcd_request_op ops[KEY_BATCH_MAX];
    size_t count;
};

/* A lease that keys share: granted under its id, once, by this process or by one before it. */
static bool
lease_share(struct key_copy *copy, const struct key_pair *pair, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    void **place =
        map_place(copy->plan->mem, &copy->leases, bytes_of(&pair->lease, sizeof(pair->lease)));
    struct etcd_lease_grant_response response;

    if (*place != NULL)
        return true;
    if (!etcd_lease_grant_as(&tmp, copy->client, pair->lease, pair->ttl_s, &response, e)) {
        if (e->code != ERROR_EXISTS)
            return error_wrap(e, "lease %llx of %lld s", (unsigned long long)pair->lease,
                              (long long)pair->ttl_s);
        error_clear(e);
    }
    *place = copy;
    return true;
}

static bool
lease_find(struct key_copy *copy, struct writer *w, const struct key_pair *pair, int64_t *ret_id,
           struct error *e)
{
    struct etcd_lease_grant_response response;
    int64_t ttl_s = pair->ttl_s;

    *ret_id = pair->lease;
    if (pair->lease != 0)
        return lease_share(copy, pair, e);

    for (size_t i = 0; i < w->lease_count; i++) {
        if (w->leases[i].ttl_s == ttl_s) {
            *ret_id = w->leases[i].id;
            return true;
        }
    }
    if (!etcd_lease_grant(w->mem, copy->client, ttl_s, &response, e))
        return error_wrap(e, "a lease of %lld s", (long long)ttl_s);
    w->leases[w->lease_count++] = (struct lease){ttl_s, response.id};
    *ret_id = response.id;
    return true;
}

static bool
write_add(struct key_copy *copy, struct writer *w, const struct key_pair *pair,
          const struct etcd_key_value *found, struct error *e)
{
    struct etcd_put_request *put = &w->puts[w->count];

    *put = (struct etcd_put_request){.key = pair->key, .value = pair->value};
    if (pair->ttl_s > 0 && !lease_find(copy, w, pair, &put->lease, e))
        return false;
    w->compares[w->count] = (struct etcd_compare){
        .result = ETCD_COMPARE_EQUAL,
        .target = ETCD_COMPARE_MOD,
        .key = pair->key,
        .mod_revision = found != NULL ? found->mod_revision : 0,
    };
    w->ops[w->count++] = (struct etcd_request_op){.put = put};
    return true;
}

/* What is not there as it should be. */
static bool
writes_collect(struct key_copy *copy, struct writer *w, const struct key_batch *batch,
               struct error *e)
{
    const struct etcd_key_value **found;
    int64_t revision;

    w->count = 0;
    if (!key_batch_read(w->mem, copy->client, batch, &found, &revision, e))
        return error_wrap(e, "reading from %s", copy->kind->target);
    for (size_t i = 0; i < batch->count; i++) {
        const struct key_pair *pair = &batch->pairs[i];

        if (key_pair_is(pair, found[i]))
            continue;
        if (found[i] != NULL && !is_ours(copy, found[i]) && !overwrite_begin(copy, pair, e))
            return false;
        if (!write_add(copy, w, pair, found[i], e))
            return false;
    }
    return true;
}

/* A kill loses those that were not saved: key_copy_adopt finds them again. */
static bool
revision_note(struct key_copy *copy, int64_t revision, struct error *e)
{
    copy_revisions_add(copy->plan->mem, &copy->revisions, revision);
    if (++copy->unsaved < WRITES_BETWEEN_MARKS)
        return true;
    return key_copy_save(copy, e);
}

bool
key_copy_save(struct key_copy *copy, struct error *e)
{
    copy->unsaved = 0;
    return copy_revisions_save(copy->plan, COPY_MARK_REVISIONS, &copy->revisions, e);
}

bool
key_copy_write(struct key_copy *copy, const struct key_batch *batch, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct writer *w = arena_zero(&tmp, sizeof(*w));

    w->mem = &tmp;
    for (int try = 0; try < TRIES; try++) {
        struct etcd_txn_response response;
        struct etcd_txn_request request;

        if (!writes_collect(copy, w, batch, e))
            return false;
        if (w->count == 0)
            return true;
        request = (struct etcd_txn_request){
            .compares = w->compares,
            .compare_count = w->count,
            .success = w->ops,
            .success_count = w->count,
        };
        if (!etcd_txn(&tmp, copy->client, &request, &response, e))
            return error_wrap(e, "writing to %s", copy->kind->target);
        if (response.succeeded)
            return revision_note(copy, response.header.revision, e);
    }
    return error_set(e, ERROR_CONFLICT, "others keep changing the same keys in %s",
                     copy->kind->target);
}
