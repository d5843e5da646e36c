#include "keys/range.h"

#include "etcd/kv.h"

struct key_range
key_range_all(void)
{
    return (struct key_range){BYTES_LITERAL("\0"), BYTES_LITERAL("\0")};
}

struct key_range
key_range_prefix(struct arena *mem, struct bytes prefix)
{
    if (prefix.size == 0)
        return key_range_all();
    return (struct key_range){prefix, etcd_prefix_end(mem, prefix)};
}

bool
key_range_is_single(const struct key_range *range)
{
    return range->end.size == 0;
}

static bool
is_open(const struct key_range *range)
{
    return range->end.size == 1 && range->end.data[0] == 0;
}

bool
key_range_holds(const struct key_range *range, struct bytes key)
{
    if (key_range_is_single(range))
        return bytes_equal(key, range->start);
    return bytes_compare(key, range->start) >= 0 &&
           (is_open(range) || bytes_compare(key, range->end) < 0);
}
