/*
 * Builds the tree from libfyaml's events. An event tells where its token stands, also the closing bracket of
 * a list, which libfyaml's own tree does not keep; and what goes in is bounded before memory is taken.
 */
#include "format/yaml/yaml_tree.h"

#include <string.h>

#include <libfyaml.h>

#include "base/map.h"
#include "base/utf8.h"

struct yaml_builder {
    struct arena *mem;
    struct yaml *doc;
    struct fy_diag *diag;
    struct fy_parser *parser;
    struct yaml_node *open; /* the list or map that is being filled */
    struct yaml_node *key;  /* of the value that comes next; NULL: a key comes, or an item */
    struct map keys[YAML_DEPTH_MAX + 1]; /* of the open maps, by depth */
    unsigned depth;
    unsigned documents;
    size_t nodes;
    size_t end; /* of what was read last */
};

static void
builder_release(struct yaml_builder *b)
{
    if (b->parser != NULL)
        fy_parser_destroy(b->parser);
    if (b->diag != NULL)
        fy_diag_destroy(b->diag);
}

static bool
builder_open(struct yaml_builder *b, struct error *e)
{
    struct fy_diag_cfg diag;
    struct fy_parse_cfg parse = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE};

    fy_diag_cfg_default(&diag);
    diag.fp = NULL;
    diag.colorize = false;
    b->diag = fy_diag_create(&diag);
    if (b->diag == NULL)
        return error_set(e, ERROR_FAILED, "%s: no memory for the YAML parser", b->doc->file);
    fy_diag_set_collect_errors(b->diag, true);
    parse.diag = b->diag;
    b->parser = fy_parser_create(&parse);
    if (b->parser == NULL ||
        fy_parser_set_string(b->parser, (const char *)b->doc->bytes.data, b->doc->bytes.size) != 0)
        return error_set(e, ERROR_FAILED, "%s: no memory for the YAML parser", b->doc->file);
    return true;
}

/* What libfyaml complains about; it counts lines and columns from 1. */
static bool
syntax_error(const struct yaml_builder *b, struct error *e)
{
    void *iterator = NULL;
    const struct fy_diag_error *found = fy_diag_errors_iterate(b->diag, &iterator);
    size_t line = found != NULL && found->line > 0 ? (size_t)found->line : 1;
    size_t offset = b->end;

    if (found != NULL && line <= b->doc->line_count) {
        offset = b->doc->lines[line - 1];
        for (int column = 1; column < found->column && offset < b->doc->bytes.size; column++) {
            uint32_t character;

            offset +=
                utf8_decode(b->doc->bytes.data + offset, b->doc->bytes.size - offset, &character);
        }
    }
    yaml_error_at_(b->doc, offset, e, "%s",
                   found != NULL && found->msg != NULL ? found->msg : "no YAML");
    return false;
}

static bool
limit_error(const struct yaml_builder *b, size_t offset, struct error *e, const char *text)
{
    yaml_error_at_(b->doc, offset, e, "%s", text);
    e->code = ERROR_LIMIT;
    return false;
}

/* The bytes of a token, checked: what libfyaml says is never trusted to lie inside the file. */
static bool
token_range(const struct yaml_builder *b, struct fy_token *token, size_t *ret_start,
            size_t *ret_end)
{
    const struct fy_mark *start = token != NULL ? fy_token_start_mark(token) : NULL;
    const struct fy_mark *end = token != NULL ? fy_token_end_mark(token) : NULL;

    if (start == NULL || end == NULL || start->input_pos > end->input_pos ||
        end->input_pos > b->doc->bytes.size)
        return false;
    *ret_start = start->input_pos;
    *ret_end = end->input_pos;
    return true;
}

static bool
node_new(struct yaml_builder *b, enum yaml_kind kind, struct yaml_node **ret_node, struct error *e)
{
    struct yaml_node *node;

    if (++b->nodes > YAML_NODES_MAX)
        return limit_error(b, b->end, e, "more keys and values than quorate reads of one file");
    node = arena_zero(b->mem, sizeof(*node));
    node->kind = kind;
    node->text = "";
    node->parent = b->open;
    *ret_node = node;
    return true;
}

static bool
key_add(struct yaml_builder *b, struct yaml_node *key, struct error *e)
{
    void **place = map_place(b->mem, &b->keys[b->depth], bytes_of_text(key->text));
    const struct yaml_node *before = *place;
    unsigned line, column;

    if (before != NULL) {
        yaml_place(b->doc, before->start, &line, &column);
        return yaml_error(b->doc, key, e, "key '%s' is here a second time, first in line %u",
                          key->text, line);
    }
    *place = key;
    b->key = key;
    return true;
}

/* Puts a complete scalar, or a list or map that begins, into the one that is open. */
static bool
node_add(struct yaml_builder *b, struct yaml_node *node, struct error *e)
{
    struct yaml_node *parent = b->open;

    if (parent == NULL) {
        b->doc->root = node;
        return true;
    }
    if (parent->kind == YAML_MAP && b->key == NULL) {
        if (node->kind != YAML_SCALAR)
            return yaml_error(b->doc, node, e, "a list or map as key is not supported");
        return key_add(b, node, e);
    }
    node->key = b->key;
    b->key = NULL;
    if (parent->last == NULL)
        parent->first = node;
    else
        ((struct yaml_node *)without_const(parent->last))->next = node;
    parent->last = node;
    parent->count++;
    return true;
}

static enum yaml_style
scalar_style(struct fy_token *token)
{
    switch (fy_token_scalar_style(token)) {
    case FYSS_SINGLE_QUOTED:
        return YAML_SINGLE_QUOTED;
    case FYSS_DOUBLE_QUOTED:
        return YAML_DOUBLE_QUOTED;
    case FYSS_LITERAL:
        return YAML_LITERAL;
    case FYSS_FOLDED:
        return YAML_FOLDED;
    default:
        return YAML_PLAIN;
    }
}

/*
 * The token's range leaves the quotes out. A plain scalar on one line reads as it is written: where it
 * does not, libfyaml's place is wrong, and nothing may be edited by it.
 */
static bool
scalar_range(const struct yaml_builder *b, struct yaml_node *node, struct fy_token *token,
             struct error *e)
{
    const uint8_t *data = b->doc->bytes.data;
    uint8_t quote = node->style == YAML_SINGLE_QUOTED ? '\'' : '"';
    bool placed = token_range(b, token, &node->start, &node->end);

    if (placed && (node->style == YAML_SINGLE_QUOTED || node->style == YAML_DOUBLE_QUOTED)) {
        placed = node->start > 0 && node->end < b->doc->bytes.size &&
                 data[node->start - 1] == quote && data[node->end] == quote;
        node->start -= placed;
        node->end += placed;
    } else if (placed && node->style == YAML_PLAIN) {
        struct bytes raw = {data + node->start, node->end - node->start};

        placed = memchr(raw.data, '\n', raw.size) != NULL ||
                 memchr(raw.data, '\r', raw.size) != NULL || bytes_equal_text(raw, node->text);
    }
    if (!placed) {
        yaml_error_at_(b->doc, b->end, e, "'%.40s' is written in a way that quorate cannot place",
                       node->text);
        return false;
    }
    return true;
}

/* Where the missing value of a key would stand: behind the colon. */
static size_t
absent_place(const struct yaml_builder *b)
{
    size_t at = b->end;

    if (b->key == NULL)
        return at;
    while (at < b->doc->bytes.size &&
           (b->doc->bytes.data[at] == ' ' || b->doc->bytes.data[at] == '\t'))
        at++;
    return at < b->doc->bytes.size && b->doc->bytes.data[at] == ':' ? at + 1 : b->end;
}

static bool
scalar_read(struct yaml_builder *b, struct fy_event *event, struct error *e)
{
    struct fy_token *token = event->scalar.value;
    struct yaml_node *node;
    const char *text;
    size_t size = 0;

    if (!node_new(b, YAML_SCALAR, &node, e))
        return false;
    text = token != NULL ? fy_token_get_text(token, &size) : NULL;
    if (text == NULL) {
        node->absent = true;
        node->start = node->end = absent_place(b);
        return node_add(b, node, e);
    }
    if (memchr(text, '\0', size) != NULL) {
        yaml_error_at_(b->doc, b->end, e, "a NUL in a value");
        return false;
    }
    node->text = arena_text_of_bytes(b->mem, bytes_of(text, size));
    node->style = scalar_style(token);
    if (!scalar_range(b, node, token, e))
        return false;
    b->end = node->end;
    return node_add(b, node, e);
}

static bool
collection_begin(struct yaml_builder *b, enum yaml_kind kind, struct fy_event *event,
                 struct fy_token *token, struct error *e)
{
    struct yaml_node *node;
    size_t start, end;

    if (!token_range(b, token, &start, &end))
        start = end = b->end;
    if (b->depth == YAML_DEPTH_MAX)
        return limit_error(b, start, e, "lists and maps are nested too deeply");
    if (!node_new(b, kind, &node, e))
        return false;
    node->style = fy_event_get_node_style(event) == FYNS_FLOW ? YAML_FLOW : YAML_BLOCK;
    node->start = start;
    node->end = end;
    if (node->style == YAML_FLOW)
        b->end = end;
    if (!node_add(b, node, e))
        return false;
    b->open = node;
    b->depth++;
    b->keys[b->depth] = (struct map)MAP_INIT;
    return true;
}

static bool
collection_end(struct yaml_builder *b, struct fy_token *token, struct error *e)
{
    struct yaml_node *node = b->open;
    size_t start, end;

    ASSERT(node != NULL);
    if (node->style == YAML_FLOW) {
        if (!token_range(b, token, &start, &end))
            return yaml_error(b->doc, node, e, "the end of a list or map was not found");
        b->end = end;
    }
    node->end = b->end > node->start ? b->end : node->start;
    b->open = without_const(node->parent);
    b->depth--;
    b->key = NULL;
    return true;
}

/* Anchors, tags and the like change what a file means in ways that a minimal edit cannot follow. */
static bool
event_refuse(const struct yaml_builder *b, struct fy_event *event, struct error *e)
{
    struct fy_token *anchor = fy_event_get_anchor_token(event);
    struct fy_token *tag = fy_event_get_tag_token(event);
    struct fy_token *found = anchor != NULL ? anchor : tag;
    size_t start = b->end, end;

    if (event->type == FYET_ALIAS)
        found = event->alias.anchor;
    else if (found == NULL)
        return true;
    (void)token_range(b, found, &start, &end);
    yaml_error_at_(b->doc, start, e, "%s are not supported: write the value out",
                   found == tag && tag != NULL ? "tags" : "anchors and aliases");
    return false;
}

static bool
event_read(struct yaml_builder *b, struct fy_event *event, struct error *e)
{
    if (!event_refuse(b, event, e))
        return false;
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (b->documents++ > 0) {
            yaml_error_at_(b->doc, b->end, e,
                           "a second document ('---') follows: only one is read");
            return false;
        }
        return true;
    case FYET_SCALAR:
        return scalar_read(b, event, e);
    case FYET_SEQUENCE_START:
        return collection_begin(b, YAML_LIST, event, event->sequence_start.sequence_start, e);
    case FYET_MAPPING_START:
        return collection_begin(b, YAML_MAP, event, event->mapping_start.mapping_start, e);
    case FYET_SEQUENCE_END:
        return collection_end(b, event->sequence_end.sequence_end, e);
    case FYET_MAPPING_END:
        return collection_end(b, event->mapping_end.mapping_end, e);
    default:
        return true;
    }
}

static bool
events_read(struct yaml_builder *b, struct error *e)
{
    struct fy_event *event;

    while ((event = fy_parser_parse(b->parser)) != NULL) {
        bool last = event->type == FYET_STREAM_END;
        bool read = event_read(b, event, e);

        fy_parser_event_free(b->parser, event);
        if (!read)
            return false;
        if (last)
            return true;
    }
    return syntax_error(b, e);
}

static void
lines_find(struct arena *mem, struct yaml *doc)
{
    ARRAY(size_t) lines = ARRAY_INIT;

    *ARRAY_PUSH(mem, &lines) = 0;
    for (size_t i = 0; i < doc->bytes.size; i++) {
        if (doc->bytes.data[i] == '\n')
            *ARRAY_PUSH(mem, &lines) = i + 1;
    }
    doc->lines = lines.items;
    doc->line_count = lines.count;
}

/* libfyaml drops bytes that are no UTF-8 without a word, and with them what follows. */
static bool
text_check(const struct yaml *doc, struct error *e)
{
    for (size_t i = 0; i < doc->bytes.size;) {
        uint32_t character = 0;
        size_t size = utf8_decode(doc->bytes.data + i, doc->bytes.size - i, &character);

        if (size == 0 || character == 0x7f ||
            (character < ' ' && character != '\t' && character != '\n' && character != '\r')) {
            yaml_error_at_(doc, i, e, "%s",
                           size == 0 ? "bytes that are no UTF-8" : "a control character");
            return false;
        }
        i += size;
    }
    return true;
}

bool
yaml_parse(struct arena *mem, const char *file, struct bytes bytes, const struct yaml **ret_doc,
           struct error *e)
{
    struct yaml *doc = arena_zero(mem, sizeof(*doc));
    struct yaml_builder builder
        __attribute__((cleanup(builder_release))) = {.mem = mem, .doc = doc};

    if (bytes.size > YAML_MAX_BYTES)
        return error_set(e, ERROR_LIMIT, "%s: %zu bytes, at most %d are read", file, bytes.size,
                         YAML_MAX_BYTES);
    doc->file = arena_text(mem, file);
    doc->bytes = bytes;
    lines_find(mem, doc);
    if (!text_check(doc, e))
        return false;
    if (bytes.size > 0 && (!builder_open(&builder, e) || !events_read(&builder, e)))
        return false;
    *ret_doc = doc;
    return true;
}
