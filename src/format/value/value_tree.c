#include "format/value/value_tree.h"

#include "base/utf8.h"

struct value_node *
value_node_new(struct value_budget *budget, enum value_type type, struct bytes name)
{
    struct value_node *node = arena_zero(budget->mem, sizeof(*node));

    budget->nodes++;
    node->type = type;
    node->name = name;
    return node;
}

bool
value_budget_left(const struct value_budget *budget)
{
    return budget->nodes < VALUE_NODES_MAX && budget->depth < VALUE_DEPTH_MAX;
}

void
value_node_add(struct value_node *parent, struct value_node *child)
{
    if (parent->last == NULL)
        parent->first = child;
    else
        parent->last->next = child;
    parent->last = child;
    parent->count++;
}

struct value_node *
value_node_get_bytes(const struct value_node *node, struct bytes name)
{
    if (node == NULL || node->type != VALUE_OBJECT)
        return NULL;
    for (struct value_node *child = node->first; child != NULL; child = child->next) {
        if (bytes_equal(child->name, name))
            return child;
    }
    return NULL;
}

struct value_node *
value_node_get(const struct value_node *node, const char *name)
{
    return value_node_get_bytes(node, bytes_of_text(name));
}

struct bytes
value_node_text(const struct value_node *node, const char *name)
{
    const struct value_node *child = value_node_get(node, name);

    return child != NULL && child->type == VALUE_TEXT ? child->bytes : BYTES_NONE;
}

/* Recursion is as deep as the tree, which VALUE_DEPTH_MAX bounds. */
bool
value_node_equal(const struct value_node *a, const struct value_node *b)
{
    const struct value_node *x = a->first;
    const struct value_node *y = b->first;

    if (a->type != b->type || a->number != b->number || a->count != b->count ||
        !bytes_equal(a->name, b->name) || !bytes_equal(a->bytes, b->bytes))
        return false;
    for (; x != NULL && y != NULL; x = x->next, y = y->next) {
        if (!value_node_equal(x, y))
            return false;
    }
    return true;
}

uint64_t
value_node_size(const struct value_node *node)
{
    uint64_t size = node->bytes.size;

    for (const struct value_node *child = node->first; child != NULL; child = child->next)
        size += value_node_size(child);
    return size;
}

void
value_node_hide(struct value_node *node)
{
    node->hidden = true;
    for (struct value_node *child = node->first; child != NULL; child = child->next)
        value_node_hide(child);
}

bool
value_is_text(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.size;) {
        uint8_t c = bytes.data[i];
        uint32_t character;
        size_t size = utf8_decode(bytes.data + i, bytes.size - i, &character);

        if (size == 0 || c == 0x7f || (c < 0x20 && c != '\n' && c != '\t' && c != '\r'))
            return false;
        i += size;
    }
    return true;
}

static void
object_of_one(struct json_writer *w, const char *word, uint64_t number)
{
    json_object_begin(w);
    json_key_u64(w, word, number);
    json_object_end(w);
}

static void
hidden_write(struct json_writer *w, const struct value_node *node)
{
    json_object_begin(w);
    json_key_bool(w, "hidden", true);
    json_key_u64(w, "bytes", value_node_size(node));
    json_object_end(w);
}

static void
bytes_write(struct json_writer *w, struct bytes bytes)
{
    json_object_begin(w);
    json_key(w, "base64");
    json_base64(w, bytes);
    json_object_end(w);
}

static void
children_write(struct json_writer *w, const struct value_node *node, bool show_hidden)
{
    for (const struct value_node *child = node->first; child != NULL; child = child->next) {
        if (node->type == VALUE_OBJECT)
            json_key_bytes(w, child->name);
        value_node_write(w, child, show_hidden);
    }
}

static void
leaf_write(struct json_writer *w, const struct value_node *node)
{
    switch (node->type) {
    case VALUE_TEXT:
        json_text_bytes(w, node->bytes);
        break;
    case VALUE_DOUBLE:
        json_raw(w, node->bytes);
        break;
    case VALUE_I64:
        json_i64(w, node->number);
        break;
    case VALUE_U64:
        json_u64(w, (uint64_t)node->number);
        break;
    case VALUE_BOOL:
        json_bool(w, node->number != 0);
        break;
    case VALUE_FIXED64:
        object_of_one(w, "fixed64", (uint64_t)node->number);
        break;
    case VALUE_FIXED32:
        object_of_one(w, "fixed32", (uint64_t)node->number);
        break;
    case VALUE_BYTES:
        bytes_write(w, node->bytes);
        break;
    case VALUE_NULL:
    case VALUE_OBJECT:
    case VALUE_LIST:
        json_null(w);
        break;
    }
}

/* Names stay: they say what there is, and hold no secrets. */
void
value_node_write(struct json_writer *w, const struct value_node *node, bool show_hidden)
{
    if (node->type == VALUE_OBJECT) {
        json_object_begin(w);
        children_write(w, node, show_hidden);
        json_object_end(w);
    } else if (node->type == VALUE_LIST) {
        json_array_begin(w);
        children_write(w, node, show_hidden);
        json_array_end(w);
    } else if (node->hidden && !show_hidden) {
        hidden_write(w, node);
    } else {
        leaf_write(w, node);
    }
}
