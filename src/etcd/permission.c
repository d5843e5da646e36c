#include "etcd/permission.h"

#include <string.h>

#include "etcd/call.h"
#include "etcd/kv.h"

static void
need_add(struct permission_needs *needs, bool write, struct bytes key, struct bytes range_end)
{
    struct permission *need = NULL;

    for (size_t i = 0; i < needs->count && need == NULL; i++) {
        if (bytes_equal(needs->items[i].key, key) &&
            bytes_equal(needs->items[i].range_end, range_end))
            need = &needs->items[i];
    }
    if (need == NULL && needs->count == PERMISSION_NEEDS_MAX)
        return;
    if (need == NULL) {
        need = &needs->items[needs->count++];
        *need = (struct permission){.key = key, .range_end = range_end};
    }
    need->read = need->read || !write;
    need->write = need->write || write;
}

static void
put_needs(struct permission_needs *needs, const struct etcd_put_request *put)
{
    need_add(needs, true, put->key, BYTES_NONE);
    if (put->prev_kv)
        need_add(needs, false, put->key, BYTES_NONE);
}

static void
delete_needs(struct permission_needs *needs, const struct etcd_delete_range_request *r)
{
    need_add(needs, true, r->key, r->range_end);
    if (r->prev_kv)
        need_add(needs, false, r->key, r->range_end);
}

static void txn_needs(struct permission_needs *needs, const struct etcd_txn_request *txn);

static void
op_needs(struct permission_needs *needs, const struct etcd_request_op *op)
{
    if (op->range != NULL)
        need_add(needs, false, op->range->key, op->range->range_end);
    else if (op->put != NULL)
        put_needs(needs, op->put);
    else if (op->delete_range != NULL)
        delete_needs(needs, op->delete_range);
    else if (op->txn != NULL)
        txn_needs(needs, op->txn);
}

/* Both branches: etcd looks at the one that will not be taken, too. */
static void
txn_needs(struct permission_needs *needs, const struct etcd_txn_request *txn)
{
    for (size_t i = 0; i < txn->compare_count; i++)
        need_add(needs, false, txn->compares[i].key, txn->compares[i].range_end);
    for (size_t i = 0; i < txn->success_count; i++)
        op_needs(needs, &txn->success[i]);
    for (size_t i = 0; i < txn->failure_count; i++)
        op_needs(needs, &txn->failure[i]);
}

void
permission_needs_of(struct arena *mem, const struct etcd_method *method, struct bytes request,
                    struct permission_needs *ret_needs)
{
    struct bytes encoded = arena_copy(mem, request);
    struct error ignored = ERROR_INIT;
    union {
        struct etcd_range_request range;
        struct etcd_put_request put;
        struct etcd_delete_range_request delete_range;
        struct etcd_txn_request txn;
    } r;
    const char *slash = strrchr(method->path, '/');

    *ret_needs = (struct permission_needs){.call = slash != NULL ? slash + 1 : method->path};
    ret_needs->root = method->request != &etcd_range_request_message &&
                      method->request != &etcd_put_request_message &&
                      method->request != &etcd_delete_range_request_message &&
                      method->request != &etcd_txn_request_message;
    if (ret_needs->root || !message_decode(mem, method->request, encoded, &r, &ignored))
        return;
    if (method->request == &etcd_range_request_message)
        need_add(ret_needs, false, r.range.key, r.range.range_end);
    else if (method->request == &etcd_put_request_message)
        put_needs(ret_needs, &r.put);
    else if (method->request == &etcd_delete_range_request_message)
        delete_needs(ret_needs, &r.delete_range);
    else
        txn_needs(ret_needs, &r.txn);
}

static bool
is_open_ended(struct bytes range_end)
{
    return range_end.size == 1 && range_end.data[0] == 0;
}

/* Is 'key' inside the right? */
static bool
right_holds(const struct permission *right, struct bytes key)
{
    if (right->range_end.size == 0)
        return bytes_equal(right->key, key);
    return bytes_compare(right->key, key) <= 0 &&
           (is_open_ended(right->range_end) || bytes_compare(key, right->range_end) < 0);
}

/* Is all of the need inside the rights, which may join one another, as etcd joins them? */
static bool
rights_hold(const struct permission *need, const struct permission *rights, size_t count,
            bool write)
{
    struct bytes at = need->key;

    for (size_t i = 0; i < count; i++) {
        const struct permission *right = &rights[i];

        if (!(write ? right->write : right->read) || !right_holds(right, at))
            continue;
        if (need->range_end.size == 0 || is_open_ended(right->range_end))
            return true;
        if (right->range_end.size == 0)
            continue;
        if (!is_open_ended(need->range_end) &&
            bytes_compare(right->range_end, need->range_end) >= 0)
            return true;
        at = right->range_end; /* on from there, with any of them */
        i = (size_t)-1;
    }
    return false;
}

bool
permission_is_lacking(const struct permission *need, const struct permission *rights,
                      size_t right_count, struct permission *ret_lacking)
{
    *ret_lacking = *need;
    ret_lacking->read = need->read && !rights_hold(need, rights, right_count, false);
    ret_lacking->write = need->write && !rights_hold(need, rights, right_count, true);
    return ret_lacking->read || ret_lacking->write;
}

/* A key on one line, in quotes; what cannot be shown is \x00. */
static const char *
key_text(struct arena *mem, struct bytes key)
{
    AUTO_BUF text = BUF_INIT;

    buf_append_byte(&text, '\'');
    for (size_t i = 0; i < key.size; i++) {
        if (key.data[i] >= ' ' && key.data[i] != 0x7f)
            buf_append_byte(&text, key.data[i]);
        else
            buf_printf(&text, "\\x%02x", key.data[i]);
    }
    buf_append_byte(&text, '\'');
    return arena_text_of_bytes(mem, buf_bytes(&text));
}

static bool
is_first_key(struct bytes key)
{
    return key.size == 0 || (key.size == 1 && key.data[0] == 0);
}

static bool
is_prefix(struct arena *mem, const struct permission *p)
{
    return p->key.size > 0 && !is_open_ended(p->range_end) &&
           bytes_equal(etcd_prefix_end(mem, p->key), p->range_end);
}

const char *
permission_text(struct arena *mem, const struct permission *p)
{
    const char *what = p->read && p->write ? "read and write" : p->write ? "write" : "read";
    const char *key = key_text(mem, p->key);

    if (p->range_end.size == 0)
        return arena_printf(mem, "%s on key %s", what, key);
    if (is_open_ended(p->range_end))
        return is_first_key(p->key) ? arena_printf(mem, "%s on all keys", what)
                                    : arena_printf(mem, "%s on keys from %s", what, key);
    if (is_prefix(mem, p))
        return arena_printf(mem, "%s on prefix %s", what, key);
    return arena_printf(mem, "%s on keys from %s below %s", what, key, key_text(mem, p->range_end));
}

const char *
permission_operands(struct arena *mem, const struct permission *p)
{
    const char *what = p->read && p->write ? "readwrite" : p->write ? "write" : "read";
    const char *key = key_text(mem, p->key);

    if (p->range_end.size == 0)
        return arena_printf(mem, "%s %s", what, key);
    if (is_open_ended(p->range_end))
        return is_first_key(p->key) ? arena_printf(mem, "%s --prefix ''", what)
                                    : arena_printf(mem, "%s --from-key %s", what, key);
    if (is_prefix(mem, p))
        return arena_printf(mem, "%s --prefix %s", what, key);
    return arena_printf(mem, "%s %s %s", what, key, key_text(mem, p->range_end));
}
