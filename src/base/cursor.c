#include "base/cursor.h"

bool
cursor_skip(struct cursor *c, size_t count)
{
    if (cursor_left(c) < count)
        return false;
    c->at += count;
    return true;
}

static bool
read_number(struct cursor *c, unsigned size, bool big_endian, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (cursor_left(c) < size)
        return false;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | c->at[big_endian ? i : size - 1 - i];
    c->at += size;
    *ret_value = value;
    return true;
}

bool
cursor_u16le(struct cursor *c, uint16_t *ret_value)
{
    uint64_t value;

    if (!read_number(c, 2, false, &value))
        return false;
    *ret_value = (uint16_t)value;
    return true;
}

bool
cursor_u32le(struct cursor *c, uint32_t *ret_value)
{
    uint64_t value;

    if (!read_number(c, 4, false, &value))
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

bool
cursor_u64le(struct cursor *c, uint64_t *ret_value)
{
    return read_number(c, 8, false, ret_value);
}

bool
cursor_u32be(struct cursor *c, uint32_t *ret_value)
{
    uint64_t value;

    if (!read_number(c, 4, true, &value))
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

bool
cursor_bytes(struct cursor *c, size_t count, struct bytes *ret_bytes)
{
    if (cursor_left(c) < count)
        return false;
    *ret_bytes = bytes_of(c->at, count);
    c->at += count;
    return true;
}

bool
cursor_varint(struct cursor *c, uint64_t *ret_value)
{
    uint64_t value = 0;
    const uint8_t *at = c->at;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte;

        if (at == c->end)
            return false;
        byte = *at++;
        if (shift == 63 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            c->at = at;
            *ret_value = value;
            return true;
        }
    }
    return false;
}
