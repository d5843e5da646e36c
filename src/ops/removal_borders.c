#include "ops/removal_borders.h"

void
removal_borders_begin(struct removal_borders *b, struct arena *mem)
{
    *b = (struct removal_borders){.mem = mem, .part = REMOVAL_PART_FIRST, .end = BUF_INIT};
}

static bool
are_too_many(const struct removal_borders *b)
{
    return b->part > REMOVAL_PART_MOST;
}

/* Two parts become one. */
static void
thin_out(struct removal_borders *b)
{
    b->part *= 2;
    b->count /= 2;
    for (size_t i = 0; i < b->count; i++)
        b->items[i] = (struct removal_border){b->items[2 * i + 1].end,
                                              b->items[2 * i].keys + b->items[2 * i + 1].keys};
}

static void
part_close(struct removal_borders *b)
{
    b->items[b->count++] = (struct removal_border){arena_copy(b->mem, buf_bytes(&b->end)), b->open};
    b->open = 0;
}

void
removal_borders_add(struct removal_borders *b, struct bytes end, uint64_t keys)
{
    if (are_too_many(b))
        return;
    buf_clear(&b->end);
    buf_append_bytes(&b->end, end);
    b->open += keys;
    if (b->open >= b->part && b->count == REMOVAL_BORDERS_MOST)
        thin_out(b);
    if (b->open >= b->part)
        part_close(b);
}

bool
removal_borders_end(struct removal_borders *b)
{
    if (!are_too_many(b) && b->open > 0)
        part_close(b);
    buf_release(&b->end);
    return !are_too_many(b);
}
