#include "format/value/stored_value.h"

#include <string.h>

#include "format/proto.h"
#include "format/value/json_tree.h"
#include "format/value/kube_fields.h"
#include "format/value/proto_tree.h"

const char *
stored_form_word(enum stored_form form)
{
    switch (form) {
    case STORED_EMPTY:
        return "empty";
    case STORED_KUBERNETES:
        return "Kubernetes object";
    case STORED_KUBERNETES_JSON:
        return "Kubernetes object, JSON";
    case STORED_ENCRYPTED:
        return "encrypted";
    case STORED_JSON:
        return "JSON";
    case STORED_TEXT:
        return "text";
    case STORED_PROTOBUF:
        return "protobuf";
    case STORED_BYTES:
        return "bytes";
    }
    return "bytes";
}

/* The part in front of the next ':', which is passed. */
static bool
part_next(struct cursor *c, struct bytes *ret_part)
{
    const uint8_t *colon = memchr(c->at, ':', cursor_left(c));

    return colon != NULL && cursor_bytes(c, (size_t)(colon - c->at), ret_part) && cursor_skip(c, 1);
}

static bool
encrypted_read(struct bytes value, struct stored_value *ret)
{
    static const struct bytes mark = BYTES_LITERAL("k8s:enc:");
    struct cursor c = cursor_of(value);
    struct bytes provider;
    struct bytes version;
    struct bytes key_name;

    if (!bytes_starts_with(value, mark) || !cursor_skip(&c, mark.size) ||
        !part_next(&c, &provider) || !part_next(&c, &version) || !part_next(&c, &key_name))
        return false;
    ret->form = STORED_ENCRYPTED;
    ret->provider = bytes_of(provider.data, provider.size + 1 + version.size);
    ret->key_name = key_name;
    return true;
}

/* runtime.Unknown: 1 type (1 apiVersion, 2 kind), 2 raw, 3 contentEncoding, 4 contentType. */
struct unknown {
    struct bytes api_version;
    struct bytes kind;
    struct bytes raw;
    struct bytes encoding;
    struct bytes content_type;
};

static bool
type_meta_read(struct bytes message, struct unknown *u)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number == 1)
            proto_field_bytes(&r, &f, &u->api_version);
        else if (f.number == 2)
            proto_field_bytes(&r, &f, &u->kind);
    }
    return !r.failed;
}

static bool
unknown_read(struct bytes message, struct unknown *ret)
{
    struct proto_reader r = proto_reader_of(message);
    struct unknown u = {.raw = BYTES_NONE};
    struct bytes type = BYTES_NONE;
    struct proto_field f;

    while (proto_next(&r, &f)) {
        switch (f.number) {
        case 1:
            proto_field_bytes(&r, &f, &type);
            break;
        case 2:
            proto_field_bytes(&r, &f, &u.raw);
            break;
        case 3:
            proto_field_bytes(&r, &f, &u.encoding);
            break;
        case 4:
            proto_field_bytes(&r, &f, &u.content_type);
            break;
        }
    }
    if (r.failed || !type_meta_read(type, &u))
        return false;
    *ret = u;
    return true;
}

static struct value_node *
leaf_of(struct value_budget *budget, struct bytes bytes)
{
    struct value_node *node =
        value_node_new(budget, value_is_text(bytes) ? VALUE_TEXT : VALUE_BYTES, BYTES_NONE);

    node->bytes = bytes;
    return node;
}

static bool
kubernetes_read(struct value_budget *budget, struct bytes value, struct stored_value *ret)
{
    static const struct bytes magic = BYTES_LITERAL("k8s\0");
    struct unknown u;

    if (!bytes_starts_with(value, magic) ||
        !unknown_read(bytes_of(value.data + magic.size, value.size - magic.size), &u))
        return false;
    ret->form = STORED_KUBERNETES;
    ret->api_version = u.api_version;
    ret->kind = u.kind;
    /* Nobody is known to use another encoding or type here; if one does, it is bytes to us. */
    if (u.encoding.size == 0 && u.content_type.size == 0)
        ret->root = proto_tree(budget, u.raw, kube_message_find(u.api_version, u.kind), BYTES_NONE);
    if (ret->root == NULL)
        ret->root = leaf_of(budget, u.raw);
    return true;
}

static bool
json_read(struct value_budget *budget, struct bytes value, struct stored_value *ret)
{
    ret->root = json_tree(budget, value);
    if (ret->root == NULL)
        return false;
    ret->kind = value_node_text(ret->root, "kind");
    ret->api_version = value_node_text(ret->root, "apiVersion");
    ret->form = ret->kind.size > 0 && ret->api_version.size > 0 &&
                        value_node_get(ret->root, "metadata") != NULL
                    ? STORED_KUBERNETES_JSON
                    : STORED_JSON;
    return true;
}

static void
plain_read(struct value_budget *budget, struct bytes value, struct stored_value *ret)
{
    if (value_is_text(value)) {
        ret->form = STORED_TEXT;
        ret->root = leaf_of(budget, value);
        return;
    }
    ret->root = proto_tree(budget, value, NULL, BYTES_NONE);
    ret->form = ret->root != NULL ? STORED_PROTOBUF : STORED_BYTES;
    if (ret->root == NULL)
        ret->root = leaf_of(budget, value);
}

static bool
name_is(const struct value_node *node, const char *name)
{
    return bytes_equal_text(node->name, name);
}

/* Of the metadata: annotations, since kubectl keeps a copy of all it applied in one of them, and what
 * has no name. */
static void
metadata_hide(struct value_node *metadata)
{
    for (struct value_node *child = metadata->first; child != NULL; child = child->next) {
        if (name_is(child, "annotations") || name_is(child, "rest") ||
            (child->name.size > 0 && child->name.data[0] <= '9'))
            value_node_hide(child);
    }
}

/* All but what a Secret is called and whose it is. */
static void
secret_hide(struct value_node *root)
{
    struct value_node *metadata = value_node_get(root, "metadata");

    if (root->type != VALUE_OBJECT) {
        value_node_hide(root);
        return;
    }
    for (struct value_node *child = root->first; child != NULL; child = child->next) {
        if (!name_is(child, "metadata") && !name_is(child, "type") && !name_is(child, "kind") &&
            !name_is(child, "immutable") && !name_is(child, "apiVersion"))
            value_node_hide(child);
    }
    if (metadata != NULL)
        metadata_hide(metadata);
}

static bool
is_among_secrets(struct bytes key)
{
    static const char part[] = "/secrets/";

    return key.size > 0 && memmem(key.data, key.size, part, sizeof(part) - 1) != NULL;
}

static void
secrets_hide(struct value_budget *budget, struct bytes key, struct bytes value,
             struct stored_value *v)
{
    bool is_object = v->form == STORED_KUBERNETES || v->form == STORED_KUBERNETES_JSON;

    if (v->root == NULL)
        return;
    if (is_object && bytes_equal_text(v->kind, "Secret")) {
        secret_hide(v->root);
        v->hidden = true;
    } else if (!is_object && is_among_secrets(key)) {
        v->root = leaf_of(budget, value); /* the names of fields may say too much */
        v->root->hidden = true;
        v->hidden = true;
    }
}

void
stored_value_read(struct arena *mem, struct bytes key, struct bytes value, struct stored_value *ret)
{
    struct value_budget budget = {.mem = mem};
    struct stored_value v = {.form = STORED_EMPTY};

    if (value.size > 0 && !encrypted_read(value, &v) && !kubernetes_read(&budget, value, &v) &&
        !json_read(&budget, value, &v))
        plain_read(&budget, value, &v);
    secrets_hide(&budget, key, value, &v);
    *ret = v;
}
