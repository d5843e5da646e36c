#include "cli/print/print_value.h"

#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"
#include "cli/text.h"

/* Bytes that are shown of what is no text; the whole is in -w json. */
enum { BYTES_SHOWN = 32 };

static void
indent_append(struct buf *out, unsigned indent)
{
    for (unsigned i = 0; i < indent; i++)
        buf_append_byte(out, ' ');
}

static bool
is_nothing(const struct value_node *node)
{
    switch (node->type) {
    case VALUE_TEXT:
    case VALUE_BYTES:
        return node->bytes.size == 0;
    case VALUE_OBJECT:
    case VALUE_LIST:
        return node->count == 0;
    case VALUE_NULL:
        return true;
    default:
        return false;
    }
}

static void
bytes_append(struct buf *out, struct bytes bytes)
{
    buf_printf(out, "(%zu bytes", bytes.size);
    for (size_t i = 0; i < bytes.size && i < BYTES_SHOWN; i++)
        buf_printf(out, "%s%02x", i == 0 ? ": " : " ", bytes.data[i]);
    buf_append_text(out, bytes.size > BYTES_SHOWN ? " ...)" : ")");
}

/* Bare where nobody could take it for anything else. */
static void
text_append(struct buf *out, const struct value_style *style, struct bytes text)
{
    bool quoted = text.size == 0 || text.data[0] == ' ' || text.data[text.size - 1] == ' ' ||
                  strchr("\"'{[(|-", text.data[0]) != NULL;

    if (quoted)
        buf_append_byte(out, '"');
    text_append_visible(out, text, style->utf8);
    if (quoted)
        buf_append_byte(out, '"');
}

void
print_value_line(struct buf *out, const struct value_style *style, const struct value_node *node)
{
    if (node->hidden && !style->show_hidden) {
        buf_printf(out, "(%" PRIu64 " bytes, hidden)", value_node_size(node));
        return;
    }
    switch (node->type) {
    case VALUE_OBJECT:
        buf_printf(out, "{%zu field%s}", node->count, node->count == 1 ? "" : "s");
        break;
    case VALUE_LIST:
        buf_printf(out, "[%zu item%s]", node->count, node->count == 1 ? "" : "s");
        break;
    case VALUE_TEXT:
        text_append(out, style, node->bytes);
        break;
    case VALUE_DOUBLE:
        buf_append_bytes(out, node->bytes);
        break;
    case VALUE_BYTES:
        bytes_append(out, node->bytes);
        break;
    case VALUE_I64:
        buf_printf(out, "%" PRId64, node->number);
        break;
    case VALUE_U64:
        buf_printf(out, "%" PRIu64, (uint64_t)node->number);
        break;
    case VALUE_BOOL:
        buf_append_text(out, node->number != 0 ? "true" : "false");
        break;
    case VALUE_NULL:
        buf_append_text(out, "null");
        break;
    case VALUE_FIXED64:
        buf_printf(out, "(fixed64 %#" PRIx64 ")", (uint64_t)node->number);
        break;
    case VALUE_FIXED32:
        buf_printf(out, "(fixed32 %#" PRIx64 ")", (uint64_t)node->number);
        break;
    }
}

/* A text of several lines stands under its name, as it is. */
static void
lines_append(struct buf *out, const struct value_style *style, struct bytes text, unsigned indent)
{
    buf_append_text(out, "|\n");
    while (text.size > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        size_t size = end != NULL ? (size_t)(end - text.data) : text.size;

        indent_append(out, indent);
        text_append_visible(out, bytes_of(text.data, size), style->utf8);
        buf_append_byte(out, '\n');
        size += end != NULL;
        text = bytes_of(text.data + size, text.size - size);
    }
}

static bool
has_lines(const struct value_style *style, const struct value_node *node)
{
    return node->type == VALUE_TEXT && (!node->hidden || style->show_hidden) &&
           node->bytes.size > 1 && memchr(node->bytes.data, '\n', node->bytes.size - 1) != NULL;
}

static bool
is_branch(const struct value_node *node)
{
    return (node->type == VALUE_OBJECT || node->type == VALUE_LIST) && node->count > 0;
}

/* What stands behind "name: " or "- "; ends the line. Children are indented by 'indent'. */
static void
content_append(struct buf *out, const struct value_style *style, const struct value_node *node,
               unsigned indent)
{
    if (has_lines(style, node)) {
        lines_append(out, style, node->bytes, indent);
    } else {
        print_value_line(out, style, node);
        buf_append_byte(out, '\n');
    }
}

static void
item_append(struct buf *out, const struct value_style *style, const struct value_node *item,
            unsigned indent)
{
    size_t at = out->size;

    if (!is_branch(item)) {
        indent_append(out, indent);
        buf_append_text(out, "- ");
        content_append(out, style, item, indent + 2);
        return;
    }
    print_value_tree(out, style, item, indent + 2);
    if (out->size > at)
        out->data[at + indent] = '-';
}

/* Recursion is as deep as the tree (VALUE_DEPTH_MAX). */
void
print_value_tree(struct buf *out, const struct value_style *style, const struct value_node *node,
                 unsigned indent)
{
    if (!is_branch(node)) {
        indent_append(out, indent);
        content_append(out, style, node, indent);
        return;
    }
    for (const struct value_node *child = node->first; child != NULL; child = child->next) {
        if (node->type == VALUE_LIST) {
            item_append(out, style, child, indent);
            continue;
        }
        if (is_nothing(child) && !style->show_empty)
            continue;
        indent_append(out, indent);
        text_append_visible(out, child->name, style->utf8);
        buf_append_text(out, is_branch(child) ? ":\n" : ": ");
        if (is_branch(child))
            print_value_tree(out, style, child, indent + 2);
        else
            content_append(out, style, child, indent + 2);
    }
}

void
print_bytes_json(struct json_writer *w, const char *name, struct bytes bytes)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (utf8_valid(bytes)) {
        json_key(w, name);
        json_text_bytes(w, bytes);
    } else {
        json_key(w, arena_printf(&tmp, "%sBase64", name));
        json_base64(w, bytes);
    }
}

/* The form's word for scripts. */
static const char *
form_key(enum stored_form form)
{
    static const char *const words[] = {
        [STORED_EMPTY] = "empty",         [STORED_KUBERNETES] = "kubernetes",
        [STORED_ENCRYPTED] = "encrypted", [STORED_KUBERNETES_JSON] = "kubernetes-json",
        [STORED_JSON] = "json",           [STORED_TEXT] = "text",
        [STORED_PROTOBUF] = "protobuf",   [STORED_BYTES] = "bytes",
    };

    return words[form];
}

void
print_stored_json(struct json_writer *w, const struct stored_value *value)
{
    json_key_text(w, "format", form_key(value->form));
    if (value->form == STORED_KUBERNETES || value->form == STORED_KUBERNETES_JSON) {
        json_key(w, "apiVersion");
        json_text_bytes(w, value->api_version);
        json_key(w, "kind");
        json_text_bytes(w, value->kind);
    }
    if (value->form == STORED_ENCRYPTED) {
        json_key(w, "encryption");
        json_object_begin(w);
        json_key(w, "provider");
        json_text_bytes(w, value->provider);
        json_key(w, "keyName");
        json_text_bytes(w, value->key_name);
        json_object_end(w);
    }
}
