#include "base/decimal.h"

/* Digits of the largest number, 2^64 - 1. */
enum { DIGITS_MAX = 20 };

void
decimal_append_u64(struct buf *out, uint64_t value)
{
    uint8_t text[DIGITS_MAX];
    size_t at = DIGITS_MAX;

    do
        text[--at] = (uint8_t)('0' + value % 10);
    while ((value /= 10) != 0);
    buf_append(out, text + at, DIGITS_MAX - at);
}

void
decimal_append_i64(struct buf *out, int64_t value)
{
    if (value < 0)
        buf_append_byte(out, '-');
    /* Of the least number there is no positive one: the sign is turned without it. */
    decimal_append_u64(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}
