#include "ops/v2_walk.h"

#include <string.h>

struct walk {
    struct etcd2_client *client;
    v2_visit *visit;
    void *context;
};

static const struct etcd2_get_options list_options = {.sorted = true, .quorum = true};

static bool walk_directory(const struct walk *w, const char *key, struct error *e);

/* Visits a directory's own nodes and keeps the names of the directories among them. */
static bool
walk_nodes(struct arena *mem, const struct walk *w, const struct etcd2_node *node,
           const char ***ret_dirs, size_t *ret_count, struct error *e)
{
    ARRAY(const char *) dirs = ARRAY_INIT;

    for (size_t i = 0; i < node->node_count; i++) {
        const struct etcd2_node *child = &node->nodes[i];

        if (memchr(child->key.data, '\0', child->key.size) != NULL)
            return error_set(e, ERROR_FORMAT, "a key below '%s' has a NUL in it",
                             arena_text_of_bytes(mem, node->key));
        if (!w->visit(w->context, child, e))
            return false;
        if (child->dir)
            *ARRAY_PUSH(mem, &dirs) = arena_text_of_bytes(mem, child->key);
    }
    *ret_dirs = dirs.items;
    *ret_count = dirs.count;
    return true;
}

static bool
walk_dirs(const struct walk *w, const char *const *dirs, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        if (walk_directory(w, dirs[i], e))
            continue;
        if (e->code != ERROR_NOT_FOUND)
            return false;
        error_clear(e);
    }
    return true;
}

static bool
walk_directory(const struct walk *w, const char *key, struct error *e)
{
    AUTO_ARENA names = ARENA_INIT;
    const char **dirs = NULL;
    size_t count = 0;

    {
        AUTO_ARENA tmp = ARENA_INIT;
        struct etcd2_response response;

        if (!etcd2_get(&tmp, w->client, key, &list_options, &response, e) ||
            !walk_nodes(&names, w, response.node, &dirs, &count, e))
            return false;
    }
    return walk_dirs(w, dirs, count, e);
}

bool
v2_walk(struct etcd2_client *client, const char *root, v2_visit *visit, void *context,
        uint64_t *ret_index, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct walk w = {client, visit, context};
    struct etcd2_response response;

    if (!etcd2_get(&tmp, client, root, &list_options, &response, e))
        return false;
    *ret_index = response.index;
    if (!response.node->dir)
        return visit(context, response.node, e);
    return walk_directory(&w, root, e);
}
