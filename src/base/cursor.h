/*
 * Bounded decoding: every read checks what is left, so format code does no pointer arithmetic.
 * A read that does not fit returns false and moves nothing.
 */
#ifndef QUORATE_BASE_CURSOR_H
#define QUORATE_BASE_CURSOR_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

/* Of no bytes at all too, with or without an address: C allows no arithmetic on NULL. */
static inline struct cursor
cursor_of(struct bytes bytes)
{
    const uint8_t *data = bytes.data != NULL ? bytes.data : (const uint8_t *)"";

    return (struct cursor){data, data + bytes.size};
}

static inline size_t
cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

/* These two in line: they read each revision of a database. */
MUST_CHECK static inline bool
cursor_u8(struct cursor *c, uint8_t *ret_value)
{
    if (c->at == c->end)
        return false;
    *ret_value = *c->at++;
    return true;
}

MUST_CHECK static inline bool
cursor_u64be(struct cursor *c, uint64_t *ret_value)
{
    uint64_t value;

    if (cursor_left(c) < sizeof(value))
        return false;
    memcpy(&value, c->at, sizeof(value));
    c->at += sizeof(value);
    *ret_value = be64toh(value);
    return true;
}

MUST_CHECK bool cursor_skip(struct cursor *c, size_t count);
MUST_CHECK bool cursor_u16le(struct cursor *c, uint16_t *ret_value);
MUST_CHECK bool cursor_u32le(struct cursor *c, uint32_t *ret_value);
MUST_CHECK bool cursor_u64le(struct cursor *c, uint64_t *ret_value);
MUST_CHECK bool cursor_u32be(struct cursor *c, uint32_t *ret_value);
/* The bytes stay where they are: valid as long as what the cursor was made of. */
MUST_CHECK bool cursor_bytes(struct cursor *c, size_t count, struct bytes *ret_bytes);
/* Protobuf's varint: at most ten bytes, and the tenth at most 1. */
MUST_CHECK bool cursor_varint(struct cursor *c, uint64_t *ret_value);

#endif
