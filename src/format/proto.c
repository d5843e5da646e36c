#include "format/proto.h"

#include <string.h>

struct proto_reader
proto_reader_of(struct bytes message)
{
    return (struct proto_reader){.cursor = cursor_of(message)};
}

static bool
value_read(struct cursor *c, struct proto_field *field)
{
    uint32_t low;
    uint64_t size;

    switch (field->wire) {
    case PROTO_VARINT:
        return cursor_varint(c, &field->value);
    case PROTO_FIXED64:
        return cursor_u64le(c, &field->value);
    case PROTO_FIXED32:
        if (!cursor_u32le(c, &low))
            return false;
        field->value = low;
        return true;
    case PROTO_LENGTH:
        return cursor_varint(c, &size) && size <= cursor_left(c) &&
               cursor_bytes(c, (size_t)size, &field->bytes);
    }
    return false;
}

bool
proto_next(struct proto_reader *r, struct proto_field *ret_field)
{
    struct proto_field field = {0};
    uint64_t tag;

    if (r->failed || cursor_left(&r->cursor) == 0)
        return false;
    if (!cursor_varint(&r->cursor, &tag) || tag > UINT32_MAX || tag >> 3 == 0) {
        r->failed = true;
        return false;
    }
    field.number = (uint32_t)(tag >> 3);
    field.wire = (enum proto_wire)(tag & 7);
    if (!value_read(&r->cursor, &field)) {
        r->failed = true;
        return false;
    }
    *ret_field = field;
    return true;
}

bool
proto_field_u64(struct proto_reader *r, const struct proto_field *f, uint64_t *ret_value)
{
    if (f->wire == PROTO_LENGTH) {
        r->failed = true;
        return false;
    }
    *ret_value = f->value;
    return true;
}

bool
proto_field_i64(struct proto_reader *r, const struct proto_field *f, int64_t *ret_value)
{
    uint64_t value;

    if (!proto_field_u64(r, f, &value))
        return false;
    *ret_value = (int64_t)value;
    return true;
}

bool
proto_field_u32(struct proto_reader *r, const struct proto_field *f, uint32_t *ret_value)
{
    uint64_t value;

    if (!proto_field_u64(r, f, &value))
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

bool
proto_field_bool(struct proto_reader *r, const struct proto_field *f, bool *ret_value)
{
    uint64_t value;

    if (!proto_field_u64(r, f, &value))
        return false;
    *ret_value = value != 0;
    return true;
}

bool
proto_field_bytes(struct proto_reader *r, const struct proto_field *f, struct bytes *ret_bytes)
{
    if (f->wire != PROTO_LENGTH) {
        r->failed = true;
        return false;
    }
    *ret_bytes = f->bytes;
    return true;
}

void
proto_put_varint(struct buf *out, uint64_t value)
{
    uint8_t *at = buf_reserve(out, 10);
    size_t size = 0;

    for (; value >= 0x80; value >>= 7)
        at[size++] = (uint8_t)(value | 0x80);
    at[size++] = (uint8_t)value;
    out->size += size;
}

static void
put_tag(struct buf *out, uint32_t number, enum proto_wire wire)
{
    proto_put_varint(out, (uint64_t)number << 3 | (uint64_t)wire);
}

void
proto_put_u64_always(struct buf *out, uint32_t number, uint64_t value)
{
    put_tag(out, number, PROTO_VARINT);
    proto_put_varint(out, value);
}

void
proto_put_u64(struct buf *out, uint32_t number, uint64_t value)
{
    if (value != 0)
        proto_put_u64_always(out, number, value);
}

void
proto_put_i64(struct buf *out, uint32_t number, int64_t value)
{
    proto_put_u64(out, number, (uint64_t)value);
}

void
proto_put_bool(struct buf *out, uint32_t number, bool value)
{
    proto_put_u64(out, number, value ? 1 : 0);
}

void
proto_put_bytes_always(struct buf *out, uint32_t number, struct bytes value)
{
    put_tag(out, number, PROTO_LENGTH);
    proto_put_varint(out, value.size);
    buf_append_bytes(out, value);
}

void
proto_put_bytes(struct buf *out, uint32_t number, struct bytes value)
{
    if (value.size > 0)
        proto_put_bytes_always(out, number, value);
}

void
proto_put_text(struct buf *out, uint32_t number, const char *value)
{
    proto_put_bytes(out, number, bytes_of_text(value));
}

size_t
proto_message_begin(struct buf *out, uint32_t number)
{
    put_tag(out, number, PROTO_LENGTH);
    return out->size;
}

/* The length goes in front of what was written: messages are small, so moving them is cheap. */
void
proto_message_end(struct buf *out, size_t mark)
{
    size_t size = out->size - mark;
    size_t prefix;

    proto_put_varint(out, size);
    prefix = out->size - mark - size;
    memmove(out->data + mark + prefix, out->data + mark, size);
    out->size = mark;
    proto_put_varint(out, size);
    out->size += size;
}
