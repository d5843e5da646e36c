#include "ops/key_size_sample.h"

#include "ops/key_copy.h"

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
    if (s->told % s->every == 0) {
        if (s->count == KEY_SIZE_SAMPLE_MOST)
            thin_out(s);
        if (s->told % s->every == 0) {
            struct buf *copy = &s->keys[s->count++];

            buf_clear(copy);
            buf_append_bytes(copy, key);
        }
    }
    s->told++;
    s->key_bytes += key.size;
}

/* The bytes of these keys' values, of those that are still there. */
static bool
values_ask(const struct buf *keys, size_t count, struct etcd_client *client, uint64_t *bytes,
           uint64_t *found, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct key_batch batch = {.count = count};
    const struct etcd_key_value **values;
    int64_t revision;

    for (size_t i = 0; i < count; i++)
        batch.pairs[i].key = buf_bytes(&keys[i]);
    if (!key_batch_read(&tmp, client, &batch, &values, &revision, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (values[i] == NULL)
            continue;
        *bytes += values[i]->value.size;
        (*found)++;
    }
    return true;
}

static uint64_t
of_all(uint64_t bytes, uint64_t of_keys, uint64_t keys)
{
    return of_keys == 0 ? 0 : (uint64_t)((double)bytes / (double)of_keys * (double)keys);
}

bool
key_size_sample_ask(const struct key_size_sample *s, struct etcd_client *client, uint64_t keys,
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
    *ret_bytes = of_all(s->key_bytes, s->told, keys) + of_all(bytes, found, keys);
    return true;
}
