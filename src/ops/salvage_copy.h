/*
 * A copy of a damaged file to work on: the original is read once, with plain reads, and never
 * written. What its disk no longer gives becomes zeros, block by block, and is told: a program that
 * maps such a file would be killed by it.
 */
#ifndef QUORATE_OPS_SALVAGE_COPY_H
#define QUORATE_OPS_SALVAGE_COPY_H

#include <stdint.h>

#include "base/error.h"
#include "base/observer.h"

struct salvage_copied {
    uint64_t size_bytes;
    uint64_t unreadable_bytes;    /* zeros in the copy */
    uint64_t first_unreadable_at; /* byte of the first of them */
    bool changed; /* the original was written or cut meanwhile: a server may be at work on it */
};

/*
 * Copies all of a file to the beginning of another, sharing its blocks where the file system can.
 *
 * from, to            open files; their paths are for errors.
 * e                   ERROR_NO_SPACE; ERROR_IO: nothing at all could be read, or writing failed.
 */
MUST_CHECK bool salvage_copy(int from, const char *from_path, int to, const char *to_path,
                             const struct observer *observer, struct salvage_copied *ret_copied,
                             struct error *e);

#endif
