#include "ops/removal_borders.h"

void
removal_borders_begin(struct removal_borders *b, struct arena *mem)
{
    *b = (struct removal_borders){.mem = mem, .end = BUF_INIT};
}

static void
part_close(struct removal_borders *b)
{
    if (b->count < REMOVAL_BORDERS_MOST)
        b->items[b->count++] =
            (struct removal_border){arena_copy(b->mem, buf_bytes(&b->end)), b->open};
    else
        b->incomplete = true;
    b->open = 0;
}

void
removal_borders_add(struct removal_borders *b, struct bytes end, uint64_t keys)
{
    if (b->open > 0 && b->open + keys > REMOVAL_PART_MOST)
        part_close(b);
    buf_clear(&b->end);
    buf_append_bytes(&b->end, end);
    b->open += keys;
    if (b->open >= REMOVAL_PART_LEAST)
        part_close(b);
}

bool
removal_borders_end(struct removal_borders *b)
{
    if (b->open > 0)
        part_close(b);
    buf_release(&b->end);
    return !b->incomplete;
}
