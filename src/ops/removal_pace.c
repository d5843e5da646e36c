#include "ops/removal_pace.h"

#include "ops/removal_borders.h"

enum { KEYS_FIRST = 400, KEYS_LEAST = 20, KEYS_MOST = REMOVAL_PART_MOST };

/*
 * A transaction that takes so much longer than the quickest one makes others wait; so much is nothing. A server that
 * collects its garbage has those help who ask it for memory (Go's mark assist), the more the nearer it is to its goal:
 * then transactions take some times as long as before, and it is time for smaller ones, and for rests. Of a million
 * keys among two, others' puts waited for 60 and 63 ms with these, for 67 and 80 with 50 and 20 ms.
 */
enum { SLOW_US = 25000, QUICK_US = 12000, REST_MOST_MS = 2000 };

/* The quickest answer tells how far away the members are, but not if all are slow. */
enum { FAR_MOST_US = 50000 };

/* A member that is so many entries behind is not given more to do. */
enum { LAG_MOST = 500 };

static uint64_t
bounded(uint64_t keys)
{
    return keys < KEYS_LEAST ? KEYS_LEAST : keys > KEYS_MOST ? KEYS_MOST : keys;
}

void
removal_pace_init(struct removal_pace *p, uint64_t per_second, int64_t now_us)
{
    *p = (struct removal_pace){.keys = KEYS_FIRST,
                               .per_second = per_second,
                               .begun_us = now_us,
                               .quickest_us = FAR_MOST_US};
    if (per_second > 0 && per_second / 10 < p->keys)
        p->keys = per_second / 10 + 1; /* a tenth of a second at once */
}

static void
rest_at_least(struct removal_pace *p, int64_t ms)
{
    if (ms > REST_MOST_MS)
        ms = REST_MOST_MS;
    if (ms > p->rest_ms)
        p->rest_ms = ms;
}

/* As long as the keys that were removed should have taken. */
static void
keep_to_rate(struct removal_pace *p, int64_t now_us)
{
    int64_t due_us;

    if (p->per_second == 0)
        return;
    due_us = p->begun_us + (int64_t)((double)p->removed * 1e6 / (double)p->per_second);
    if (due_us > now_us)
        p->rest_ms = (due_us - now_us) / 1000 > p->rest_ms ? (due_us - now_us) / 1000 : p->rest_ms;
    if (p->keys > p->per_second / 10 + 1)
        p->keys = p->per_second / 10 + 1;
}

void
removal_pace_answered(struct removal_pace *p, uint64_t keys, int64_t took_us, int64_t now_us)
{
    if (took_us < p->quickest_us)
        p->quickest_us = took_us;
    p->removed += keys;
    p->rest_ms = 0;
    if (took_us > p->quickest_us + SLOW_US) {
        /* Those that were on their way together have waited for the same thing. */
        if (p->slowed == 0 || now_us - took_us >= p->slowed_us) {
            p->keys = bounded(keys < p->keys ? keys / 2 : p->keys / 2);
            p->slowed++;
            p->slowed_us = now_us;
        }
        rest_at_least(p, took_us / 1000);
    } else if (took_us < p->quickest_us + QUICK_US) {
        p->keys = bounded(p->keys + p->keys / 4 + 1);
    }
    keep_to_rate(p, now_us);
}

void
removal_pace_lag(struct removal_pace *p, uint64_t entries)
{
    if (entries <= LAG_MOST)
        return;
    p->slowed++;
    p->keys = bounded(p->keys / 2);
    rest_at_least(p, (int64_t)entries);
}
