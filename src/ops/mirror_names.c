#include "ops/mirror_names.h"

#include <string.h>

struct bytes
mirror_name(struct arena *mem, const struct mirror_names *names, struct bytes key)
{
    size_t rest;
    uint8_t *name;

    if (bytes_equal(names->prefix, names->dest_prefix) || !bytes_starts_with(key, names->prefix))
        return key;
    rest = key.size - names->prefix.size;
    name = arena_alloc(mem, names->dest_prefix.size + rest);
    if (names->dest_prefix.size > 0)
        memcpy(name, names->dest_prefix.data, names->dest_prefix.size);
    if (rest > 0)
        memcpy(name + names->dest_prefix.size, key.data + names->prefix.size, rest);
    return bytes_of(name, names->dest_prefix.size + rest);
}

bool
mirror_names_loop(const struct mirror_names *names)
{
    return bytes_starts_with(names->dest_prefix, names->prefix);
}
