#include "etcd2/node.h"

/* Members of a node that may be left out; of the wrong type they are refused. */
static bool
optional_bytes(struct arena *mem, const struct json *object, const char *key,
               struct bytes *ret_bytes, struct error *e)
{
    *ret_bytes = BYTES_NONE;
    return json_get(object, key) == NULL || json_get_bytes(mem, object, key, ret_bytes, e);
}

static bool
optional_u64(const struct json *object, const char *key, uint64_t *ret_value, struct error *e)
{
    *ret_value = 0;
    return json_get(object, key) == NULL || json_get_u64(object, key, ret_value, e);
}

static bool node_decode(struct arena *mem, const struct json *json, struct etcd2_node *ret_node,
                        struct error *e);

static bool
nodes_decode(struct arena *mem, const struct json *json, struct etcd2_node *ret_node,
             struct error *e)
{
    const struct json *array;
    struct etcd2_node *nodes;

    if (json_get(json, "nodes") == NULL)
        return true;
    if (!json_get_array(json, "nodes", &array, e))
        return false;
    ret_node->node_count = json_array_count(array);
    nodes = arena_zero(mem, (ret_node->node_count + 1) * sizeof(*nodes));
    ret_node->nodes = nodes;
    /* json_parse has bounded the depth. */
    for (size_t i = 0; i < ret_node->node_count; i++) {
        if (!node_decode(mem, json_array_at(array, i), &nodes[i], e))
            return error_wrap(e, "nodes");
    }
    return true;
}

static bool
node_decode(struct arena *mem, const struct json *json, struct etcd2_node *ret_node,
            struct error *e)
{
    *ret_node = (struct etcd2_node){.dir = false};
    if (!json_is_object(json))
        return error_set(e, ERROR_FORMAT, "a node is no object");
    return optional_bytes(mem, json, "key", &ret_node->key, e) &&
           (json_get(json, "dir") == NULL || json_get_bool(json, "dir", &ret_node->dir, e)) &&
           optional_bytes(mem, json, "value", &ret_node->value, e) &&
           optional_u64(json, "createdIndex", &ret_node->created_index, e) &&
           optional_u64(json, "modifiedIndex", &ret_node->modified_index, e) &&
           (json_get(json, "expiration") == NULL ||
            json_get_text(mem, json, "expiration", &ret_node->expiration, e)) &&
           (json_get(json, "ttl") == NULL || json_get_i64(json, "ttl", &ret_node->ttl_s, e)) &&
           nodes_decode(mem, json, ret_node, e);
}

static bool
optional_node(struct arena *mem, const struct json *json, const char *key,
              const struct etcd2_node **ret_node, struct error *e)
{
    const struct json *value = json_get(json, key);
    struct etcd2_node *node;

    *ret_node = NULL;
    if (value == NULL)
        return true;
    node = arena_zero(mem, sizeof(*node));
    if (!node_decode(mem, value, node, e))
        return error_wrap(e, "%s", key);
    *ret_node = node;
    return true;
}

bool
etcd2_response_decode(struct arena *mem, struct bytes text, struct etcd2_response *ret_response,
                      struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd2_response response = {.index = 0};
    const struct json *json;

    if (!json_parse(&tmp, text, &json, e) ||
        !json_get_text(mem, json, "action", &response.action, e) ||
        !optional_node(mem, json, "node", &response.node, e) ||
        !optional_node(mem, json, "prevNode", &response.prev_node, e))
        return false;
    if (response.node == NULL)
        return error_set(e, ERROR_FORMAT, "'node' is missing");
    *ret_response = response;
    return true;
}
