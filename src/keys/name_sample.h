/*
 * Some of many names that come in order, evenly spread: all while they are few, then every second, fourth, ...
 */
#ifndef QUORATE_KEYS_NAME_SAMPLE_H
#define QUORATE_KEYS_NAME_SAMPLE_H

#include "base/buf.h"

enum { NAME_SAMPLE_MOST = 32 };

struct name_sample {
    struct buf names[NAME_SAMPLE_MOST];
    size_t count;
    uint64_t seen;  /* different names */
    uint64_t every; /* so many of them stand for one in 'names'; 0: nothing was seen */
    struct buf last;
};

#define NAME_SAMPLE_INIT                                                                           \
    {                                                                                              \
        .count = 0                                                                                 \
    }
#define AUTO_NAME_SAMPLE __attribute__((cleanup(name_sample_release))) struct name_sample

/* The name that came last may come again, and is no other one then. */
void name_sample_add(struct name_sample *s, struct bytes name);
void name_sample_release(struct name_sample *s);

#endif
