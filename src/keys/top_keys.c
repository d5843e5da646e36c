#include "keys/top_keys.h"

#include <stdlib.h>

void
top_keys_init(struct top_keys *top, struct arena *mem, size_t most)
{
    *top = (struct top_keys){.items = arena_zero(mem, most * sizeof(*top->items)), .most = most};
}

void
top_keys_release(struct top_keys *top)
{
    for (size_t i = 0; i < top->count; i++)
        buf_release(&top->items[i].key);
    top->count = 0;
}

/* Whether (number, key) counts for less than b does. */
static bool
is_less(uint64_t number, struct bytes key, const struct top_key *b)
{
    if (number != b->number)
        return number < b->number;
    return bytes_compare(key, buf_bytes(&b->key)) > 0;
}

static bool
item_is_less(const struct top_key *a, const struct top_key *b)
{
    return is_less(a->number, buf_bytes(&a->key), b);
}

static void
swap(struct top_key *a, struct top_key *b)
{
    struct top_key kept = *a;

    *a = *b;
    *b = kept;
}

static void
sink(struct top_keys *top, size_t i)
{
    for (;;) {
        size_t least = i;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < top->count; child++)
            if (item_is_less(&top->items[child], &top->items[least]))
                least = child;
        if (least == i)
            return;
        swap(&top->items[i], &top->items[least]);
        i = least;
    }
}

static void
rise(struct top_keys *top, size_t i)
{
    while (i > 0 && item_is_less(&top->items[i], &top->items[(i - 1) / 2])) {
        swap(&top->items[i], &top->items[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static void
item_set(struct top_key *item, uint64_t number, const struct key_row *row)
{
    item->number = number;
    buf_clear(&item->key);
    buf_append_bytes(&item->key, row->kv.key);
    item->value_bytes = row->kv.value.size;
    item->create_revision = row->kv.create_revision;
    item->mod_revision = row->kv.mod_revision;
    item->version = row->kv.version;
}

void
top_keys_offer(struct top_keys *top, uint64_t number, const struct key_row *row)
{
    if (top->count < top->most) {
        item_set(&top->items[top->count++], number, row);
        rise(top, top->count - 1);
    } else if (top->most > 0 && !is_less(number, row->kv.key, &top->items[0])) {
        item_set(&top->items[0], number, row);
        sink(top, 0);
    }
}

static int
compare(const void *one, const void *other)
{
    return item_is_less(one, other) ? 1 : -1;
}

void
top_keys_sort(struct top_keys *top)
{
    qsort(top->items, top->count, sizeof(*top->items), compare);
}
