#include "keys/tail_state.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_OVERHEAD_BYTES = sizeof(struct tail_key) + 64 }; /* the map's share included */

void
tail_state_release(struct tail_state *s)
{
    arena_release(&s->mem);
    *s = (struct tail_state){.bytes = 0};
}

static bool
bytes_count(struct tail_state *s, size_t more, struct error *e)
{
    s->bytes += more + KEY_OVERHEAD_BYTES;
    if (s->bytes <= TAIL_STATE_MOST_BYTES)
        return true;
    error_set_(e, ERROR_LIMIT, 0, "the entries that are not in the database change too many keys");
    return error_hint(e, "start the member once, so that it applies them; or read the database as "
                         "it is with --file DIR/member/snap/db");
}

/* --- what is touched ------------------------------------------------------------------------- */

/* An end that is empty means the one key, "\0" means all from there on. */
static struct key_interval
interval_of(struct arena *mem, struct bytes start, struct bytes end)
{
    struct key_interval interval = {arena_copy(mem, start), arena_copy(mem, end), false};

    if (end.size == 1 && end.data[0] == 0) {
        interval.open = true;
    } else if (end.size == 0) {
        uint8_t *behind = arena_zero(mem, start.size + 1);

        if (start.size > 0)
            memcpy(behind, start.data, start.size);
        interval.end = bytes_of(behind, start.size + 1);
    }
    return interval;
}

static bool
interval_holds(const struct key_interval *interval, struct bytes key)
{
    return bytes_compare(interval->start, key) <= 0 &&
           (interval->open || bytes_compare(key, interval->end) < 0);
}

static bool
range_touch(struct tail_state *s, struct bytes start, struct bytes end, struct error *e)
{
    struct key_interval *interval;

    if (!bytes_count(s, start.size + end.size, e))
        return false;
    interval = ARRAY_PUSH(&s->mem, &s->touched);
    *interval = interval_of(&s->mem, start, end);
    return true;
}

static bool txn_touch(struct tail_state *s, const struct etcd_txn_request *txn, struct error *e);

static bool
ops_touch(struct tail_state *s, const struct etcd_request_op *ops, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        const struct etcd_delete_range_request *gone_range = ops[i].delete_range;

        if ((ops[i].put != NULL && !range_touch(s, ops[i].put->key, BYTES_NONE, e)) ||
            (gone_range != NULL && !range_touch(s, gone_range->key, gone_range->range_end, e)) ||
            (ops[i].txn != NULL && !txn_touch(s, ops[i].txn, e)))
            return false;
    }
    return true;
}

/* Messages nest no deeper than their decoder allows. */
static bool
txn_touch(struct tail_state *s, const struct etcd_txn_request *txn, struct error *e)
{
    for (size_t i = 0; i < txn->compare_count; i++)
        if (!range_touch(s, txn->compares[i].key, txn->compares[i].range_end, e))
            return false;
    return ops_touch(s, txn->success, txn->success_count, e) &&
           ops_touch(s, txn->failure, txn->failure_count, e);
}

static struct bytes
lease_bytes(const int64_t *lease)
{
    return bytes_of(lease, sizeof(*lease));
}

static bool
request_touch(void *context, const struct tail_request *r, struct error *e)
{
    struct tail_state *s = context;

    if (r->lease_revoke != NULL)
        *map_place(&s->mem, &s->revoked, lease_bytes(&r->lease_revoke->id)) = s;
    return (r->put == NULL || range_touch(s, r->put->key, BYTES_NONE, e)) &&
           (r->delete_range == NULL ||
            range_touch(s, r->delete_range->key, r->delete_range->range_end, e)) &&
           (r->txn == NULL || txn_touch(s, r->txn, e));
}

static int
interval_compare(const void *one, const void *other)
{
    const struct key_interval *a = one;
    const struct key_interval *b = other;

    return bytes_compare(a->start, b->start);
}

/* Whether b begins before a ends. */
static bool
reaches(const struct key_interval *a, const struct key_interval *b)
{
    return a->open || bytes_compare(b->start, a->end) <= 0;
}

/* Sorted, none of them over another. */
static void
intervals_merge(struct tail_state *s)
{
    struct key_interval *all = s->touched.items;
    size_t kept = 0;

    if (s->touched.count == 0)
        return;
    qsort(all, s->touched.count, sizeof(*all), interval_compare);
    for (size_t i = 1; i < s->touched.count; i++) {
        struct key_interval *last = &all[kept];

        if (!reaches(last, &all[i])) {
            all[++kept] = all[i];
        } else if (!last->open && (all[i].open || bytes_compare(last->end, all[i].end) < 0)) {
            last->end = all[i].end;
            last->open = all[i].open;
        }
    }
    s->touched.count = kept + 1;
}

bool
tail_state_touch(struct tail_state *s, const struct tail_entries *entries, struct error *e)
{
    if (!tail_entries_visit(entries, request_touch, s, e))
        return false;
    intervals_merge(s);
    return true;
}

/* --- what the database has ------------------------------------------------------------------- */

static bool
is_touched(const struct tail_state *s, struct bytes key)
{
    size_t from = 0;
    size_t to = s->touched.count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (bytes_compare(s->touched.items[middle].start, key) <= 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from > 0 && interval_holds(&s->touched.items[from - 1], key);
}

static bool
row_load(void *context, const struct key_row *row, struct error *e)
{
    struct tail_state *s = context;
    struct tail_key *key;

    if (map_get(&s->keys, row->kv.key) == NULL && !is_touched(s, row->kv.key) &&
        map_get(&s->revoked, lease_bytes(&row->kv.lease)) == NULL)
        return true;
    if (!tail_state_key(s, row->kv.key, &key, e))
        return false;
    *key = (struct tail_key){.key = key->key};
    if (row->tombstone)
        return true;
    key->live = true;
    key->create_revision = row->kv.create_revision;
    key->mod_revision = row->kv.mod_revision;
    key->version = row->kv.version;
    key->lease = row->kv.lease;
    key->value = row->kv.value;
    return true;
}

bool
tail_state_load(struct tail_state *s, struct key_source *base, struct error *e)
{
    const struct key_range all = key_range_all();

    if (s->touched.count == 0 && s->revoked.entries.count == 0)
        return true;
    return key_source_rows(base, &all, row_load, s, e);
}

/* --- as it is -------------------------------------------------------------------------------- */

bool
tail_state_key(struct tail_state *s, struct bytes key, struct tail_key **ret_key, struct error *e)
{
    struct tail_key *found = map_get(&s->keys, key);
    void **place;

    if (found == NULL) {
        if (!bytes_count(s, 2 * key.size, e))
            return false;
        found = arena_zero(&s->mem, sizeof(*found));
        found->key = arena_copy(&s->mem, key);
        place = map_place(&s->mem, &s->keys, key);
        *place = found;
    }
    *ret_key = found;
    return true;
}

static int
key_compare(const void *one, const void *other)
{
    return bytes_compare((*(struct tail_key *const *)one)->key,
                         (*(struct tail_key *const *)other)->key);
}

/* Those that live, of an interval or of a lease. */
static void
keys_choose(struct tail_state *s, struct arena *mem, const struct key_interval *interval,
            int64_t lease, struct tail_key ***ret_keys, size_t *ret_count)
{
    ARRAY(struct tail_key *) keys = ARRAY_INIT;

    for (size_t i = 0; i < s->keys.entries.count; i++) {
        struct tail_key *key = s->keys.entries.items[i].value;

        if (key->live &&
            (interval != NULL ? interval_holds(interval, key->key) : key->lease == lease))
            *ARRAY_PUSH(mem, &keys) = key;
    }
    if (keys.count > 1)
        qsort(keys.items, keys.count, sizeof(struct tail_key *), key_compare);
    *ret_keys = keys.items;
    *ret_count = keys.count;
}

void
tail_state_range(struct tail_state *s, struct arena *mem, struct bytes start, struct bytes end,
                 struct tail_key ***ret_keys, size_t *ret_count)
{
    struct key_interval interval;
    struct tail_key **single;

    if (end.size > 0) {
        interval = interval_of(mem, start, end);
        keys_choose(s, mem, &interval, 0, ret_keys, ret_count);
        return;
    }
    single = arena_alloc(mem, sizeof(struct tail_key *));
    *single = map_get(&s->keys, start);
    *ret_keys = single;
    *ret_count = *single != NULL && (*single)->live ? 1 : 0;
}

void
tail_state_of_lease(struct tail_state *s, struct arena *mem, int64_t lease,
                    struct tail_key ***ret_keys, size_t *ret_count)
{
    keys_choose(s, mem, NULL, lease, ret_keys, ret_count);
}

const struct tail_lease *
tail_state_lease(const struct tail_state *s, int64_t id)
{
    return map_get(&s->leases, lease_bytes(&id));
}

void
tail_state_set_lease(struct tail_state *s, const struct tail_lease *lease)
{
    struct tail_lease *kept = map_get(&s->leases, lease_bytes(&lease->id));

    if (kept == NULL) {
        kept = arena_zero(&s->mem, sizeof(*kept));
        *map_place(&s->mem, &s->leases, lease_bytes(&lease->id)) = kept;
    }
    *kept = *lease;
}
