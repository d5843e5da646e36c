/*
 * Reads again, from the disk itself, what was written past the page cache: a file in the cache is read by
 * the proof that follows, of those beside it nobody would have seen a byte.
 */
#ifndef QUORATE_OPS_RESTORE_READ_BACK_H
#define QUORATE_OPS_RESTORE_READ_BACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ops/restore_site.h"

/* CRC-32C of each block of a content, taken from the bytes that its digest was taken of. */
struct restore_marks {
    uint32_t *items;
    size_t block_bytes; /* a multiple of what direct I/O is aligned to */
    uint64_t content_bytes;
};

/*
 * Compares every block of those files that were written directly; all files at once.
 *
 * e        ERROR_VERIFY: the disk has something else than was written, with the first byte of the block;
 *          ERROR_CANCELLED; ERROR_IO.
 * Memory   a block a file.
 */
MUST_CHECK bool restore_read_back(const struct restore_site *sites, size_t count,
                                  const struct restore_marks *marks, struct error *e);

#endif
