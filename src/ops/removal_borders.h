/*
 * Where many keys are divided in parts of some hundred, found while they are counted: whoever removes them later in the
 * same process need not read them once more to know what a transaction takes. They are not in a plan's inputs, which
 * have no keys.
 *
 * Private to ops/key_removal*.c.
 */
#ifndef QUORATE_OPS_REMOVAL_BORDERS_H
#define QUORATE_OPS_REMOVAL_BORDERS_H

#include "base/arena.h"
#include "base/buf.h"

/* Of more keys the parts are larger, up to what a transaction takes. */
enum { REMOVAL_BORDERS_MOST = 10000, REMOVAL_PART_FIRST = 200, REMOVAL_PART_MOST = 800 };

struct removal_borders {
    struct arena *mem;
    struct bytes items[REMOVAL_BORDERS_MOST + 1]; /* the last key of each part */
    size_t count;
    uint64_t part;   /* keys of each, the last one may have fewer */
    uint64_t open;   /* keys behind the last border */
    struct buf last; /* the last key that came */
};

/* mem  holds the keys, and has to live longer */
void removal_borders_begin(struct removal_borders *b, struct arena *mem);
/* The next key in order; it is copied where it is a border. */
void removal_borders_add(struct removal_borders *b, struct bytes key);
/* No more come: the last part is closed. False: they are too many to be divided like this. */
bool removal_borders_end(struct removal_borders *b);

#endif
