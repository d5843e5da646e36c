#include "format/bbolt/bbolt_checker.h"

#include <inttypes.h>

bool
page_bit_is_set(const uint64_t *bits, uint64_t number)
{
    return (bits[number / 64] >> (number % 64) & 1) != 0;
}

bool
/* NOLINTNEXTLINE(readability-non-const-parameter): the bit is set through it */
page_bit_set(uint64_t *bits, uint64_t number)
{
    uint64_t bit = (uint64_t)1 << (number % 64);

    return (__atomic_fetch_or(&bits[number / 64], bit, __ATOMIC_RELAXED) & bit) == 0;
}

void
checker_finding(struct checker *c, const struct bbolt_damage *d)
{
    struct bbolt_finding *finding;

    c->report.found++;
    if (c->findings.count == c->most_findings)
        return;
    finding = ARRAY_PUSH(c->mem, &c->findings);
    finding->page = d->place.page;
    finding->offset = d->place.offset;
    finding->text = arena_printf(c->mem, "page %" PRIu64 ", byte %" PRIu64 ": %s", d->place.page,
                                 d->place.offset, d->text);
}

bool
checker_claim(struct checker *c, const struct bbolt_page *page, struct bbolt_place referrer)
{
    for (uint64_t id = page->id; id <= page->id + page->overflow; id++) {
        if (page_bit_set(c->used, id))
            continue;
        if (id == page->id)
            FINDING(c, referrer, "refers to page %" PRIu64 ", which is in use already", id);
        else
            FINDING(c, ((struct bbolt_place){page->id, page->offset}),
                    "overflow page %" PRIu64 " is in use already", id);
        return false;
    }
    return true;
}
