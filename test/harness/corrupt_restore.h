/* 'snapshot restore' of a damaged database, for the corruption campaign. */
#ifndef QUORATE_TEST_CORRUPT_RESTORE_H
#define QUORATE_TEST_CORRUPT_RESTORE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"

struct corrupt_restore {
    bool restored;      /* a data directory was made */
    const char *broken; /* what should not be: NULL for nothing */
};

/*
 * Restores these bytes, in a directory below TMPDIR that is gone afterwards: a file with a SHA-256 at its
 * end as it is, another with --skip-hash-check. What carries a data directory's name must have a database that
 * passes its examination; a restore that fails must leave nothing. 'mem' holds the text.
 */
struct corrupt_restore corrupt_restore(struct arena *mem, struct bytes now);

#endif
