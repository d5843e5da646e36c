#include "ops/key_size_sample.h"

#include "etcd/kv.h"

/* Values are of 1.5 MiB at most (--max-request-bytes), so an answer takes some tens of MiB at the worst. */
enum { ASKED_AT_ONCE = 16 };

void
key_size_sample_release(struct key_size_sample *s)
{
    for (size_t i = 0; i < KEY_SIZE_SAMPLE_MOST; i++)
        buf_release(&s->keys[i]);
}

/* Every second one is left out from now on, of those that are in it, too. */
static void
thin_out(struct key_size_sample *s)
{
    s->every *= 2;
    s->count /= 2;
    for (size_t i = 0; i < s->count; i++) {
        struct buf kept = s->keys[2 * i];

        s->keys[2 * i] = s->keys[i];
        s->keys[i] = kept;
    }
}

void
key_size_sample_add(struct key_size_sample *s, struct bytes key)
{
    if (s->every == 0)
        s->every = 1;
    if (s->seen % s->every == 0) {
        if (s->count == KEY_SIZE_SAMPLE_MOST)
            thin_out(s);
        if (s->seen % s->every == 0) {
            struct buf *copy = &s->keys[s->count++];

            buf_clear(copy);
            buf_append_bytes(copy, key);
        }
    }
    s->seen++;
    s->key_bytes += key.size;
}

bool
key_size_sample_is_exact(const struct key_size_sample *s)
{
    return s->count == s->seen;
}

/* The bytes of these keys' values, of those that are still there. */
static bool
values_ask(const struct buf *keys, size_t count, struct etcd_client *client, uint64_t *bytes,
           uint64_t *found, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_range_request ranges[ASKED_AT_ONCE];
    struct etcd_request_op ops[ASKED_AT_ONCE];
    const struct etcd_txn_request request = {.success = ops, .success_count = count};
    struct etcd_txn_response response;

    for (size_t i = 0; i < count; i++) {
        ranges[i] = (struct etcd_range_request){.key = buf_bytes(&keys[i])};
        ops[i] = (struct etcd_request_op){.range = &ranges[i]};
    }
    if (!etcd_txn(&tmp, client, &request, &response, e))
        return false;
    for (size_t i = 0; i < response.response_count; i++) {
        const struct etcd_range_response *one = response.responses[i].range;

        if (one == NULL || one->kv_count == 0)
            continue;
        *bytes += one->kvs[0].value.size;
        (*found)++;
    }
    return true;
}

bool
key_size_sample_ask(const struct key_size_sample *s, struct etcd_client *client,
                    uint64_t *ret_bytes, struct error *e)
{
    uint64_t bytes = 0;
    uint64_t found = 0;

    for (size_t i = 0; i < s->count; i += ASKED_AT_ONCE) {
        size_t left = s->count - i;

        if (!values_ask(&s->keys[i], left < ASKED_AT_ONCE ? left : ASKED_AT_ONCE, client, &bytes,
                        &found, e))
            return false;
    }
    *ret_bytes = s->key_bytes;
    if (found > 0)
        *ret_bytes += (uint64_t)((double)bytes / (double)found * (double)s->seen);
    return true;
}
