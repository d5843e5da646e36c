#include "cli/print/print_v2.h"

#include <inttypes.h>
#include <string.h>

#include "base/json_writer.h"

static bool
is_removal(const struct etcd2_response *r)
{
    return strcmp(r->action, "delete") == 0;
}

static void
line_append(struct buf *out, const char *label, struct bytes value)
{
    buf_append_text(out, label);
    buf_append_bytes(out, value);
    buf_append_byte(out, '\n');
}

static void
simple_append(struct buf *out, const struct etcd2_response *r)
{
    if (is_removal(r))
        line_append(out,
                    "PrevNode.Value: ", r->prev_node != NULL ? r->prev_node->value : BYTES_NONE);
    else
        line_append(out, "", r->node->value);
}

static void
extended_append(struct buf *out, const struct etcd2_response *r)
{
    line_append(out, "Key: ", r->node->key);
    buf_printf(out, "Created-Index: %" PRIu64 "\nModified-Index: %" PRIu64 "\n",
               r->node->created_index, r->node->modified_index);
    if (r->prev_node != NULL)
        line_append(out, "PrevNode.Value: ", r->prev_node->value);
    buf_printf(out, "TTL: %" PRId64 "\nIndex: %" PRIu64 "\n", r->node->ttl_s, r->index);
    if (!is_removal(r))
        line_append(out, "\n", r->node->value);
}

/* Go's struct client.Node: the order of its members, and which are left out when empty. */
static void
node_json(struct json_writer *w, const struct etcd2_node *n)
{
    if (n == NULL) {
        json_null(w);
        return;
    }
    json_object_begin(w);
    json_key(w, "key");
    json_text_bytes(w, n->key);
    if (n->dir)
        json_key_bool(w, "dir", true);
    json_key(w, "value");
    json_text_bytes(w, n->value);
    json_key(w, "nodes");
    if (n->nodes == NULL) {
        json_null(w);
    } else {
        json_array_begin(w);
        for (size_t i = 0; i < n->node_count; i++)
            node_json(w, &n->nodes[i]);
        json_array_end(w);
    }
    json_key_u64(w, "createdIndex", n->created_index);
    json_key_u64(w, "modifiedIndex", n->modified_index);
    if (n->expiration != NULL)
        json_key_text(w, "expiration", n->expiration);
    if (n->ttl_s != 0)
        json_key_i64(w, "ttl", n->ttl_s);
    json_object_end(w);
}

static void
json_append(struct buf *out, const struct etcd2_response *r)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key_text(&w, "action", r->action);
    json_key(&w, "node");
    node_json(&w, r->node);
    json_key(&w, "prevNode");
    node_json(&w, r->prev_node);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

void
print_v2_response(struct buf *out, enum v2_output output, const struct etcd2_response *response)
{
    switch (output) {
    case V2_SIMPLE:
        simple_append(out, response);
        break;
    case V2_EXTENDED:
        extended_append(out, response);
        break;
    case V2_JSON:
        json_append(out, response);
        break;
    }
}

static void
ls_append(struct buf *out, const struct etcd2_node *node, bool slash)
{
    line_append(out, "", node->key);
    if (node->dir && slash) {
        out->size--;
        buf_append_text(out, "/\n");
    }
    for (size_t i = 0; i < node->node_count; i++)
        ls_append(out, &node->nodes[i], slash);
}

void
print_v2_ls(struct buf *out, const struct etcd2_node *node, bool slash)
{
    if (!node->dir)
        line_append(out, "", node->key);
    for (size_t i = 0; i < node->node_count; i++)
        ls_append(out, &node->nodes[i], slash);
}
