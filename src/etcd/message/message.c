/*
 * One encoder and one decoder for all messages; the tables beside the structs say what is where.
 * Members are reached by offset and copied with memcpy, so that nothing is read through a pointer
 * of another type.
 */
#include "etcd/message/message.h"

#include <string.h>

#include "format/proto.h"

static const void *
member_at(const struct message_field *f, const void *value)
{
    return (const uint8_t *)value + f->offset;
}

size_t
message_field_count(const struct message_field *f, const void *value)
{
    size_t count;

    memcpy(&count, (const uint8_t *)value + f->count_offset, sizeof(count));
    return count;
}

static void
inner_encode(struct buf *out, const struct message_field *f, const void *inner)
{
    size_t mark = proto_message_begin(out, f->number);

    message_encode(out, f->inner, inner);
    proto_message_end(out, mark);
}

static void
pointer_encode(struct buf *out, const struct message_field *f, const void *value)
{
    const void *pointer;
    size_t count = 0;

    memcpy(&pointer, member_at(f, value), sizeof(pointer));
    switch (f->kind) {
    case MESSAGE_KIND_TEXT:
        if (pointer != NULL)
            proto_put_text(out, f->number, pointer);
        return;
    case MESSAGE_KIND_OPTIONAL:
        count = pointer != NULL ? 1 : 0;
        break;
    default:
        count = message_field_count(f, value);
    }
    for (size_t i = 0; i < count; i++) {
        if (f->kind == MESSAGE_KIND_TEXTS)
            proto_put_bytes_always(out, f->number,
                                   bytes_of_text(((const char *const *)pointer)[i]));
        else if (f->kind == MESSAGE_KIND_KEYS)
            proto_put_bytes_always(out, f->number, ((const struct bytes *)pointer)[i]);
        else
            inner_encode(out, f, (const uint8_t *)pointer + i * f->inner->size);
    }
}

uint64_t
message_field_number(const struct message_field *f, const void *value)
{
    uint64_t wide = 0;
    uint32_t narrow = 0;
    bool flag = false;

    switch (f->kind) {
    case MESSAGE_KIND_BOOL:
        memcpy(&flag, member_at(f, value), sizeof(flag));
        wide = flag ? 1 : 0;
        break;
    case MESSAGE_KIND_U32:
    case MESSAGE_KIND_ENUM:
        memcpy(&narrow, member_at(f, value), sizeof(narrow));
        wide = narrow;
        break;
    default:
        memcpy(&wide, member_at(f, value), sizeof(wide));
    }
    return wide;
}

bool
message_is_empty(const struct message *m, const void *value)
{
    AUTO_BUF encoded = BUF_INIT;

    message_encode(&encoded, m, value);
    return encoded.size == 0;
}

void
message_encode(struct buf *out, const struct message *m, const void *value)
{
    for (size_t i = 0; i < m->field_count; i++) {
        const struct message_field *f = &m->fields[i];
        struct bytes bytes;

        switch (f->kind) {
        case MESSAGE_KIND_U64:
        case MESSAGE_KIND_I64:
        case MESSAGE_KIND_U32:
        case MESSAGE_KIND_ENUM:
        case MESSAGE_KIND_BOOL:
            proto_put_u64(out, f->number, message_field_number(f, value));
            break;
        case MESSAGE_KIND_BYTES:
            memcpy(&bytes, member_at(f, value), sizeof(bytes));
            proto_put_bytes(out, f->number, bytes);
            break;
        case MESSAGE_KIND_INNER:
            if (!message_is_empty(f->inner, member_at(f, value)))
                inner_encode(out, f, member_at(f, value));
            break;
        default:
            pointer_encode(out, f, value);
        }
    }
}

/* What one decoding shares on all levels. */
struct decoding {
    struct arena *mem;
    unsigned depth;
    struct error *e;
};

static bool level_decode(struct decoding *d, const struct message *m, struct bytes encoded,
                         void *ret_value);

/* Texts are never NULL, also in messages that were not sent. */
static void
value_clear(const struct message *m, void *value)
{
    static const char *const empty[] = {""};

    memset(value, 0, m->size);
    for (size_t i = 0; i < m->field_count; i++) {
        const struct message_field *f = &m->fields[i];
        uint8_t *member = (uint8_t *)value + f->offset;

        if (f->kind == MESSAGE_KIND_TEXT)
            memcpy(member, empty, sizeof(empty));
        else if (f->kind == MESSAGE_KIND_INNER)
            value_clear(f->inner, member);
    }
}

static void
number_store(const struct message_field *f, uint64_t wide, uint8_t *member)
{
    uint32_t narrow = (uint32_t)wide;
    bool flag = wide != 0;

    switch (f->kind) {
    case MESSAGE_KIND_BOOL:
        memcpy(member, &flag, sizeof(flag));
        return;
    case MESSAGE_KIND_U32:
    case MESSAGE_KIND_ENUM:
        memcpy(member, &narrow, sizeof(narrow));
        return;
    default:
        memcpy(member, &wide, sizeof(wide));
    }
}

static void
text_store(struct arena *mem, struct bytes bytes, void *place)
{
    const char *text = arena_text_of_bytes(mem, bytes);

    memcpy(place, &text, sizeof(text));
}

/*
 * Room for one more item. Arrays double whenever their count is a power of two, so the capacity
 * need not be kept anywhere.
 */
static void *
array_push(struct arena *mem, const struct message_field *f, size_t item_size, void *value)
{
    uint8_t *member = (uint8_t *)value + f->offset;
    size_t count = message_field_count(f, value);
    uint8_t *items;

    memcpy(&items, member, sizeof(items));
    if ((count & (count - 1)) == 0) {
        uint8_t *grown = arena_alloc(mem, (count == 0 ? 1 : 2 * count) * item_size);

        if (count > 0)
            memcpy(grown, items, count * item_size);
        items = grown;
        memcpy(member, &items, sizeof(items));
    }
    count++;
    memcpy((uint8_t *)value + f->count_offset, &count, sizeof(count));
    return items + (count - 1) * item_size;
}

static bool
bytes_store(struct decoding *d, const struct message_field *f, struct bytes bytes, void *value)
{
    uint8_t *member = (uint8_t *)value + f->offset;
    void *inner;

    switch (f->kind) {
    case MESSAGE_KIND_BYTES:
        memcpy(member, &bytes, sizeof(bytes));
        return true;
    case MESSAGE_KIND_TEXT:
        text_store(d->mem, bytes, member);
        return true;
    case MESSAGE_KIND_TEXTS:
        text_store(d->mem, bytes, array_push(d->mem, f, sizeof(char *), value));
        return true;
    case MESSAGE_KIND_KEYS:
        memcpy(array_push(d->mem, f, sizeof(bytes), value), &bytes, sizeof(bytes));
        return true;
    case MESSAGE_KIND_INNER:
        return level_decode(d, f->inner, bytes, member);
    case MESSAGE_KIND_OPTIONAL:
        inner = arena_alloc(d->mem, f->inner->size);
        memcpy(member, &inner, sizeof(inner));
        return level_decode(d, f->inner, bytes, inner);
    default:
        return level_decode(d, f->inner, bytes, array_push(d->mem, f, f->inner->size, value));
    }
}

static bool
field_is_number(const struct message_field *f)
{
    switch (f->kind) {
    case MESSAGE_KIND_U64:
    case MESSAGE_KIND_I64:
    case MESSAGE_KIND_U32:
    case MESSAGE_KIND_ENUM:
    case MESSAGE_KIND_BOOL:
        return true;
    default:
        return false;
    }
}

static const struct message_field *
field_find(const struct message *m, uint32_t number)
{
    for (size_t i = 0; i < m->field_count; i++) {
        if (m->fields[i].number == number)
            return &m->fields[i];
    }
    return NULL;
}

static bool
level_decode(struct decoding *d, const struct message *m, struct bytes encoded, void *ret_value)
{
    struct proto_reader r = proto_reader_of(encoded);
    struct proto_field got;

    value_clear(m, ret_value);
    if (++d->depth > MESSAGE_MAX_DEPTH)
        return error_set(d->e, ERROR_FORMAT, "message '%s' is nested deeper than %d levels",
                         m->name, MESSAGE_MAX_DEPTH);
    while (proto_next(&r, &got)) {
        const struct message_field *f = field_find(m, got.number);
        struct bytes bytes;
        uint64_t number;

        if (f == NULL)
            continue;
        if (field_is_number(f)) {
            if (proto_field_u64(&r, &got, &number))
                number_store(f, number, (uint8_t *)ret_value + f->offset);
        } else if (proto_field_bytes(&r, &got, &bytes)) {
            if (!bytes_store(d, f, bytes, ret_value))
                return false;
        }
    }
    d->depth--;
    if (r.failed)
        return error_set(d->e, ERROR_FORMAT, "message '%s' of %zu bytes is cut or malformed",
                         m->name, encoded.size);
    return true;
}

bool
message_decode(struct arena *mem, const struct message *m, struct bytes encoded, void *ret_value,
               struct error *e)
{
    struct decoding d = {.mem = mem, .e = e};

    return level_decode(&d, m, encoded, ret_value);
}
