/*
 * Rows of a file, brought into the order of their keys: an external sort. Some MiB of keys are sorted
 * at a time and written to an unlinked file below TMPDIR; the runs are merged while they are read.
 * Rows of one key come in the order in which they were added.
 */
#ifndef QUORATE_KEYS_KEY_SORT_H
#define QUORATE_KEYS_KEY_SORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

/* A sorted run in the file: what is left of it, and its first row. */
struct key_sort_run {
    uint64_t begin;
    uint64_t end;
    struct bytes rest;
    struct bytes key;
    struct bytes tag;
    size_t number; /* earlier runs have the earlier rows */
};

struct key_sort {
    struct buf records; /* of the run that is being filled */
    struct buf items;   /* struct key_sort_item: its rows */
    size_t told;        /* of the items, when all rows fit one run */
    int fd;             /* of the finished runs; -1: none was written */
    uint64_t file_size;
    const uint8_t *map; /* of the file, while merging */
    struct arena mem;
    ARRAY(struct key_sort_run) runs; /* while merging: a heap */
};

#define KEY_SORT_INIT                                                                              \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
#define AUTO_KEY_SORT __attribute__((cleanup(key_sort_release))) struct key_sort

void key_sort_release(struct key_sort *s);

/*
 * Adds a row; both are copied.
 *
 * tag  whatever finds the row again.
 * e    ERROR_NO_SPACE, ERROR_IO: of the temporary file. ERROR_LIMIT: a key above a GiB.
 */
MUST_CHECK bool key_sort_add(struct key_sort *s, struct bytes key, struct bytes tag,
                             struct error *e);

/* Ends the adding; then rows can be taken. */
MUST_CHECK bool key_sort_finish(struct key_sort *s, struct error *e);

/* The next row in order, valid until the release; false behind the last one. */
bool key_sort_next(struct key_sort *s, struct bytes *ret_key, struct bytes *ret_tag);

#endif
