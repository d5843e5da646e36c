#include "keys/wal_tail.h"

#include "base/cursor.h"
#include "base/io.h"
#include "keys/tail_state.h"

enum { FLUSH_BYTES = 256 << 10 };

#define FILE_NAME "temporary file for the log's tail"

struct applying {
    struct tail_state state;
    const struct bbolt *db;
    struct wal_tail tail;
    struct buf out;      /* rows that are not in the file yet */
    int64_t sub;         /* of the next change of this entry */
    const char *unclear; /* why it is not known which requests take effect; NULL: it is */
};

/* --- rows ------------------------------------------------------------------------------------ */

static bool
out_flush(struct applying *a, struct error *e)
{
    if (a->out.size == 0)
        return true;
    if (a->tail.fd < 0 && !file_open_temporary(&a->tail.fd, e))
        return false;
    if (!fd_write_all(a->tail.fd, FILE_NAME, a->out.data, a->out.size, e))
        return error_hint(e, "set TMPDIR to a directory with more space");
    a->tail.size += a->out.size;
    buf_clear(&a->out);
    return true;
}

/* Where the value stands in a message that we encoded. */
static uint64_t
value_offset(struct bytes message)
{
    struct error ignored = ERROR_INIT;
    struct key_value kv;

    ASSERT(key_value_decode(message, &kv, &ignored));
    return kv.value.size == 0 ? 0 : (uint64_t)(kv.value.data - message.data);
}

/* Sizes of key and value, key, value. ret_place: of the user's value, in the file. */
static bool
row_write(struct applying *a, const struct key_value *kv, bool tombstone, uint64_t *ret_place,
          struct error *e)
{
    const struct revision_key revision = {a->tail.revision + 1, a->sub++, tombstone};
    uint8_t key[REVISION_KEY_TOMBSTONE_SIZE];
    size_t key_size = revision_key_encode(&revision, key);
    AUTO_BUF value = BUF_INIT;

    key_value_encode(&value, kv);
    buf_append_u32le(&a->out, (uint32_t)key_size);
    buf_append_u32le(&a->out, (uint32_t)value.size);
    buf_append(&a->out, key, key_size);
    *ret_place = a->tail.size + a->out.size + value_offset(buf_bytes(&value));
    buf_append_bytes(&a->out, buf_bytes(&value));
    return a->out.size < FLUSH_BYTES || out_flush(a, e);
}

bool
wal_tail_row(struct bytes *rest, struct bbolt_row *ret_row)
{
    struct cursor c = cursor_of(*rest);
    uint32_t key_size;
    uint32_t value_size;

    if (!cursor_u32le(&c, &key_size) || !cursor_u32le(&c, &value_size) ||
        !cursor_bytes(&c, key_size, &ret_row->key) ||
        !cursor_bytes(&c, value_size, &ret_row->value))
        return false;
    *rest = bytes_of(c.at, cursor_left(&c));
    return true;
}

/* The value of a key, wherever it is. */
static bool
value_read(struct applying *a, struct arena *mem, const struct tail_key *key,
           struct bytes *ret_value, struct error *e)
{
    uint8_t *data;

    if (key->value.data != NULL || key->value.size == 0) {
        *ret_value = key->value;
        return true;
    }
    data = arena_alloc(mem, key->value.size);
    if (!out_flush(a, e) ||
        !fd_pread_all(a->tail.fd, FILE_NAME, data, key->value.size, key->value_place, e))
        return false;
    *ret_value = bytes_of(data, key->value.size);
    return true;
}

/* --- puts and deletions ---------------------------------------------------------------------- */

static bool
lease_is_there(const struct applying *a, int64_t lease)
{
    struct error ignored = ERROR_INIT;
    struct bbolt_bucket bucket;
    uint8_t key[BACKEND_U64_SIZE];
    struct bytes value;
    const struct tail_lease *changed = tail_state_lease(&a->state, lease);

    if (changed != NULL)
        return changed->there;
    backend_u64_encode((uint64_t)lease, key);
    return bbolt_bucket_find(a->db, BYTES_LITERAL(BACKEND_BUCKET_LEASE), &bucket, &ignored) &&
           bbolt_bucket_get(&bucket, bytes_of(key, sizeof(key)), &value, &ignored);
}

/* Whether etcd takes it: the lease exists, and what is to stay as it is exists. */
static bool
put_is_possible(struct applying *a, const struct etcd_put_request *put)
{
    const struct tail_key *key = map_get(&a->state.keys, put->key);

    if (put->lease != 0 && !lease_is_there(a, put->lease))
        return false;
    return (!put->ignore_value && !put->ignore_lease) || (key != NULL && key->live);
}

static bool
put_apply(struct applying *a, const struct etcd_put_request *put, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct key_value kv = {.key = put->key, .value = put->value, .lease = put->lease};
    struct tail_key *key;
    uint64_t place;

    if (!tail_state_key(&a->state, put->key, &key, e) ||
        (put->ignore_value && !value_read(a, &tmp, key, &kv.value, e)))
        return false;
    if (put->ignore_lease)
        kv.lease = key->lease;
    kv.mod_revision = a->tail.revision + 1;
    kv.create_revision = key->live ? key->create_revision : kv.mod_revision;
    kv.version = key->live ? key->version + 1 : 1;
    if (!row_write(a, &kv, false, &place, e))
        return false;
    key->live = true;
    key->create_revision = kv.create_revision;
    key->mod_revision = kv.mod_revision;
    key->version = kv.version;
    key->lease = kv.lease;
    key->value = (struct bytes){NULL, kv.value.size};
    key->value_place = place;
    return true;
}

static bool
keys_delete(struct applying *a, struct tail_key **keys, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        const struct key_value kv = {.key = keys[i]->key};
        uint64_t place;

        if (!row_write(a, &kv, true, &place, e))
            return false;
        *keys[i] = (struct tail_key){.key = keys[i]->key};
    }
    return true;
}

static bool
delete_apply(struct applying *a, const struct etcd_delete_range_request *r, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tail_key **keys;
    size_t count;

    tail_state_range(&a->state, &tmp, r->key, r->range_end, &keys, &count);
    return keys_delete(a, keys, count, e);
}

/* --- transactions ---------------------------------------------------------------------------- */

static int
number_compare(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static bool
order_is(enum etcd_compare_result wanted, int order)
{
    switch (wanted) {
    case ETCD_COMPARE_EQUAL:
        return order == 0;
    case ETCD_COMPARE_GREATER:
        return order > 0;
    case ETCD_COMPARE_LESS:
        return order < 0;
    case ETCD_COMPARE_NOT_EQUAL:
        return order != 0;
    }
    return true; /* as etcd does with what it does not know */
}

/* 'key' may be one that does not live: its numbers are 0. */
static bool
compare_key(struct applying *a, const struct etcd_compare *c, const struct tail_key *key,
            bool *ret_holds, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes value;
    int order = 0;

    switch (c->target) {
    case ETCD_COMPARE_VERSION:
        order = number_compare(key->version, c->version);
        break;
    case ETCD_COMPARE_CREATE:
        order = number_compare(key->create_revision, c->create_revision);
        break;
    case ETCD_COMPARE_MOD:
        order = number_compare(key->mod_revision, c->mod_revision);
        break;
    case ETCD_COMPARE_LEASE:
        order = number_compare(key->lease, c->lease);
        break;
    case ETCD_COMPARE_VALUE:
        if (!value_read(a, &tmp, key, &value, e))
            return false;
        order = bytes_compare(value, c->value);
        break;
    }
    *ret_holds = order_is(c->result, order);
    return true;
}

/* It must hold of every key; without any, of one that is all zero, and values never do. */
static bool
compare_apply(struct applying *a, const struct etcd_compare *c, bool *ret_holds, struct error *e)
{
    static const struct tail_key none = {.live = false};
    AUTO_ARENA tmp = ARENA_INIT;
    struct tail_key **keys;
    size_t count;

    tail_state_range(&a->state, &tmp, c->key, c->range_end, &keys, &count);
    *ret_holds = count > 0 || c->target != ETCD_COMPARE_VALUE;
    if (count == 0)
        return !*ret_holds || compare_key(a, c, &none, ret_holds, e);
    for (size_t i = 0; i < count && *ret_holds; i++)
        if (!compare_key(a, c, keys[i], ret_holds, e))
            return false;
    return true;
}

/* The branches that are taken, in the order in which they are met: etcd compares all before it
 * changes anything. */
struct txn_path {
    ARRAY(bool) holds;
    size_t at;
};

struct branch {
    const struct etcd_request_op *ops;
    size_t count;
};

static struct branch
branch_of(const struct etcd_txn_request *txn, bool holds)
{
    return holds ? (struct branch){txn->success, txn->success_count}
                 : (struct branch){txn->failure, txn->failure_count};
}

static bool
path_find(struct applying *a, struct arena *mem, const struct etcd_txn_request *txn,
          struct txn_path *path, struct error *e)
{
    struct branch branch;
    bool holds = true;

    for (size_t i = 0; i < txn->compare_count && holds; i++)
        if (!compare_apply(a, &txn->compares[i], &holds, e))
            return false;
    *ARRAY_PUSH(mem, &path->holds) = holds;
    branch = branch_of(txn, holds);
    for (size_t i = 0; i < branch.count; i++)
        if (branch.ops[i].txn != NULL && !path_find(a, mem, branch.ops[i].txn, path, e))
            return false;
    return true;
}

/* Whether etcd takes all of its puts and ranges; otherwise it does nothing of it. */
static bool
txn_is_possible(struct applying *a, const struct etcd_txn_request *txn, struct txn_path *path)
{
    struct branch branch = branch_of(txn, path->holds.items[path->at++]);

    for (size_t i = 0; i < branch.count; i++) {
        const struct etcd_request_op *op = &branch.ops[i];

        if ((op->put != NULL && !put_is_possible(a, op->put)) ||
            (op->range != NULL && op->range->revision != 0 &&
             (op->range->revision > a->tail.revision ||
              op->range->revision < a->tail.compact_revision)) ||
            (op->txn != NULL && !txn_is_possible(a, op->txn, path)))
            return false;
    }
    return true;
}

static bool
txn_do(struct applying *a, const struct etcd_txn_request *txn, struct txn_path *path,
       struct error *e)
{
    struct branch branch = branch_of(txn, path->holds.items[path->at++]);

    for (size_t i = 0; i < branch.count; i++) {
        const struct etcd_request_op *op = &branch.ops[i];

        if ((op->put != NULL && !put_apply(a, op->put, e)) ||
            (op->delete_range != NULL && !delete_apply(a, op->delete_range, e)) ||
            (op->txn != NULL && !txn_do(a, op->txn, path, e)))
            return false;
    }
    return true;
}

static bool
txn_apply(struct applying *a, const struct etcd_txn_request *txn, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct txn_path path = {ARRAY_INIT, 0};

    if (!path_find(a, &tmp, txn, &path, e))
        return false;
    if (!txn_is_possible(a, txn, &path))
        return true;
    path.at = 0;
    return txn_do(a, txn, &path, e);
}

/* --- entries --------------------------------------------------------------------------------- */

static bool
revoke_apply(struct applying *a, int64_t lease, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tail_key **keys;
    size_t count;

    if (!lease_is_there(a, lease))
        return true;
    tail_state_of_lease(&a->state, &tmp, lease, &keys, &count);
    tail_state_set_lease(&a->state, &(struct tail_lease){.id = lease});
    return keys_delete(a, keys, count, e);
}

static bool
refuse(struct error *e, const char *why)
{
    error_set_(
        e, ERROR_REFUSED, 0,
        "the log has entries that are not in the database, and %s: which of them take effect "
        "is for etcd to say",
        why);
    return error_hint(e, "start the member once, so that it applies them; or read the database as "
                         "it is with --file DIR/member/snap/db");
}

static bool
request_apply(void *context, const struct tail_request *r, struct error *e)
{
    struct applying *a = context;
    bool ok = true;

    a->sub = 0;
    if (a->unclear != NULL)
        return refuse(e, a->unclear);
    if (r->enables_auth)
        return refuse(e, "one enables authentication");
    if (r->sets_alarm)
        return refuse(e, "one sets an alarm");
    if (r->put != NULL && put_is_possible(a, r->put))
        ok = put_apply(a, r->put, e);
    else if (r->delete_range != NULL)
        ok = delete_apply(a, r->delete_range, e);
    else if (r->txn != NULL)
        ok = txn_apply(a, r->txn, e);
    else if (r->lease_revoke != NULL)
        ok = revoke_apply(a, r->lease_revoke->id, e);
    else if (r->lease_grant != NULL && !lease_is_there(a, r->lease_grant->id))
        tail_state_set_lease(&a->state,
                             &(struct tail_lease){r->lease_grant->id, r->lease_grant->ttl, true});
    else if (r->compaction != NULL && r->compaction->revision > a->tail.compact_revision &&
             r->compaction->revision <= a->tail.revision)
        a->tail.compact_revision = r->compaction->revision;
    if (a->sub > 0) {
        a->tail.revision++;
        a->tail.entries++;
    }
    return ok;
}

static void
leases_copy(struct arena *mem, const struct tail_state *state, struct wal_tail *tail)
{
    struct tail_lease *leases;

    tail->lease_count = state->leases.entries.count;
    leases = arena_alloc(mem, tail->lease_count * sizeof(*leases));
    for (size_t i = 0; i < tail->lease_count; i++)
        leases[i] = *(const struct tail_lease *)state->leases.entries.items[i].value;
    tail->leases = leases;
}

bool
wal_tail_apply(struct arena *mem, const struct tail_entries *entries, struct key_source *base,
               const struct bbolt *db, const struct backend_info *info, struct wal_tail *ret_tail,
               struct error *e)
{
    struct applying a = {
        .db = db,
        .tail = {.fd = -1, .revision = base->revision, .compact_revision = base->compact_revision},
    };
    bool ok;

    if (info->auth_enabled)
        a.unclear = "authentication is on";
    else if (info->alarm_count > 0)
        a.unclear = "an alarm is set";
    ok = tail_state_touch(&a.state, entries, e) && tail_state_load(&a.state, base, e) &&
         tail_entries_visit(entries, request_apply, &a, e) && out_flush(&a, e);
    leases_copy(mem, &a.state, &a.tail);
    tail_state_release(&a.state);
    buf_release(&a.out);
    if (ok)
        *ret_tail = a.tail;
    else
        fd_close(&a.tail.fd);
    return ok;
}
