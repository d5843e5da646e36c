#include "format/key_parts.h"

bool
key_parts_init(struct key_parts *k, struct bytes file, unsigned count, struct error *e)
{
    ASSERT(count <= KEY_PARTS_MOST);
    *k = (struct key_parts){.count = count};
    for (unsigned i = 0; i < count; i++) {
        if (!key_index_init(&k->parts[i], file, e))
            return false;
        k->parts[i].anonymous_most_bytes = KEY_INDEX_ANONYMOUS_MOST_BYTES / count;
    }
    return true;
}

void
key_parts_release(struct key_parts *k)
{
    for (unsigned i = 0; i < k->count; i++)
        key_index_release(&k->parts[i]);
    k->count = 0;
}

bool
key_parts_finish(struct key_parts *k, struct error *e)
{
    for (unsigned i = 0; i < k->count; i++) {
        if (!key_index_flush(&k->parts[i], e))
            return false;
    }
    for (unsigned i = 0; i < k->count; i++)
        k->live += k->parts[i].live -
                   key_index_superseded(&k->parts[i], &k->parts[i + 1], k->count - i - 1);
    return true;
}

bool
key_parts_is_newest(const struct key_parts *k, unsigned part, struct bytes key, const uint8_t *row)
{
    if (!key_index_is_newest(&k->parts[part], key, row))
        return false;
    for (unsigned i = part + 1; i < k->count; i++) {
        if (key_index_has(&k->parts[i], key))
            return false;
    }
    return true;
}
