#include "base/map.h"

#include <string.h>

#include "base/hash.h"

static uint32_t *
slot_find(const struct map *m, struct bytes key)
{
    size_t mask = m->slot_count - 1;

    for (size_t i = hash64(key.data, key.size) & mask;; i = (i + 1) & mask) {
        if (m->slots[i] == 0 || bytes_equal(m->entries.items[m->slots[i] - 1].key, key))
            return &m->slots[i];
    }
}

void *
map_get(const struct map *m, struct bytes key)
{
    uint32_t entry = m->slot_count == 0 ? 0 : *slot_find(m, key);

    return entry == 0 ? NULL : m->entries.items[entry - 1].value;
}

static void
slots_grow(struct arena *mem, struct map *m)
{
    m->slot_count = m->slot_count == 0 ? 16 : m->slot_count * 2;
    m->slots = arena_zero(mem, m->slot_count * sizeof(*m->slots));
    for (size_t i = 0; i < m->entries.count; i++)
        *slot_find(m, m->entries.items[i].key) = (uint32_t)(i + 1);
}

void **
map_place(struct arena *mem, struct map *m, struct bytes key)
{
    uint32_t *slot;
    struct map_entry *entry;

    if (m->entries.count * 2 >= m->slot_count)
        slots_grow(mem, m);
    slot = slot_find(m, key);
    if (*slot != 0)
        return &m->entries.items[*slot - 1].value;
    entry = ARRAY_PUSH(mem, &m->entries);
    entry->key = arena_copy(mem, key);
    *slot = (uint32_t)m->entries.count;
    return &entry->value;
}
