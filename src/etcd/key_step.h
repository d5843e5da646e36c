/*
 * Steps through the key space, for those who read a range in parts: keys are taken as numbers, so
 * that "as far again as from a to b" names a key, whether or not it exists.
 */
#ifndef QUORATE_ETCD_KEY_STEP_H
#define QUORATE_ETCD_KEY_STEP_H

#include "base/arena.h"

/* A distance: 'amount' in the number that the 8 bytes from 'at' on are (big-endian; a key that ends
 * before has zeros there). */
struct key_width {
    size_t at;
    uint64_t amount; /* never 0 */
};

/* The first key behind 'key': itself and a NUL. */
struct bytes key_next(struct arena *mem, struct bytes key);

/* From a to b; a < b. */
struct key_width key_width_between(struct bytes a, struct bytes b);
/* 'factor' times as far; never nothing. */
struct key_width key_width_scale(struct key_width width, double factor);

/*
 * Where to look behind a directory: the directory is what stands in front of the last '/' in the
 * first 'at' bytes of the key, and the result lies behind all keys that begin as it does, and behind
 * those of the name that follows it (team-1, team-2). 'end' where there is no such place.
 */
struct bytes key_step_directory(struct arena *mem, struct bytes key, size_t at, struct bytes end);

/*
 * The key that far behind 'start': always above it, and never above 'end' ("\0": no end, as in a
 * range). A step over the bytes in front of the width ends right behind all keys that begin with
 * these.
 *
 * start  not empty
 * width  becomes one of the last byte of 'start' when it lies behind all of it
 */
struct bytes key_step(struct arena *mem, struct bytes start, struct key_width *width,
                      struct bytes end);

#endif
