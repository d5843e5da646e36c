/* Any bytes as an answer of the v2 keys API: what is taken has a node, and its texts are whole. */
#include "etcd2/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
node_walk(const struct etcd2_node *node)
{
    size_t bytes = node->key.size + node->value.size;

    for (size_t i = 0; i < node->node_count; i++)
        bytes += node_walk(&node->nodes[i]);
    return bytes;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct etcd2_response response;

    if (!etcd2_response_decode(&mem, bytes_of(data, size), &response, &e)) {
        ASSERT(e.text[0] != '\0');
        return 0;
    }
    ASSERT(response.node != NULL && response.action != NULL);
    (void)node_walk(response.node);
    if (response.prev_node != NULL)
        (void)node_walk(response.prev_node);
    return 0;
}
