/* From nodes of v2 to pairs of v3, a batch at a time; and what v3 has of them. */
#include <string.h>

#include "ops/v2_migrate_state.h"
#include "ops/v2_walk.h"

struct batcher {
    struct v2_batch batch;
    bool keep_dirs;
    v2_batch_take *take;
    void *context;
};

static bool
batch_flush(struct batcher *b, struct error *e)
{
    bool ok = b->batch.count == 0 || b->take(b->context, &b->batch, e);

    arena_release(&b->batch.mem);
    b->batch.count = 0;
    b->batch.bytes = 0;
    return ok;
}

/* A directory is a key of its own only where that is wanted, told from keys by the '/' behind it. */
static bool
node_add(void *context, const struct etcd2_node *node, struct error *e)
{
    struct batcher *b = context;
    size_t size = node->key.size + node->value.size;
    struct v2_pair *pair;

    if (node->dir && !b->keep_dirs)
        return true;
    if ((b->batch.count == V2_BATCH_MAX || b->batch.bytes + size > V2_BATCH_MAX_BYTES) &&
        !batch_flush(b, e))
        return false;
    pair = &b->batch.pairs[b->batch.count++];
    b->batch.bytes += size;
    if (node->dir)
        pair->key = bytes_of_text(
            arena_printf(&b->batch.mem, "%s/", arena_text_of_bytes(&b->batch.mem, node->key)));
    else
        pair->key = arena_copy(&b->batch.mem, node->key);
    pair->value = node->dir ? BYTES_NONE : arena_copy(&b->batch.mem, node->value);
    pair->ttl_s = node->expiration == NULL ? 0 : node->ttl_s > 0 ? node->ttl_s : 1;
    return true;
}

bool
v2_batches(const struct v2_sides *sides, const char *root, const char *const *hidden,
           size_t hidden_count, bool keep_dirs, v2_batch_take *take, void *context,
           uint64_t *ret_index, struct error *e)
{
    struct batcher *b;
    AUTO_ARENA tmp = ARENA_INIT;
    uint64_t ignored;
    bool ok;

    b = arena_zero(&tmp, sizeof(*b));
    b->keep_dirs = keep_dirs;
    b->take = take;
    b->context = context;
    ok = v2_walk(sides->v2, root, node_add, b, ret_index, e);
    for (size_t i = 0; ok && i < hidden_count; i++)
        ok = v2_walk(sides->v2, hidden[i], node_add, b, &ignored, e);
    ok = ok && batch_flush(b, e);
    arena_release(&b->batch.mem);
    return ok;
}

bool
v2_pair_is(const struct v2_pair *pair, const struct etcd_key_value *found)
{
    return found != NULL && bytes_equal(pair->value, found->value) &&
           (pair->ttl_s > 0) == (found->lease != 0);
}

bool
v2_batch_read(struct arena *mem, struct etcd_client *v3, const struct v2_batch *batch,
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
    if (!etcd_txn(mem, v3, &request, &response, e))
        return error_wrap(e, "reading from v3");
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
