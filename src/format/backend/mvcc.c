/*
 * A check of a large backend decodes a million rows, so the decoder of KeyValue has a short way for
 * the six fields that etcd writes, each with its one-byte tag, and leaves every other message to the
 * general reader of proto.h. Both give the same answer on every input; mvcc_fuzz compares them.
 */
#include "format/backend/mvcc.h"

#include "base/cursor.h"
#include "format/proto.h"

enum { REVISION_SEPARATOR = '_', TOMBSTONE_MARK = 't' };

/* Field numbers of mvccpb.KeyValue. */
enum {
    FIELD_KEY = 1,
    FIELD_CREATE_REVISION = 2,
    FIELD_MOD_REVISION = 3,
    FIELD_VERSION = 4,
    FIELD_VALUE = 5,
    FIELD_LEASE = 6,
};

#define TAG(number, wire) ((number) << 3 | (wire))

bool
revision_key_decode(struct bytes key, struct revision_key *ret_revision, struct error *e)
{
    struct cursor c = cursor_of(key);
    uint64_t main;
    uint64_t sub;
    uint8_t separator;
    uint8_t mark = 0;

    if (key.size != REVISION_KEY_SIZE && key.size != REVISION_KEY_TOMBSTONE_SIZE)
        return error_set(e, ERROR_FORMAT, "a revision has 17 or 18 bytes, not %zu", key.size);
    if (!cursor_u64be(&c, &main) || !cursor_u8(&c, &separator) || !cursor_u64be(&c, &sub) ||
        (key.size == REVISION_KEY_TOMBSTONE_SIZE && !cursor_u8(&c, &mark)))
        return error_set(e, ERROR_FORMAT, "a revision is cut");
    if (separator != REVISION_SEPARATOR)
        return error_set(e, ERROR_FORMAT, "byte 8 of a revision is 0x%02x, not '_'", separator);
    if (mark != 0 && mark != TOMBSTONE_MARK)
        return error_set(e, ERROR_FORMAT, "byte 17 of a revision is 0x%02x, not 't'", mark);
    if (key.size == REVISION_KEY_TOMBSTONE_SIZE && mark == 0)
        return error_set(e, ERROR_FORMAT, "byte 17 of a revision is 0x00, not 't'");
    if (main > INT64_MAX || sub > INT64_MAX)
        return error_set(e, ERROR_FORMAT, "a revision is negative");
    *ret_revision = (struct revision_key){(int64_t)main, (int64_t)sub, mark == TOMBSTONE_MARK};
    return true;
}

static void
u64be_store(uint64_t value, uint8_t *at)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        at[i] = (uint8_t)value;
}

size_t
revision_key_encode(const struct revision_key *revision,
                    uint8_t ret_key[REVISION_KEY_TOMBSTONE_SIZE])
{
    ASSERT(revision->main >= 0 && revision->sub >= 0);
    u64be_store((uint64_t)revision->main, ret_key);
    ret_key[8] = REVISION_SEPARATOR;
    u64be_store((uint64_t)revision->sub, ret_key + 9);
    if (!revision->tombstone)
        return REVISION_KEY_SIZE;
    ret_key[REVISION_KEY_SIZE] = TOMBSTONE_MARK;
    return REVISION_KEY_TOMBSTONE_SIZE;
}

int
revision_key_compare(const struct revision_key *a, const struct revision_key *b)
{
    if (a->main != b->main)
        return a->main < b->main ? -1 : 1;
    if (a->sub != b->sub)
        return a->sub < b->sub ? -1 : 1;
    return 0;
}

/* cursor_varint, with the one and two byte numbers in line: nearly all of them. */
static inline bool
varint_read(struct cursor *c, uint64_t *ret_value)
{
    const uint8_t *at = c->at;

    if (c->end - at >= 1 && at[0] < 0x80) {
        *ret_value = at[0];
        c->at = at + 1;
        return true;
    }
    if (c->end - at >= 2 && at[1] < 0x80) {
        *ret_value = (uint64_t)(at[0] & 0x7f) | (uint64_t)at[1] << 7;
        c->at = at + 2;
        return true;
    }
    return cursor_varint(c, ret_value);
}

static inline bool
i64_read(struct cursor *c, int64_t *ret_value)
{
    uint64_t value;

    if (!varint_read(c, &value))
        return false;
    *ret_value = (int64_t)value;
    return true;
}

static inline bool
bytes_read(struct cursor *c, struct bytes *ret_bytes)
{
    uint64_t size;

    if (!varint_read(c, &size) || size > cursor_left(c))
        return false;
    *ret_bytes = (struct bytes){c->at, (size_t)size};
    c->at += size;
    return true;
}

/* False for damage and for whatever else is not the plain form; then nothing is known. */
static inline bool
decode_plain(struct cursor c, struct key_value *kv)
{
    while (c.at < c.end) {
        bool ok = false;

        switch (*c.at++) {
        case TAG(FIELD_KEY, PROTO_LENGTH):
            ok = bytes_read(&c, &kv->key);
            break;
        case TAG(FIELD_CREATE_REVISION, PROTO_VARINT):
            ok = i64_read(&c, &kv->create_revision);
            break;
        case TAG(FIELD_MOD_REVISION, PROTO_VARINT):
            ok = i64_read(&c, &kv->mod_revision);
            break;
        case TAG(FIELD_VERSION, PROTO_VARINT):
            ok = i64_read(&c, &kv->version);
            break;
        case TAG(FIELD_VALUE, PROTO_LENGTH):
            ok = bytes_read(&c, &kv->value);
            break;
        case TAG(FIELD_LEASE, PROTO_VARINT):
            ok = i64_read(&c, &kv->lease);
            break;
        default:
            break;
        }
        if (!ok)
            return false;
    }
    return true;
}

static void
field_take(struct proto_reader *r, const struct proto_field *f, struct key_value *kv)
{
    switch (f->number) {
    case FIELD_KEY:
        proto_field_bytes(r, f, &kv->key);
        break;
    case FIELD_CREATE_REVISION:
        proto_field_i64(r, f, &kv->create_revision);
        break;
    case FIELD_MOD_REVISION:
        proto_field_i64(r, f, &kv->mod_revision);
        break;
    case FIELD_VERSION:
        proto_field_i64(r, f, &kv->version);
        break;
    case FIELD_VALUE:
        proto_field_bytes(r, f, &kv->value);
        break;
    case FIELD_LEASE:
        proto_field_i64(r, f, &kv->lease);
        break;
    default:
        break;
    }
}

static bool
decode_general(struct bytes message, struct key_value *kv, struct error *e)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    while (proto_next(&r, &f))
        field_take(&r, &f, kv);
    if (r.failed)
        return error_set(e, ERROR_FORMAT, "no KeyValue message: malformed at byte %zu of %zu",
                         message.size - cursor_left(&r.cursor), message.size);
    return true;
}

bool
key_value_decode(struct bytes message, struct key_value *ret_kv, struct error *e)
{
    struct key_value kv = {0};

    if (message.size > 0 && !decode_plain(cursor_of(message), &kv)) {
        kv = (struct key_value){0};
        if (!decode_general(message, &kv, e))
            return false;
    }
    *ret_kv = kv;
    return true;
}

void
key_value_encode(struct buf *out, const struct key_value *kv)
{
    proto_put_bytes(out, FIELD_KEY, kv->key);
    proto_put_i64(out, FIELD_CREATE_REVISION, kv->create_revision);
    proto_put_i64(out, FIELD_MOD_REVISION, kv->mod_revision);
    proto_put_i64(out, FIELD_VERSION, kv->version);
    proto_put_bytes(out, FIELD_VALUE, kv->value);
    proto_put_i64(out, FIELD_LEASE, kv->lease);
}
