/*
 * How many pages of a file are in use: those that its trees reach, and both meta pages and a freelist.
 * Only branches and the headers of leaves are looked at, which is much less than the structure check
 * (format/bbolt/bbolt_check.h) has to see; for a sound file both say the same.
 */
#ifndef QUORATE_FORMAT_BBOLT_IN_USE_H
#define QUORATE_FORMAT_BBOLT_IN_USE_H

#include "format/bbolt/bbolt.h"

/* e: ERROR_CORRUPT: damage on the way, or trees with more pages than the file has. */
MUST_CHECK bool bbolt_pages_in_use(const struct bbolt *db, uint64_t *ret_pages, struct error *e);

#endif
