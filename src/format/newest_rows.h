/*
 * Which rows of "key" are the newest of their user keys, when there are more keys than an index may
 * hold: a bit a row, found in several passes, each for a part of the keys. Memory: the bits, and one
 * index of the size that is given.
 */
#ifndef QUORATE_FORMAT_NEWEST_ROWS_H
#define QUORATE_FORMAT_NEWEST_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "format/bbolt/bbolt.h"

struct newest_rows {
    struct {
        uint64_t *items;
        size_t count;
        size_t capacity;
    } bits;         /* the last row first */
    uint64_t total; /* rows up to the revision */
    uint64_t live;  /* bits that are set: keys that exist */
};

/*
 * Finds them among the rows up to a revision; a newest row that is a tombstone has no bit.
 *
 * mem         holds the bits.
 * most_slots  of the index, a power of two, of eight bytes each.
 * e           ERROR_FORMAT, ERROR_CORRUPT: damage, with its place.
 */
MUST_CHECK bool newest_rows_find(struct arena *mem, const struct bbolt_bucket *bucket,
                                 int64_t revision_most, size_t most_slots,
                                 struct newest_rows *ret_rows, struct error *e);

/* By the row's number in the order of the file, from 0 on. */
bool newest_rows_has(const struct newest_rows *rows, uint64_t number);

#endif
