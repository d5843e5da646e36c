/*
 * So many calls a second and no more: a bucket that fills evenly, holds little, and starts full. What
 * a load could not send in time is not made up for later.
 * Source: golang.org/x/time/rate with a burst of 1, which etcdctl's check uses; here the bucket holds
 * what comes in a few turns of the clock of poll(2), a millisecond each.
 */
#ifndef QUORATE_OPS_LOAD_PACER_H
#define QUORATE_OPS_LOAD_PACER_H

#include <stdint.h>

struct load_pacer {
    double per_us;
    double depth;
    double level;
    int64_t filled_us;
};

void load_pacer_init(struct load_pacer *p, uint64_t per_second, int64_t now_us);
/* How many calls may start now, 'most' at most; they count as started. */
uint64_t load_pacer_take(struct load_pacer *p, int64_t now_us, uint64_t most);
/* When the next one may start. */
int64_t load_pacer_next_us(const struct load_pacer *p);

#endif
