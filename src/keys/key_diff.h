/*
 * What differs between the keys of two sources, or of one at two revisions. Both come in the order of
 * their keys; the first is put aside (in memory, or in an unlinked file below TMPDIR) and met by the
 * second, so memory is bounded, whatever the number of keys.
 *
 * Keys are the same when their values are: revisions and versions are each cluster's own.
 */
#ifndef QUORATE_KEYS_KEY_DIFF_H
#define QUORATE_KEYS_KEY_DIFF_H

#include "keys/source.h"

struct key_diff_side {
    struct key_source *source;
    int64_t revision; /* 0: the source's */
};

/* One side of a difference. */
struct key_diff_value {
    bool there;
    uint64_t size;      /* of the value */
    struct bytes value; /* with 'values' only */
    int64_t mod_revision;
};

struct key_difference {
    struct bytes key;
    struct key_diff_value before;
    struct key_diff_value after; /* one of both is there */
};

/* Valid until it returns. */
typedef bool key_diff_visit(void *context, const struct key_difference *difference,
                            struct error *e);

struct key_diff_request {
    struct key_diff_side before;
    struct key_diff_side after;
    struct key_range range;
    bool values; /* the values themselves are wanted, too: the first side's are put aside whole */
};

/*
 * Visits all differences, in the order of the keys.
 *
 * ret_same  keys that are equal
 * e         as key_source_live; ERROR_NO_SPACE: below TMPDIR.
 */
MUST_CHECK bool key_diff(const struct key_diff_request *request, key_diff_visit *visit,
                         void *context, uint64_t *ret_same, struct error *e);

#endif
