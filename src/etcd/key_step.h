/*
 * Steps through the key space, for those who read a range in parts: keys are taken as numbers, so
 * that "as far again as from a to b" names a key, whether or not it exists.
 *
 * The digits of these numbers are the bytes that occur in the keys seen so far. So '9' is followed by
 * 'a' where names are in hex, and nobody looks for keys between them.
 */
#ifndef QUORATE_ETCD_KEY_STEP_H
#define QUORATE_ETCD_KEY_STEP_H

#include "base/arena.h"

/* Digit 0 is the end of the key. Before any key is known all bytes are digits. */
struct key_digits {
    bool occurs[256];
    uint16_t count;           /* of bytes that are digits */
    uint16_t digit_of[256];   /* of the byte, or of the next lower one that is a digit */
    uint8_t byte_of[256 + 1]; /* of digits 1 to 'count' */
};

/* A distance: 'amount' in the number that the 7 digits from 'at' on are (a key that ends before has
 * zeros there). */
struct key_width {
    size_t at;
    uint64_t amount; /* never 0 */
};

void key_digits_init(struct key_digits *d);
void key_digits_learn(struct key_digits *d, struct bytes key);

/* The first key behind 'key': itself and a NUL. */
struct bytes key_next(struct arena *mem, struct bytes key);
/* The directory that a key is in: up to its last '/', with it. Empty: there is none, or it is the
 * root. */
struct bytes key_directory(struct bytes key);
/* "name" in the directory that follows: of "/pods/team-1/" the one of "/pods/team-2/". */
struct bytes key_sibling(struct arena *mem, struct bytes directory, struct bytes name);

/* From a to b; a < b. */
struct key_width key_width_between(const struct key_digits *d, struct bytes a, struct bytes b);
/* From one byte to the next at that place. */
struct key_width key_width_unit(const struct key_digits *d, size_t at);
/* 'factor' times as far; never nothing. */
struct key_width key_width_scale(const struct key_digits *d, struct key_width width, double factor);
bool key_width_is_above(struct key_width a, struct key_width b);

/*
 * The key that far behind 'start': always above it, and never above 'end' ("\0": no end, as in a
 * range). A step over the bytes in front of the width ends right behind all keys that begin with
 * these.
 */
struct bytes key_step(struct arena *mem, const struct key_digits *d, struct bytes start,
                      struct key_width width, struct bytes end);
/* Is a below b, which may be the "\0" that ends no range? */
bool key_is_below(struct bytes a, struct bytes b);

#endif
