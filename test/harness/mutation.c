#include "mutation.h"

#include <string.h>

#include "base/hash.h"
#include "format/bbolt/bbolt_meta.h"
#include "format/db_snapshot.h"

enum { FLIPS_MOST = 16, HEADER_BYTES = 64, ZERO_PAGES_MOST = 3, CHECKSUM_AT = 72, SUM_FROM = 16 };

const char *
mutation_word(enum mutation_kind kind)
{
    static const char *const words[MUTATION_KINDS] = {
        [MUTATION_FLIP] = "flip",           [MUTATION_FLIPS] = "flips",
        [MUTATION_ZERO_PAGE] = "zero-page", [MUTATION_ZERO_PART] = "zero-part",
        [MUTATION_SWAP] = "swap",           [MUTATION_COPY] = "copy",
        [MUTATION_NOISE] = "noise",         [MUTATION_CUT] = "cut",
        [MUTATION_HEADER] = "header",
    };

    return words[kind];
}

/* splitmix64: well mixed from any start. */
static uint64_t
next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static size_t
below(uint64_t *state, size_t limit)
{
    return limit == 0 ? 0 : (size_t)(next(state) % limit);
}

struct damage {
    uint64_t state;
    uint8_t *data;
    size_t size;
    size_t page_size;
    size_t pages;
};

static uint8_t *
some_page(struct damage *d)
{
    return d->data + below(&d->state, d->pages) * d->page_size;
}

static void
pages_swap(struct damage *d)
{
    uint8_t *one = some_page(d);
    uint8_t *other = some_page(d);

    for (size_t i = 0; i < d->page_size; i++) {
        uint8_t held = one[i];

        one[i] = other[i];
        other[i] = held;
    }
}

static void
bytes_flip(struct damage *d, size_t count, size_t limit)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t mask = (uint8_t)(1 + below(&d->state, 255));

        d->data[below(&d->state, limit)] ^= mask;
    }
}

static void
part_zero(struct damage *d)
{
    size_t at = below(&d->state, d->size);
    size_t length = 1 + below(&d->state, 2 * d->page_size);

    memset(d->data + at, 0, length < d->size - at ? length : d->size - at);
}

static void
page_noise(struct damage *d)
{
    uint8_t *page = some_page(d);

    for (size_t i = 0; i < d->page_size; i++)
        page[i] = (uint8_t)next(&d->state);
}

static void
page_of_pages(struct damage *d, enum mutation_kind kind)
{
    switch (kind) {
    case MUTATION_ZERO_PAGE:
        for (size_t i = 1 + below(&d->state, ZERO_PAGES_MOST); i > 0; i--)
            memset(some_page(d), 0, d->page_size);
        break;
    case MUTATION_SWAP:
        pages_swap(d);
        break;
    case MUTATION_COPY:
        memmove(some_page(d), some_page(d), d->page_size);
        break;
    case MUTATION_NOISE:
        page_noise(d);
        break;
    case MUTATION_HEADER:
        some_page(d)[below(&d->state, HEADER_BYTES)] ^= (uint8_t)(1 + below(&d->state, 255));
        break;
    default:
        break;
    }
}

static void
seal(uint8_t *data, size_t size, size_t page_size)
{
    for (size_t at = 0; at <= page_size && at + BBOLT_META_SIZE <= size; at += page_size) {
        uint64_t sum = fnv1a64(data + at + SUM_FROM, CHECKSUM_AT - SUM_FROM);

        for (unsigned i = 0; i < 8; i++)
            data[at + CHECKSUM_AT + i] = (uint8_t)(sum >> 8 * i);
    }
    if (db_snapshot_has_trailer(size))
        sha256_of(bytes_of(data, size - SHA256_SIZE), data + size - SHA256_SIZE);
}

struct mutation
mutation_make(uint64_t seed, uint64_t number, uint8_t *data, size_t size, size_t page_size,
              bool seals)
{
    struct damage d = {seed * UINT64_C(0x100000001b3) + number, data, size, page_size,
                       size / page_size};
    struct mutation m = {.size = size};

    (void)next(&d.state);
    m.kind = (enum mutation_kind)below(&d.state, MUTATION_KINDS);
    if (d.pages == 0)
        m.kind = MUTATION_FLIP;
    if (m.kind == MUTATION_FLIP)
        data[below(&d.state, size)] ^= (uint8_t)(1u << below(&d.state, 8));
    else if (m.kind == MUTATION_FLIPS)
        bytes_flip(&d, 1 + below(&d.state, FLIPS_MOST), size);
    else if (m.kind == MUTATION_CUT)
        m.size = below(&d.state, size);
    else if (m.kind == MUTATION_ZERO_PART)
        part_zero(&d);
    else
        page_of_pages(&d, m.kind);
    m.sealed = seals && below(&d.state, 3) == 0;
    if (m.sealed)
        seal(data, m.size, page_size);
    return m;
}
