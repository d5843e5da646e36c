/*
 * One batch into v3. Each key is written on the condition that it is as it was read: so nobody's
 * change is lost, and a batch that was written already is not written again.
 */
#include <string.h>

#include "etcd/lease.h"
#include "ops/v2_migrate_state.h"

enum { TRIES = 5 };

static bool
is_ours(const struct v2_migrate *m, const struct etcd_key_value *found)
{
    return v2_revisions_has(&m->revisions, found->mod_revision);
}

bool
v2_batch_adopt(struct v2_migrate *m, const struct v2_batch *batch, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_key_value **found;
    int64_t revision;

    if (!v2_batch_read(&tmp, m->sides.v3, batch, &found, &revision, e))
        return false;
    for (size_t i = 0; i < batch->count; i++) {
        if (v2_pair_is(&batch->pairs[i], found[i]) && found[i]->mod_revision > m->start_revision &&
            found[i]->version == 1)
            v2_revisions_add(m->plan->mem, &m->revisions, found[i]->mod_revision);
    }
    return true;
}

/* Before the first value is lost, the journal knows that there is no way back. */
static bool
overwrite_begin(struct v2_migrate *m, const struct v2_pair *pair, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (!m->overwrite) {
        error_set_(e, ERROR_CONFLICT, 0, "v3 has '%s' with another value",
                   arena_text_of_bytes(&tmp, pair->key));
        return error_hint(e, "--overwrite takes v2's value in such cases; undo is no longer "
                             "possible then");
    }
    return plan_mark_get(m->plan, V2_MARK_OVERWROTE) != NULL ||
           plan_mark(m->plan, V2_MARK_OVERWROTE, "yes", e);
}

/* Leases of this batch: one for each TTL. */
struct lease {
    int64_t ttl_s;
    int64_t id;
};

struct writer {
    struct arena *mem;
    struct lease leases[V2_BATCH_MAX];
    size_t lease_count;
    struct etcd_compare compares[V2_BATCH_MAX];
    struct etcd_put_request puts[V2_BATCH_MAX];
    struct etcd_request_op ops[V2_BATCH_MAX];
    size_t count;
};

static bool
lease_find(struct v2_migrate *m, struct writer *w, int64_t ttl_s, int64_t *ret_id, struct error *e)
{
    struct etcd_lease_grant_response response;

    for (size_t i = 0; i < w->lease_count; i++) {
        if (w->leases[i].ttl_s == ttl_s) {
            *ret_id = w->leases[i].id;
            return true;
        }
    }
    if (!etcd_lease_grant(w->mem, m->sides.v3, ttl_s, &response, e))
        return error_wrap(e, "a lease of %lld s", (long long)ttl_s);
    w->leases[w->lease_count++] = (struct lease){ttl_s, response.id};
    *ret_id = response.id;
    return true;
}

static bool
write_add(struct v2_migrate *m, struct writer *w, const struct v2_pair *pair,
          const struct etcd_key_value *found, struct error *e)
{
    struct etcd_put_request *put = &w->puts[w->count];

    *put = (struct etcd_put_request){.key = pair->key, .value = pair->value};
    if (pair->ttl_s > 0 && !lease_find(m, w, pair->ttl_s, &put->lease, e))
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
writes_collect(struct v2_migrate *m, struct writer *w, const struct v2_batch *batch,
               struct error *e)
{
    const struct etcd_key_value **found;
    int64_t revision;

    w->count = 0;
    if (!v2_batch_read(w->mem, m->sides.v3, batch, &found, &revision, e))
        return false;
    for (size_t i = 0; i < batch->count; i++) {
        const struct v2_pair *pair = &batch->pairs[i];

        if (v2_pair_is(pair, found[i]))
            continue;
        if (found[i] != NULL && !is_ours(m, found[i]) && !overwrite_begin(m, pair, e))
            return false;
        if (!write_add(m, w, pair, found[i], e))
            return false;
    }
    return true;
}

bool
v2_batch_write(struct v2_migrate *m, const struct v2_batch *batch, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct writer *w = arena_zero(&tmp, sizeof(*w));

    w->mem = &tmp;
    for (int try = 0; try < TRIES; try++) {
        struct etcd_txn_response response;
        struct etcd_txn_request request;

        if (!writes_collect(m, w, batch, e))
            return false;
        if (w->count == 0)
            return true;
        request = (struct etcd_txn_request){
            .compares = w->compares,
            .compare_count = w->count,
            .success = w->ops,
            .success_count = w->count,
        };
        if (!etcd_txn(&tmp, m->sides.v3, &request, &response, e))
            return error_wrap(e, "writing to v3");
        if (response.succeeded) {
            v2_revisions_add(m->plan->mem, &m->revisions, response.header.revision);
            return v2_revisions_save(m->plan, V2_MARK_REVISIONS, &m->revisions, e);
        }
    }
    return error_set(e, ERROR_CONFLICT, "others keep changing the same keys in v3");
}
