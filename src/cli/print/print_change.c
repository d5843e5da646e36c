#include "cli/print/print_change.h"

#include <inttypes.h>
#include <string.h>

#include "cli/text.h"
#include "format/value/line_diff.h"
#include "format/value/value_diff.h"

#define MANAGED_FIELDS "metadata.managedFields"

struct printing {
    struct buf *out;
    const struct value_style *style;
    struct json_writer *json;
};

static bool
is_of_managers(const char *path)
{
    return strncmp(path, MANAGED_FIELDS, strlen(MANAGED_FIELDS)) == 0;
}

static void
line_begin(const struct printing *p, const char *mark)
{
    buf_printf(p->out, "    %s", mark);
}

static bool
line_print(void *context, bool added, size_t number UNUSED, struct bytes line,
           struct error *e UNUSED)
{
    const struct printing *p = context;

    line_begin(p, added ? "  + " : "  - ");
    text_append_visible(p->out, line, p->style->utf8);
    buf_append_byte(p->out, '\n');
    return true;
}

static bool
has_lines(const struct value_node *node)
{
    return node->type == VALUE_TEXT && memchr(node->bytes.data, '\n', node->bytes.size) != NULL;
}

static bool
is_hidden(const struct printing *p, const struct value_node *node)
{
    return node->hidden && !p->style->show_hidden;
}

/* "path: "; the value as a whole has no path. */
static void
path_print(const struct printing *p, const char *path)
{
    text_append_visible(p->out, bytes_of_text(path[0] != '\0' ? path : "value"), p->style->utf8);
    buf_append_text(p->out, ": ");
}

/* Added or removed as a whole: a branch with all it holds, so that nothing has to be looked up. */
static void
whole_print(const struct printing *p, const char *path, const struct value_node *node,
            const char *mark)
{
    line_begin(p, mark);
    path_print(p, path);
    if ((node->type == VALUE_OBJECT || node->type == VALUE_LIST) && node->count > 0) {
        p->out->data[p->out->size - 1] = '\n';
        print_value_tree(p->out, p->style, node, 8);
        return;
    }
    print_value_line(p->out, p->style, node);
    buf_append_byte(p->out, '\n');
}

static bool
change_print(void *context, const struct value_change *change, struct error *e)
{
    const struct printing *p = context;
    const struct value_node *before = change->before;
    const struct value_node *after = change->after;

    if (is_of_managers(change->path))
        return true;
    if (before == NULL || after == NULL) {
        whole_print(p, change->path, before != NULL ? before : after, before != NULL ? "- " : "+ ");
        return true;
    }
    line_begin(p, "~ ");
    path_print(p, change->path);
    if (before->type == VALUE_TEXT && after->type == VALUE_TEXT && !is_hidden(p, before) &&
        (has_lines(before) || has_lines(after))) {
        p->out->data[p->out->size - 1] = '\n';
        return line_diff(before->bytes, after->bytes, line_print, context, e);
    }
    print_value_line(p->out, p->style, before);
    buf_append_text(p->out, " -> ");
    print_value_line(p->out, p->style, after);
    buf_append_byte(p->out, '\n');
    return true;
}

void
print_changes(struct buf *out, const struct value_style *style, const struct stored_value *before,
              const struct stored_value *after)
{
    struct printing p = {.out = out, .style = style};
    struct error ignored = ERROR_INIT;

    if (before->form != after->form) {
        line_begin(&p, "~ ");
        buf_printf(out, "%s -> %s\n", stored_form_word(before->form),
                   stored_form_word(after->form));
    }
    if (before->root != NULL && after->root != NULL) {
        (void)!value_diff(before->root, after->root, change_print, &p, &ignored);
    } else if (before->form == STORED_ENCRYPTED && after->form == STORED_ENCRYPTED) {
        line_begin(&p, "~ ");
        buf_append_text(out, "encrypted: what changed cannot be told\n");
    }
}

static void
side_json(const struct printing *p, const char *name, const struct value_node *node)
{
    if (node == NULL)
        return;
    json_key(p->json, name);
    value_node_write(p->json, node, p->style->show_hidden);
}

static bool
change_json(void *context, const struct value_change *change, struct error *e UNUSED)
{
    const struct printing *p = context;

    json_object_begin(p->json);
    json_key_text(p->json, "path", change->path);
    side_json(p, "before", change->before);
    side_json(p, "after", change->after);
    json_object_end(p->json);
    return true;
}

void
print_changes_json(struct json_writer *w, const struct value_style *style,
                   const struct stored_value *before, const struct stored_value *after)
{
    struct printing p = {.style = style, .json = w};
    struct error ignored = ERROR_INIT;

    json_array_begin(w);
    if (before->root != NULL && after->root != NULL)
        (void)!value_diff(before->root, after->root, change_json, &p, &ignored);
    json_array_end(w);
}

static const struct value_node *
managers_of(const struct stored_value *value)
{
    return value_node_get(value_node_get(value->root, "metadata"), "managedFields");
}

static bool
list_has(const struct value_node *list, const struct value_node *wanted)
{
    for (const struct value_node *item = list != NULL ? list->first : NULL; item != NULL;
         item = item->next) {
        if (value_node_equal(item, wanted))
            return true;
    }
    return false;
}

const char *
print_change_manager(struct arena *mem, const struct stored_value *before,
                     const struct stored_value *after)
{
    const struct value_node *old = managers_of(before);
    const struct value_node *new = managers_of(after);
    AUTO_BUF names = BUF_INIT;

    for (const struct value_node *each = new != NULL ? new->first : NULL; each != NULL;
         each = each->next) {
        if (list_has(old, each))
            continue;
        buf_append_text(&names, names.size > 0 ? ", " : "");
        buf_append_bytes(&names, value_node_text(each, "manager"));
    }
    return arena_text(mem, buf_text(&names));
}
