/* Damage to the bytes of a file, told by a number: the same seed and number give the same damage. */
#ifndef QUORATE_TEST_MUTATION_H
#define QUORATE_TEST_MUTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mutation_kind {
    MUTATION_FLIP,      /* a bit */
    MUTATION_FLIPS,     /* up to 16 bytes, anywhere */
    MUTATION_ZERO_PAGE, /* some pages become zeros */
    MUTATION_ZERO_PART, /* a run of bytes, not aligned */
    MUTATION_SWAP,      /* two pages change places */
    MUTATION_COPY,      /* a page is written over another */
    MUTATION_NOISE,     /* a page becomes noise */
    MUTATION_CUT,       /* the file ends early */
    MUTATION_HEADER,    /* a byte of a page's first 64 */
    MUTATION_KINDS,
};

struct mutation {
    enum mutation_kind kind;
    bool sealed; /* checksums were made right again, for damage to get past them */
    size_t size; /* of the file, now */
};

const char *mutation_word(enum mutation_kind kind);

/*
 * Damages 'data', which has 'size' bytes, in place.
 *
 * page_size  of the database; 512 for files without pages.
 * seals      whether checksums may be made right afterwards: of meta pages, and of a snapshot's end.
 */
struct mutation mutation_make(uint64_t seed, uint64_t number, uint8_t *data, size_t size,
                              size_t page_size, bool seals);

#endif
