#include "etcd/key_step.h"

#include <string.h>

#include "etcd/kv.h"

/* So many digits of 257 values fit into a number, with a bit to spare for a sum. */
enum { WINDOW = 7 };

static void
digits_number(struct key_digits *d)
{
    d->count = 0;
    for (size_t byte = 0; byte < 256; byte++) {
        if (d->occurs[byte])
            d->byte_of[++d->count] = (uint8_t)byte;
        d->digit_of[byte] = d->count;
    }
}

void
key_digits_init(struct key_digits *d)
{
    *d = (struct key_digits){.count = 256};
    for (size_t byte = 0; byte < 256; byte++) {
        d->digit_of[byte] = (uint16_t)(byte + 1);
        d->byte_of[byte + 1] = (uint8_t)byte;
    }
}

void
key_digits_learn(struct key_digits *d, struct bytes key)
{
    bool more = false;

    for (size_t i = 0; i < key.size; i++) {
        more = more || !d->occurs[key.data[i]];
        d->occurs[key.data[i]] = true;
    }
    if (more)
        digits_number(d);
}

struct bytes
key_next(struct arena *mem, struct bytes key)
{
    uint8_t *next = arena_alloc(mem, key.size + 1);

    memcpy(next, key.data, key.size);
    next[key.size] = 0;
    return bytes_of(next, key.size + 1);
}

struct bytes
key_directory(struct bytes key)
{
    size_t size = key.size;

    while (size > 0 && key.data[size - 1] != '/')
        size--;
    return bytes_of(key.data, size > 1 ? size : 0);
}

struct bytes
key_sibling(struct arena *mem, struct bytes directory, struct bytes name)
{
    struct bytes next = etcd_prefix_end(mem, bytes_of(directory.data, directory.size - 1));
    uint8_t *data = arena_alloc(mem, next.size + 1 + name.size);

    memcpy(data, next.data, next.size);
    data[next.size] = '/';
    if (name.size > 0)
        memcpy(data + next.size + 1, name.data, name.size);
    return bytes_of(data, next.size + 1 + name.size);
}

static uint64_t
window_read(const struct key_digits *d, struct bytes key, size_t at)
{
    uint64_t value = 0;

    for (size_t i = at; i < at + WINDOW; i++)
        value = value * (d->count + 1U) + (i < key.size ? d->digit_of[key.data[i]] : 0);
    return value;
}

/* What the digit has that many places in front of the window's last one. */
static uint64_t
place_value(const struct key_digits *d, unsigned places)
{
    uint64_t value = 1;

    while (places-- > 0)
        value *= d->count + 1U;
    return value;
}

/* The first 'at' bytes of the key, and the window behind them without its zeros at the end. */
static struct bytes
window_write(struct arena *mem, const struct key_digits *d, struct bytes key, size_t at,
             uint64_t value)
{
    uint8_t *data = arena_zero(mem, at + WINDOW);
    size_t size = at;

    memcpy(data, key.data, key.size < at ? key.size : at);
    for (size_t i = at + WINDOW; i > at; i--, value /= d->count + 1U) {
        size_t digit = value % (d->count + 1U);

        if (digit > 0 && size == at)
            size = i;
        data[i - 1] = digit > 0 ? d->byte_of[digit] : 0;
    }
    return bytes_of(data, size);
}

struct key_width
key_width_between(const struct key_digits *d, struct bytes a, struct bytes b)
{
    size_t at = 0;
    uint64_t from;
    uint64_t to;

    while (at < a.size && at < b.size && a.data[at] == b.data[at])
        at++;
    from = window_read(d, a, at);
    to = window_read(d, b, at);
    /* They may differ behind the window only. */
    return (struct key_width){at, to > from ? to - from : 1};
}

struct key_width
key_width_unit(const struct key_digits *d, size_t at)
{
    return (struct key_width){at, place_value(d, WINDOW - 1)};
}

struct key_width
key_width_scale(const struct key_digits *d, struct key_width width, double factor)
{
    double amount = (double)width.amount * factor;
    double base = d->count + 1;
    double most = (double)place_value(d, WINDOW) / 2;

    while (amount >= most && width.at > 0) {
        amount /= base;
        width.at--;
    }
    while (amount < (double)place_value(d, WINDOW - 3)) {
        amount = amount < 1 ? base : amount * base;
        width.at++;
    }
    return (struct key_width){width.at, (uint64_t)(amount < most ? amount : most)};
}

bool
key_width_is_above(struct key_width a, struct key_width b)
{
    return a.at < b.at || (a.at == b.at && a.amount > b.amount);
}

bool
key_is_below(struct bytes a, struct bytes b)
{
    bool bounded = b.size > 1 || (b.size == 1 && b.data[0] != 0);

    return !bytes_equal(a, BYTES_LITERAL("\0")) && (!bounded || bytes_compare(a, b) < 0);
}

/* The first key that is above the start: of the number, of what it has in front, of any. */
static struct bytes
step_to(struct arena *mem, const struct key_digits *d, struct bytes start, struct key_width width)
{
    uint64_t value = window_read(d, start, width.at) + width.amount;
    struct bytes to;

    if (value < place_value(d, WINDOW)) {
        to = window_write(mem, d, start, width.at, value);
        if (bytes_compare(to, start) > 0)
            return to;
        return key_next(mem, start); /* the start has bytes that are no digits */
    }
    to = etcd_prefix_end(mem, bytes_of(start.data, start.size < width.at ? start.size : width.at));
    return to;
}

struct bytes
key_step(struct arena *mem, const struct key_digits *d, struct bytes start, struct key_width width,
         struct bytes end)
{
    struct bytes to = step_to(mem, d, start, width);

    return key_is_below(to, end) ? to : end;
}
