#include "ops/load_pacer.h"

/* poll(2) wakes us late by up to 2 ms; a machine with more to do than it can, by some more. */
enum { DEPTH_US = 4000 };

void
load_pacer_init(struct load_pacer *p, uint64_t per_second, int64_t now_us)
{
    *p = (struct load_pacer){.per_us = (double)per_second / 1e6, .level = 1, .filled_us = now_us};
    p->depth = 1 + p->per_us * DEPTH_US;
}

uint64_t
load_pacer_take(struct load_pacer *p, int64_t now_us, uint64_t most)
{
    uint64_t taken;

    p->level += p->per_us * (double)(now_us - p->filled_us);
    p->filled_us = now_us;
    if (p->level > p->depth)
        p->level = p->depth;
    taken = (uint64_t)p->level < most ? (uint64_t)p->level : most;
    p->level -= (double)taken;
    return taken;
}

int64_t
load_pacer_next_us(const struct load_pacer *p)
{
    return p->level >= 1 ? p->filled_us : p->filled_us + (int64_t)((1 - p->level) / p->per_us) + 1;
}
