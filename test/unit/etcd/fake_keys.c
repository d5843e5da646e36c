#include "etcd/fake_keys.h"

#include <stdlib.h>

static int
compare_keys(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

size_t
fake_keys_place(const struct fake_keys *k, struct bytes key)
{
    size_t low = 0;
    size_t high = k->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (bytes_compare(k->keys[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t
end_place(const struct fake_keys *k, struct bytes end)
{
    return bytes_equal(end, BYTES_LITERAL("\0")) ? k->count : fake_keys_place(k, end);
}

void
fake_keys_fill(struct fake_keys *k, struct arena *mem, fake_key_shape *key_of, size_t count)
{
    size_t kept = 0;

    k->keys = arena_alloc(mem, count * sizeof(*k->keys));
    for (size_t i = 0; i < count; i++)
        k->keys[i] = key_of(mem, (unsigned)i);
    qsort(k->keys, count, sizeof(*k->keys), compare_keys);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || !bytes_equal(k->keys[i], k->keys[kept - 1]))
            k->keys[kept++] = k->keys[i];
    k->count = kept;
}

struct etcd_range_response
fake_keys_range(const struct fake_keys *k, struct arena *mem,
                const struct etcd_range_request *request)
{
    size_t from = fake_keys_place(k, request->key);
    size_t to = end_place(k, request->range_end);
    size_t count = to > from ? to - from : 0;
    size_t n =
        request->limit > 0 && (size_t)request->limit < count ? (size_t)request->limit : count;
    struct etcd_key_value *kvs = arena_zero(mem, n * sizeof(*kvs));

    for (size_t i = 0; i < n; i++)
        kvs[i] = (struct etcd_key_value){.key = k->keys[from + i], .value = k->value, .version = 1};
    return (struct etcd_range_response){
        .header = {.revision = 77},
        .kvs = kvs,
        .kv_count = n,
        .more = n < count,
        .count = (int64_t)count,
    };
}

void
fake_keys_counted(struct fake_keys *k, const struct etcd_range_response *answer)
{
    k->counted += answer->count;
    if (answer->count > k->most_counted)
        k->most_counted = answer->count;
}
