/* Keys in batches: brought together, and read from the cluster. */
#include "ops/key_copy.h"

bool
key_batcher_flush(struct key_batcher *b, struct error *e)
{
    bool ok = b->batch.count == 0 || b->take(b->context, &b->batch, e);

    key_batcher_release(b);
    return ok;
}

void
key_batcher_release(struct key_batcher *b)
{
    arena_release(&b->batch.mem);
    b->batch.count = 0;
    b->batch.bytes = 0;
}

bool
key_batcher_add(struct key_batcher *b, const struct key_pair *pair, struct error *e)
{
    size_t size = pair->key.size + pair->value.size;
    struct key_pair *copy;

    if ((b->batch.count == KEY_BATCH_MAX || b->batch.bytes + size > KEY_BATCH_MAX_BYTES) &&
        !key_batcher_flush(b, e))
        return false;
    copy = &b->batch.pairs[b->batch.count++];
    b->batch.bytes += size;
    *copy = *pair;
    copy->key = arena_copy(&b->batch.mem, pair->key);
    copy->value = arena_copy(&b->batch.mem, pair->value);
    return true;
}

bool
key_pair_is(const struct key_pair *pair, const struct etcd_key_value *found)
{
    return found != NULL && bytes_equal(pair->value, found->value) &&
           (pair->ttl_s > 0) == (found->lease != 0) &&
           (pair->lease == 0 || pair->lease == found->lease);
}

bool
key_batch_read(struct arena *mem, struct etcd_client *client, const struct key_batch *batch,
               const struct etcd_key_value ***ret_found, int64_t *ret_revision, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_range_request *ranges = arena_zero(&tmp, batch->count * sizeof(*ranges));
    struct etcd_request_op *ops = arena_zero(&tmp, batch->count * sizeof(*ops));
    const struct etcd_txn_request request = {.success = ops, .success_count = batch->count};
    const struct etcd_key_value **found = arena_zero(mem, batch->count * sizeof(void *));
    struct etcd_txn_response response;

    for (size_t i = 0; i < batch->count; i++) {
        ranges[i].key = batch->pairs[i].key;
        ops[i].range = &ranges[i];
    }
    if (!etcd_txn(mem, client, &request, &response, e))
        return false;
    if (response.response_count != batch->count)
        return error_set(e, ERROR_RPC, "a transaction of %zu reads has %zu answers", batch->count,
                         response.response_count);
    for (size_t i = 0; i < batch->count; i++) {
        if (response.responses[i].range != NULL && response.responses[i].range->kv_count > 0)
            found[i] = &response.responses[i].range->kvs[0];
    }
    *ret_found = found;
    *ret_revision = response.header.revision;
    return true;
}
