/* From nodes of v2 to pairs of v3, a batch at a time. */
#include "ops/v2_migrate_state.h"
#include "ops/v2_walk.h"

struct node_batcher {
    struct key_batcher batcher;
    bool keep_dirs;
};

/* A directory is a key of its own only where that is wanted, told from keys by the '/' behind it. */
static bool
node_add(void *context, const struct etcd2_node *node, struct error *e)
{
    struct node_batcher *b = context;
    AUTO_ARENA tmp = ARENA_INIT;
    struct key_pair pair = {
        .key = node->key,
        .value = node->dir ? BYTES_NONE : node->value,
        .ttl_s = node->expiration == NULL ? 0
                 : node->ttl_s > 0        ? node->ttl_s
                                          : 1,
    };

    if (node->dir && !b->keep_dirs)
        return true;
    if (node->dir)
        pair.key = bytes_of_text(arena_printf(&tmp, "%s/", arena_text_of_bytes(&tmp, node->key)));
    return key_batcher_add(&b->batcher, &pair, e);
}

bool
v2_batches(const struct v2_sides *sides, const char *root, const char *const *hidden,
           size_t hidden_count, bool keep_dirs, key_batch_take *take, void *context,
           uint64_t *ret_index, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct node_batcher *b = arena_zero(&tmp, sizeof(*b));
    uint64_t ignored;
    bool ok;

    b->keep_dirs = keep_dirs;
    b->batcher.take = take;
    b->batcher.context = context;
    ok = v2_walk(sides->v2, root, node_add, b, ret_index, e);
    for (size_t i = 0; ok && i < hidden_count; i++)
        ok = v2_walk(sides->v2, hidden[i], node_add, b, &ignored, e);
    ok = ok && key_batcher_flush(&b->batcher, e);
    key_batcher_release(&b->batcher);
    return ok;
}

bool
v2_migrate_each(struct key_copy *copy, key_batch_take *take, void *context, struct error *e)
{
    struct v2_migrate *m = (struct v2_migrate *)copy;

    return v2_batches(&m->sides, m->root, m->hidden, m->hidden_count, m->keep_dirs, take, context,
                      &m->index, e);
}
