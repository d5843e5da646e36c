/* A hash map from bytes to a pointer, in an arena. Keys are copied; entries are never removed. */
#ifndef QUORATE_BASE_MAP_H
#define QUORATE_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

struct map_entry {
    struct bytes key;
    void *value;
};

struct map {
    ARRAY(struct map_entry) entries; /* in the order of insertion */
    uint32_t *slots;                 /* entry number + 1, 0 for free; a power of two of them */
    size_t slot_count;
};

#define MAP_INIT                                                                                   \
    {                                                                                              \
        ARRAY_INIT, NULL, 0                                                                        \
    }

/* NULL when there is none. */
void *map_get(const struct map *m, struct bytes key);
/* The value's place, created as NULL when new; valid until the next call. */
void **map_place(struct arena *mem, struct map *m, struct bytes key);

#endif
