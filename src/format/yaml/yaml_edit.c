#include "format/yaml/yaml_edit.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

static bool
refuse(const struct yaml *doc, const struct yaml_node *node, const char *text, struct error *e)
{
    (void)yaml_error(doc, node, e, "%s", text);
    e->code = ERROR_REFUSED;
    return false;
}

static bool
is_word(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(*words, text) == 0)
            return true;
    }
    return false;
}

/* Whether any YAML, 1.1 or 1.2, takes it for a text, and for this one, when it is written without quotes. */
static bool
is_plain(const char *text, bool flow)
{
    static const char *const taken[] = {"true", "false", "yes", "no", "on", "off", "null",
                                        "True", "False", "Yes", "No", "On", "Off", "Null",
                                        "TRUE", "FALSE", "YES", "NO", "ON", "OFF", "NULL",
                                        "y",    "n",     "Y",   "N",  NULL};
    size_t length = strlen(text);

    if (length == 0 || is_word(text, taken) || text[length - 1] == ':')
        return false;
    if (!isalpha((unsigned char)text[0]) && text[0] != '/' && text[0] != '_' &&
        !(text[0] == '-' && text[1] == '-' && isalpha((unsigned char)text[2])))
        return false;
    for (const char *c = text; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) &&
            strchr(flow ? "/-_.=:@%+~" : "/-_.=:@%+~,[]", *c) == NULL)
            return false;
    }
    return true;
}

static const char *
double_quoted(struct arena *mem, const char *text)
{
    AUTO_BUF out = BUF_INIT;

    buf_append_byte(&out, '"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < ' ' || c == 0x7f) {
            buf_printf(&out, "\\x%02X", c);
            continue;
        }
        if (c == '"' || c == '\\')
            buf_append_byte(&out, '\\');
        buf_append_byte(&out, c);
    }
    buf_append_byte(&out, '"');
    return arena_text(mem, buf_text(&out));
}

static const char *
single_quoted(struct arena *mem, const char *text)
{
    AUTO_BUF out = BUF_INIT;

    buf_append_byte(&out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buf_append_byte(&out, '\'');
        buf_append_byte(&out, (uint8_t)*text);
    }
    buf_append_byte(&out, '\'');
    return arena_text(mem, buf_text(&out));
}

const char *
yaml_scalar_written(struct arena *mem, const char *text, bool flow)
{
    return is_plain(text, flow) ? arena_text(mem, text) : double_quoted(mem, text);
}

static bool
has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    }
    return false;
}

/* A number or a boolean, which a reader may insist on. */
static bool
is_typed(const char *text)
{
    return (text[0] != '\0' && strspn(text, "0123456789") == strlen(text)) ||
           strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
}

/* As the old one was written: with its quotes, and a number or boolean plain in the place of another. */
static const char *
scalar_like(struct arena *mem, const struct yaml_node *node, const char *text)
{
    if (node->style == YAML_SINGLE_QUOTED && !has_control(text))
        return single_quoted(mem, text);
    if (node->style == YAML_DOUBLE_QUOTED)
        return double_quoted(mem, text);
    if (is_typed(node->text) && is_typed(text))
        return text;
    return yaml_scalar_written(mem, text, node->parent != NULL && node->parent->style == YAML_FLOW);
}

bool
yaml_edit_scalar(struct arena *mem, const struct yaml *doc, const struct yaml_node *node,
                 const char *text, struct text_edits *edits, struct error *e)
{
    if (node->kind != YAML_SCALAR)
        return refuse(doc, node, "is no single value, and is not changed", e);
    if (node->style == YAML_LITERAL || node->style == YAML_FOLDED)
        return refuse(doc, node, "a value of several lines is not changed", e);
    if (node->absent)
        text_edit_add(mem, edits, node->start, 0,
                      arena_printf(mem, " %s", yaml_scalar_written(mem, text, false)));
    else if (strcmp(node->text, text) != 0)
        text_edit_add(mem, edits, node->start, node->end - node->start,
                      scalar_like(mem, node, text));
    return true;
}

/* Where an entry begins: at its dash, its key, or in brackets at itself. */
static size_t
entry_start(const struct yaml *doc, const struct yaml_node *node)
{
    size_t at = node->start;

    if (node->key != NULL)
        return node->key->start;
    if (node->parent == NULL || node->parent->style == YAML_FLOW)
        return at;
    while (at > 0 && doc->bytes.data[at] != '-' && doc->bytes.data[at] != '\n')
        at--;
    if (node->absent || doc->bytes.data[node->start] != '-')
        return at;
    /* The item begins with a dash itself ("- --name=x"): the list's is the one before. */
    for (at = node->start; at > 0 && doc->bytes.data[at - 1] != '\n';) {
        if (doc->bytes.data[--at] == '-')
            return at;
    }
    return node->start;
}

/* The blanks before an entry, or NULL when something else stands there. */
static const char *
indent_of(struct arena *mem, const struct yaml *doc, size_t start)
{
    size_t begin = text_line_begin(doc->bytes, start);

    for (size_t at = begin; at < start; at++) {
        if (doc->bytes.data[at] != ' ')
            return NULL;
    }
    return arena_text_of_bytes(mem, bytes_of(doc->bytes.data + begin, start - begin));
}

bool
yaml_edit_append_lines(struct arena *mem, const struct yaml *doc,
                       const struct yaml_node *collection, const char *lines,
                       struct text_edits *edits, struct error *e)
{
    const char *line_end = text_line_end(doc->bytes);
    AUTO_BUF out = BUF_INIT;
    const char *indent = NULL;
    size_t at = collection->end;
    bool ended;

    if (collection->kind == YAML_SCALAR || collection->style == YAML_FLOW || collection->count == 0)
        return refuse(doc, collection, "an empty list or map, or one in brackets, is not added to",
                      e);
    for (const struct yaml_node *item = collection->first; item != NULL; item = item->next) {
        indent = indent_of(mem, doc, entry_start(doc, item));
        if (indent != NULL)
            break;
    }
    if (indent == NULL) /* "- - a": the first one stands behind another dash */
        return refuse(doc, collection, "the indentation here is not one that can be continued", e);
    /* A literal's end is behind its last line end already. */
    ended = at > 0 && at <= doc->bytes.size && doc->bytes.data[at - 1] == '\n';
    if (!ended) {
        at = text_line_next(doc->bytes, at);
        ended = at > 0 && doc->bytes.data[at - 1] == '\n';
    }
    if (!ended)
        buf_append_text(&out, line_end);
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");
        bool more = lines[length] == '\n';

        buf_append_text(&out, indent);
        buf_append(&out, lines, length);
        if (more || ended)
            buf_append_text(&out, line_end);
        lines += length + more;
    }
    text_edit_add(mem, edits, at, 0, arena_text(mem, buf_text(&out)));
    return true;
}

bool
yaml_edit_append(struct arena *mem, const struct yaml *doc, const struct yaml_node *list,
                 const char *text, struct text_edits *edits, struct error *e)
{
    const char *scalar = yaml_scalar_written(mem, text, list->style == YAML_FLOW);

    if (list->kind != YAML_LIST || list->count == 0)
        return refuse(doc, list, "an empty list is not added to", e);
    if (list->style == YAML_FLOW) {
        text_edit_add(mem, edits, list->last->end, 0, arena_printf(mem, ", %s", scalar));
        return true;
    }
    return yaml_edit_append_lines(mem, doc, list, arena_printf(mem, "- %s", scalar), edits, e);
}

/* Above the lines of comments that stand over an entry. */
static size_t
comments_begin(const struct yaml *doc, size_t begin)
{
    while (begin > 0) {
        size_t above = text_line_begin(doc->bytes, begin - 1);
        size_t at = above;

        while (doc->bytes.data[at] == ' ')
            at++;
        if (doc->bytes.data[at] != '#')
            break;
        begin = above;
    }
    return begin;
}

bool
yaml_edit_add_key(struct arena *mem, const struct yaml *doc, const struct yaml_node *map,
                  const char *key, const char *text, struct text_edits *edits, struct error *e)
{
    bool flow = map->style == YAML_FLOW;
    const char *line = arena_printf(mem, "%s: %s", yaml_scalar_written(mem, key, flow),
                                    yaml_scalar_written(mem, text, flow));
    const struct yaml_node *next = map->first;
    const char *indent;
    size_t start;

    if (map->kind != YAML_MAP || map->count == 0)
        return refuse(doc, map, "an empty map is not added to", e);
    while (next != NULL && strcmp(next->key->text, key) < 0)
        next = next->next;
    if (flow && next == NULL) {
        text_edit_add(mem, edits, map->last->end, 0, arena_printf(mem, ", %s", line));
        return true;
    }
    if (next == NULL)
        return yaml_edit_append_lines(mem, doc, map, line, edits, e);
    start = entry_start(doc, next);
    if (flow) {
        text_edit_add(mem, edits, start, 0, arena_printf(mem, "%s, ", line));
        return true;
    }
    indent = indent_of(mem, doc, start);
    if (indent == NULL)
        return refuse(doc, next,
                      "shares its line with something else, and nothing is put before it", e);
    text_edit_add(mem, edits, comments_begin(doc, text_line_begin(doc->bytes, start)), 0,
                  arena_printf(mem, "%s%s%s", indent, line, text_line_end(doc->bytes)));
    return true;
}

/* In brackets: with the comma before, or for the first with the one behind. */
static bool
flow_remove(struct arena *mem, const struct yaml *doc, const struct yaml_node *node,
            struct text_edits *edits, struct error *e)
{
    const struct yaml_node *before = node->parent->first;
    size_t start = entry_start(doc, node);

    if (before == node) {
        if (node->next == NULL)
            return refuse(doc, node, "the only entry in brackets is not taken out", e);
        text_edit_add(mem, edits, start, entry_start(doc, node->next) - start, "");
        return true;
    }
    while (before->next != node)
        before = before->next;
    text_edit_add(mem, edits, before->end, node->end - before->end, "");
    return true;
}

bool
yaml_edit_remove(struct arena *mem, const struct yaml *doc, const struct yaml_node *node,
                 struct text_edits *edits, struct error *e)
{
    size_t start, begin, next;

    if (node->parent == NULL)
        return refuse(doc, node, "the whole file is not taken out", e);
    if (node->parent->style == YAML_FLOW)
        return flow_remove(mem, doc, node, edits, e);
    start = entry_start(doc, node);
    if (indent_of(mem, doc, start) == NULL)
        return refuse(doc, node, "shares its line with something else, and is not taken out", e);
    begin = text_line_begin(doc->bytes, start);
    next = node->end > begin && doc->bytes.data[node->end - 1] == '\n'
               ? node->end
               : text_line_next(doc->bytes, node->end);
    text_edit_add(mem, edits, begin, next - begin, "");
    return true;
}

void
yaml_drop_key(const struct yaml_node *map, const char *key)
{
    struct yaml_node *owner = without_const(map);
    const struct yaml_node *before = NULL;

    for (const struct yaml_node *item = map->first; item != NULL;
         before = item, item = item->next) {
        if (strcmp(item->key->text, key) != 0)
            continue;
        if (before == NULL)
            owner->first = item->next;
        else
            ((struct yaml_node *)without_const(before))->next = item->next;
        owner->count--;
        return;
    }
}

static const char *
path_in(struct arena *mem, const char *path, const struct yaml_node *item, size_t index)
{
    return item->key != NULL ? arena_printf(mem, "%s/%s", path, item->key->text)
                             : arena_printf(mem, "%s/%zu", path, index);
}

struct yaml_compare {
    struct arena *mem;
    bool (*skip)(void *context, const struct yaml_node *node);
    void *context;
    const char *path; /* of the first difference */
};

static bool
node_equal(struct yaml_compare *c, const struct yaml_node *a, const struct yaml_node *b,
           const char *path)
{
    const struct yaml_node *item, *other;
    size_t index = 0;

    c->path = path;
    if (a == NULL || b == NULL || a->kind != b->kind)
        return a == b;
    if (a->kind == YAML_SCALAR)
        return strcmp(a->text, b->text) == 0 && a->absent == b->absent &&
               (a->style == YAML_PLAIN) == (b->style == YAML_PLAIN);
    for (item = a->first, other = b->first; item != NULL && other != NULL;
         item = item->next, other = other->next, index++) {
        const char *inner = path_in(c->mem, path, item, index);

        if (item->key != NULL && strcmp(item->key->text, other->key->text) != 0) {
            c->path = inner;
            return false;
        }
        if (c->skip != NULL && c->skip(c->context, item))
            continue;
        if (!node_equal(c, item, other, inner))
            return false;
    }
    c->path = path;
    return item == NULL && other == NULL;
}

bool
yaml_equal(struct arena *mem, const struct yaml_node *a, const struct yaml_node *b,
           bool (*skip)(void *context, const struct yaml_node *node), void *context,
           const char **ret_path)
{
    struct yaml_compare compare = {.mem = mem, .skip = skip, .context = context};
    bool equal = node_equal(&compare, a, b, "");

    *ret_path = compare.path;
    return equal;
}
