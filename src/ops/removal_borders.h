/*
 * Where many keys are divided in parts of some hundred, found while they are counted: whoever removes them later in the
 * same process need not count them once more to know what a transaction takes. They are not in a plan's inputs, which
 * have no keys.
 *
 * Private to ops/key_removal*.c.
 */
#ifndef QUORATE_OPS_REMOVAL_BORDERS_H
#define QUORATE_OPS_REMOVAL_BORDERS_H

#include "base/arena.h"
#include "base/buf.h"
#include "etcd/range_read.h"

/* A part has so many keys, but for the last one and for those in front of pieces that are nearly as large as a part. */
enum { REMOVAL_PART_LEAST = 100, REMOVAL_PART_MOST = RANGE_PIECE_KEYS };

/* Some millions of keys. */
enum { REMOVAL_BORDERS_MOST = 20000 };

struct removal_border {
    struct bytes end; /* of the part; the next one begins there */
    uint64_t keys;    /* in it */
};

struct removal_borders {
    struct arena *mem;
    struct removal_border items[REMOVAL_BORDERS_MOST];
    size_t count;
    uint64_t open;   /* keys behind the last border */
    struct buf end;  /* of these */
    bool incomplete; /* there was no room for all */
};

/* mem  holds the ends, and has to live longer */
void removal_borders_begin(struct removal_borders *b, struct arena *mem);
/* The next keys in order, REMOVAL_PART_MOST at most, which all are in front of 'end'. */
void removal_borders_add(struct removal_borders *b, struct bytes end, uint64_t keys);
/* No more come: the last part is closed. False: they are too many to be divided like this. */
bool removal_borders_end(struct removal_borders *b);

#endif
