/* The keys with the highest numbers, the highest first: as many as are wanted, and no more memory. */
#ifndef QUORATE_KEYS_TOP_KEYS_H
#define QUORATE_KEYS_TOP_KEYS_H

#include <stdint.h>

#include "base/buf.h"
#include "keys/source.h"

/* One of them; the value is not kept. */
struct top_key {
    uint64_t number;
    struct buf key;
    uint64_t value_bytes;
    int64_t create_revision;
    int64_t mod_revision;
    int64_t version;
};

struct top_keys {
    struct top_key
        *items; /* sorted after top_keys_sort, until then a heap, the least at the root */
    size_t count;
    size_t most;
};

/* In 'mem'; most may be 0. */
void top_keys_init(struct top_keys *top, struct arena *mem, size_t most);
/* Of equal numbers the lesser key counts for more, so that the order of the rows does not matter. */
void top_keys_offer(struct top_keys *top, uint64_t number, const struct key_row *row);
void top_keys_sort(struct top_keys *top);
void top_keys_release(struct top_keys *top);

#endif
