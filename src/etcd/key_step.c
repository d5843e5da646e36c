#include "etcd/key_step.h"

#include <string.h>

#include "etcd/kv.h"

enum { WINDOW = 8 };

#define LAST_BYTE (1ULL << 56) /* one of the window's first byte */

struct bytes
key_next(struct arena *mem, struct bytes key)
{
    uint8_t *next = arena_alloc(mem, key.size + 1);

    memcpy(next, key.data, key.size);
    next[key.size] = 0;
    return bytes_of(next, key.size + 1);
}

static uint64_t
window_read(struct bytes key, size_t at)
{
    uint64_t value = 0;

    for (size_t i = at; i < at + WINDOW; i++)
        value = value << 8 | (i < key.size ? key.data[i] : 0);
    return value;
}

/* The first 'at' bytes of the key, and the window behind them without its zeros at the end. */
static struct bytes
window_write(struct arena *mem, struct bytes key, size_t at, uint64_t value)
{
    uint8_t *data = arena_alloc(mem, at + WINDOW);
    size_t size = at + WINDOW;

    memcpy(data, key.data, at);
    for (size_t i = size; i > at; i--, value >>= 8)
        data[i - 1] = (uint8_t)value;
    while (size > at && data[size - 1] == 0)
        size--;
    return bytes_of(data, size);
}

struct key_width
key_width_between(struct bytes a, struct bytes b)
{
    size_t at = 0;
    uint64_t amount;

    while (at < a.size && at < b.size && a.data[at] == b.data[at])
        at++;
    amount = window_read(b, at) - window_read(a, at);
    /* b is a and NULs: they differ, but not as numbers. */
    return (struct key_width){at, amount > 0 ? amount : 1};
}

struct key_width
key_width_scale(struct key_width width, double factor)
{
    double amount = (double)width.amount * factor;

    while (amount >= 0x1p63 && width.at > 0) {
        amount /= 256;
        width.at--;
    }
    while (amount < 0x1p40) {
        amount = amount < 1 ? 256 : amount * 256;
        width.at++;
    }
    return (struct key_width){width.at, amount < 0x1p63 ? (uint64_t)amount : 1ULL << 63};
}

/* Not above 'end'. */
static struct bytes
at_most(struct bytes to, struct bytes end)
{
    bool bounded = end.size > 1 || (end.size == 1 && end.data[0] != 0);

    if (bytes_equal(to, BYTES_LITERAL("\0")) || (bounded && bytes_compare(to, end) >= 0))
        return end;
    return to;
}

struct bytes
key_step_directory(struct arena *mem, struct bytes key, size_t at, struct bytes end)
{
    struct bytes behind;

    at = at < key.size ? at : key.size;
    while (at > 0 && key.data[at - 1] != '/')
        at--;
    if (at < 2)
        return end;
    behind = etcd_prefix_end(mem, bytes_of(key.data, at - 1));
    if (bytes_equal(behind, BYTES_LITERAL("\0")))
        return end;
    return at_most(etcd_prefix_end(mem, behind), end);
}

struct bytes
key_step(struct arena *mem, struct bytes start, struct key_width *width, struct bytes end)
{
    uint64_t from;

    if (start.size <= width->at)
        *width = (struct key_width){start.size - 1, LAST_BYTE};
    from = window_read(start, width->at);
    if (width->amount <= UINT64_MAX - from)
        return at_most(window_write(mem, start, width->at, from + width->amount), end);
    return at_most(etcd_prefix_end(mem, bytes_of(start.data, width->at)), end);
}
