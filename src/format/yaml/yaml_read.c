/* Reads settings out of the tree; whatever is wrong is told with file, line and column. */

#include "format/yaml/yaml_tree.h"

#include <stdarg.h>
#include <string.h>

#include "base/number.h"
#include "base/suggest.h"
#include "base/utf8.h"

enum { HINT_LINE_MAX = 160 };

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != YAML_MAP)
        return NULL;
    for (const struct yaml_node *value = map->first; value != NULL; value = value->next) {
        if (strcmp(value->key->text, key) == 0)
            return value;
    }
    return NULL;
}

const struct yaml_node *
yaml_at(const struct yaml_node *list, size_t i)
{
    const struct yaml_node *item = list != NULL && list->kind == YAML_LIST ? list->first : NULL;

    while (item != NULL && i-- > 0)
        item = item->next;
    return item;
}

bool
yaml_is_null(const struct yaml_node *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

    if (node == NULL || node->absent)
        return true;
    if (node->kind != YAML_SCALAR || node->style != YAML_PLAIN)
        return false;
    for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
        if (strcmp(node->text, nulls[i]) == 0)
            return true;
    }
    return false;
}

static size_t
line_of(const struct yaml *doc, size_t offset)
{
    size_t low = 0;
    size_t high = doc->line_count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (doc->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void
yaml_place(const struct yaml *doc, size_t offset, unsigned *ret_line, unsigned *ret_column)
{
    size_t line = line_of(doc, offset);
    unsigned column = 1;

    for (size_t at = doc->lines[line]; at < offset && at < doc->bytes.size; at++)
        column += (doc->bytes.data[at] & 0xc0) != 0x80;
    *ret_line = (unsigned)line + 1;
    *ret_column = column;
}

/* The line, with '>>>' in front of the place: an error is one line, so no caret can stand below it. */
static void
line_hint(const struct yaml *doc, size_t offset, struct error *e)
{
    size_t begin = doc->lines[line_of(doc, offset)];
    size_t end = begin;
    size_t shown = begin;

    while (end < doc->bytes.size && doc->bytes.data[end] != '\n' && doc->bytes.data[end] != '\r')
        end++;
    while (shown < offset && (doc->bytes.data[shown] == ' ' || doc->bytes.data[shown] == '\t'))
        shown++;
    if (offset > end || end - shown > HINT_LINE_MAX || begin == end)
        return;
    if (!utf8_valid((struct bytes){doc->bytes.data + shown, end - shown}))
        return;
    error_hint(e, "the line is: %.*s>>>%.*s", (int)(offset - shown), doc->bytes.data + shown,
               (int)(end - offset), doc->bytes.data + offset);
}

void
yaml_error_at_(const struct yaml *doc, size_t offset, struct error *e, const char *format, ...)
{
    AUTO_ARENA tmp = ARENA_INIT;
    unsigned line, column;
    va_list args;

    va_start(args, format);
    yaml_place(doc, offset, &line, &column);
    error_set_(e, ERROR_FORMAT, 0, "%s:%u:%u: %s", doc->file, line, column,
               arena_vprintf(&tmp, format, args));
    va_end(args);
    line_hint(doc, offset, e);
}

/* "'port' ", or "" for what has no key. */
static const char *
subject(struct arena *tmp, const struct yaml_node *node)
{
    return node != NULL && node->key != NULL ? arena_printf(tmp, "'%s' ", node->key->text) : "";
}

static const char *
kind_word(enum yaml_kind kind)
{
    return kind == YAML_LIST ? "a list" : kind == YAML_MAP ? "a map" : "a single value";
}

bool
yaml_expect(const struct yaml *doc, const struct yaml_node *node, enum yaml_kind kind,
            struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *who = subject(&tmp, node);

    if (node != NULL && node->kind == kind && !yaml_is_null(node))
        return true;
    if (yaml_is_null(node))
        return yaml_error(doc, node, e, "%sis empty, %s belongs here", who, kind_word(kind));
    return yaml_error(doc, node, e, "%sis %s, %s belongs here", who, kind_word(node->kind),
                      kind_word(kind));
}

bool
yaml_as_text(const struct yaml *doc, const struct yaml_node *node, const char **ret_text,
             struct error *e)
{
    if (!yaml_expect(doc, node, YAML_SCALAR, e))
        return false;
    *ret_text = node->text;
    return true;
}

bool
yaml_as_bool(const struct yaml *doc, const struct yaml_node *node, bool *ret_value, struct error *e)
{
    static const char *const words[] = {"false", "False", "FALSE", "true", "True", "TRUE"};
    AUTO_ARENA tmp = ARENA_INIT;
    const char *text;

    if (!yaml_as_text(doc, node, &text, e))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (node->style == YAML_PLAIN && strcmp(text, words[i]) == 0) {
            *ret_value = i >= 3;
            return true;
        }
    }
    return yaml_error(doc, node, e, "%sis '%s': true or false belongs here", subject(&tmp, node),
                      text);
}

bool
yaml_as_u64(const struct yaml *doc, const struct yaml_node *node, uint64_t *ret_value,
            struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error number = ERROR_INIT;
    const char *text;

    if (!yaml_as_text(doc, node, &text, e))
        return false;
    if (node->style != YAML_PLAIN || !number_parse_u64(text, ret_value, &number))
        return yaml_error(doc, node, e, "%sis '%s': a whole number belongs here",
                          subject(&tmp, node), text);
    return true;
}

bool
yaml_require(const struct yaml *doc, const struct yaml_node *map, const char *key,
             const struct yaml_node **ret_value, struct error *e)
{
    const struct yaml_node *value;
    AUTO_ARENA tmp = ARENA_INIT;

    if (!yaml_expect(doc, map, YAML_MAP, e))
        return false;
    value = yaml_get(map, key);
    if (value == NULL)
        return yaml_error(doc, map, e, "%slacks '%s'",
                          map->key != NULL ? subject(&tmp, map) : "this map ", key);
    *ret_value = value;
    return true;
}

static bool
key_known(const char *const *known, const char *key)
{
    for (; *known != NULL; known++) {
        if (strcmp(*known, key) == 0)
            return true;
    }
    return false;
}

bool
yaml_check_keys(const struct yaml *doc, const struct yaml_node *map, const char *const *known,
                struct error *e)
{
    if (!yaml_expect(doc, map, YAML_MAP, e))
        return false;
    for (const struct yaml_node *value = map->first; value != NULL; value = value->next) {
        struct suggestion near;

        if (key_known(known, value->key->text))
            continue;
        (void)yaml_error(doc, value->key, e, "unknown key '%s'", value->key->text);
        suggestion_init(&near, value->key->text);
        for (const char *const *word = known; *word != NULL; word++)
            suggestion_offer(&near, *word);
        return near.best != NULL ? error_hint(e, "did you mean '%s'?", near.best) : error_false();
    }
    return true;
}
