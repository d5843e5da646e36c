#include "format/settings/env_file.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "format/text_edit.h"

enum env_state {
    BEFORE_KEY,
    IN_KEY,
    BEFORE_VALUE,
    IN_VALUE,
    VALUE_ESCAPE,
    SINGLE_QUOTES,
    DOUBLE_QUOTES,
    DOUBLE_QUOTES_ESCAPE,
    IN_COMMENT,
    COMMENT_ESCAPE,
};

struct env_reader {
    struct arena *mem;
    const char *file;
    struct env_variables *vars;
    enum env_state state;
    struct buf key;
    struct buf value;
    size_t value_length; /* without the blanks at its end */
    unsigned line;
    struct env_variable now;
};

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool
is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

static bool
name_is_valid(const char *name)
{
    if (!isalpha((unsigned char)name[0]) && name[0] != '_')
        return false;
    while (isalnum((unsigned char)*name) || *name == '_')
        name++;
    return *name == '\0';
}

static void
reader_release(struct env_reader *r)
{
    buf_release(&r->key);
    buf_release(&r->value);
}

static void
value_byte(struct env_reader *r, char c, size_t at, bool counts)
{
    buf_append_byte(&r->value, (uint8_t)c);
    if (counts) {
        r->value_length = r->value.size;
        r->now.value_end = at + 1;
    }
}

/* A quote or backslash: part of what is written, not of the value. */
static void
value_mark(struct env_reader *r, size_t at)
{
    if (r->now.value_end == 0)
        r->now.value_start = at;
    r->now.value_end = at + 1;
}

static void
assignment_end(struct env_reader *r, size_t at)
{
    const char *key = buf_text(&r->key);
    size_t length = strlen(key);

    while (length > 0 && is_blank(key[length - 1]))
        length--;
    r->now.name = arena_text_of_bytes(r->mem, bytes_of(key, length));
    r->now.value = arena_text_of_bytes(r->mem, bytes_of(r->value.data, r->value_length));
    r->now.file = r->file;
    r->now.end = at;
    if (name_is_valid(r->now.name))
        *ARRAY_PUSH(r->mem, &r->vars->items) = r->now;
    r->state = BEFORE_KEY;
}

static void
key_begin(struct env_reader *r, char c, size_t at)
{
    if (is_blank(c) || is_line_end(c))
        return;
    if (c == '#' || c == ';') {
        r->state = IN_COMMENT;
        return;
    }
    buf_clear(&r->key);
    buf_clear(&r->value);
    r->value_length = 0;
    r->now = (struct env_variable){.line = r->line, .start = at};
    buf_append_byte(&r->key, (uint8_t)c);
    r->state = IN_KEY;
}

static void
key_byte(struct env_reader *r, char c, size_t at)
{
    if (is_line_end(c)) {
        r->state = BEFORE_KEY;
    } else if (c == '=') {
        r->state = BEFORE_VALUE;
        r->now.value_start = at + 1;
    } else {
        buf_append_byte(&r->key, (uint8_t)c);
    }
}

/* Behind '=', and behind a closing quote. */
static void
value_begin(struct env_reader *r, char c, size_t at)
{
    if (is_line_end(c)) {
        assignment_end(r, at);
    } else if (c == '\'' || c == '"' || c == '\\') {
        value_mark(r, at);
        r->state = c == '\'' ? SINGLE_QUOTES : c == '"' ? DOUBLE_QUOTES : VALUE_ESCAPE;
    } else if (!is_blank(c)) {
        if (r->now.value_end == 0)
            r->now.value_start = at;
        value_byte(r, c, at, true);
        r->state = IN_VALUE;
    }
}

static void
plain_byte(struct env_reader *r, char c, size_t at)
{
    if (is_line_end(c)) {
        assignment_end(r, at);
    } else if (c == '\\') {
        /* An escaped blank at the end is kept, and all blanks before it. */
        value_mark(r, at);
        r->value_length = r->value.size;
        r->state = VALUE_ESCAPE;
    } else {
        value_byte(r, c, at, !is_blank(c));
    }
}

static void
quoted_byte(struct env_reader *r, char c, size_t at)
{
    value_mark(r, at);
    if (r->state == DOUBLE_QUOTES_ESCAPE) {
        if (c != '\n' && strchr("\"\\`$", c) == NULL)
            value_byte(r, '\\', at, true);
        if (c != '\n')
            value_byte(r, c, at, true);
        r->state = DOUBLE_QUOTES;
    } else if (c == (r->state == SINGLE_QUOTES ? '\'' : '"')) {
        r->state = BEFORE_VALUE;
    } else if (r->state == DOUBLE_QUOTES && c == '\\') {
        r->state = DOUBLE_QUOTES_ESCAPE;
    } else {
        value_byte(r, c, at, true);
    }
}

static void
byte_read(struct env_reader *r, char c, size_t at)
{
    switch (r->state) {
    case BEFORE_KEY:
        key_begin(r, c, at);
        break;
    case IN_KEY:
        key_byte(r, c, at);
        break;
    case BEFORE_VALUE:
        value_begin(r, c, at);
        break;
    case IN_VALUE:
        plain_byte(r, c, at);
        break;
    case VALUE_ESCAPE:
        r->state = IN_VALUE;
        value_mark(r, at);
        if (!is_line_end(c))
            value_byte(r, c, at, true);
        break;
    case SINGLE_QUOTES:
    case DOUBLE_QUOTES:
    case DOUBLE_QUOTES_ESCAPE:
        quoted_byte(r, c, at);
        break;
    case IN_COMMENT:
        r->state = c == '\\' ? COMMENT_ESCAPE : is_line_end(c) ? BEFORE_KEY : IN_COMMENT;
        break;
    case COMMENT_ESCAPE:
        r->state = IN_COMMENT;
        break;
    }
    r->line += c == '\n';
}

bool
env_file_parse(struct arena *mem, const char *file, struct bytes bytes, struct env_variables *vars,
               struct error *e)
{
    struct env_reader r __attribute__((cleanup(reader_release))) = {
        .mem = mem, .file = file, .vars = vars, .key = BUF_INIT, .value = BUF_INIT, .line = 1};

    if (bytes.size > ENV_FILE_MAX_BYTES)
        return error_set(e, ERROR_LIMIT, "%s: %zu bytes, at most %d are read", file, bytes.size,
                         ENV_FILE_MAX_BYTES);
    if (bytes.size > 0 && memchr(bytes.data, '\0', bytes.size) != NULL)
        return error_set(e, ERROR_FORMAT, "%s: a NUL in an environment file", file);
    for (size_t i = 0; i < bytes.size; i++)
        byte_read(&r, (char)bytes.data[i], i);
    if (r.state != BEFORE_KEY && r.state != IN_KEY && r.state != IN_COMMENT &&
        r.state != COMMENT_ESCAPE)
        assignment_end(&r, bytes.size);
    return true;
}

const struct env_variable *
env_variables_get(const struct env_variables *vars, const char *name)
{
    for (size_t i = vars->items.count; i-- > 0;) {
        if (strcmp(vars->items.items[i].name, name) == 0)
            return &vars->items.items[i];
    }
    return NULL;
}

/* The value as it is to be written; with quotes when it had some before or needs them. */
static const char *
value_written(struct arena *mem, const char *value, bool quoted)
{
    AUTO_BUF out = BUF_INIT;
    bool plain = !quoted;

    for (const char *c = value; *c != '\0'; c++)
        plain = plain && (isalnum((unsigned char)*c) || strchr("_./:@%+,=-[]{}~*", *c) != NULL);
    if (plain)
        return value;
    buf_append_byte(&out, '"');
    for (const char *c = value; *c != '\0'; c++) {
        if (strchr("\"\\`$", *c) != NULL)
            buf_append_byte(&out, '\\');
        buf_append_byte(&out, (uint8_t)*c);
    }
    buf_append_byte(&out, '"');
    return arena_text(mem, buf_text(&out));
}

struct env_change {
    struct arena *mem;
    struct bytes bytes;
    const struct env_variables *vars;
    struct text_edits edits;
};

static void
variable_remove(struct env_change *c, const char *name)
{
    for (size_t i = 0; i < c->vars->items.count; i++) {
        const struct env_variable *var = &c->vars->items.items[i];
        size_t begin = text_line_begin(c->bytes, var->start);

        if (strcmp(var->name, name) == 0)
            text_edit_add(c->mem, &c->edits, begin, text_line_next(c->bytes, var->end) - begin, "");
    }
}

static void
variable_set(struct env_change *c, const char *name, const char *value)
{
    const struct env_variable *var = env_variables_get(c->vars, name);
    const char *line_end = text_line_end(c->bytes);
    bool open_end = c->bytes.size > 0 && c->bytes.data[c->bytes.size - 1] != '\n' &&
                    !text_edit_overlaps(&c->edits, c->bytes.size, 1);

    if (var != NULL && strcmp(var->value, value) == 0)
        return;
    if (var != NULL) {
        size_t end = var->value_end > var->value_start ? var->value_end : var->value_start;
        bool quoted = end > var->value_start && (c->bytes.data[var->value_start] == '"' ||
                                                 c->bytes.data[var->value_start] == '\'');

        text_edit_add(c->mem, &c->edits, var->value_start, end - var->value_start,
                      value_written(c->mem, value, quoted));
        return;
    }
    for (size_t i = 0; i < c->edits.items.count; i++)
        open_end = open_end && c->edits.items.items[i].offset != c->bytes.size;
    text_edit_add(c->mem, &c->edits, c->bytes.size, 0,
                  arena_printf(c->mem, "%s%s=%s%s", open_end ? line_end : "", name,
                               value_written(c->mem, value, false), line_end));
}

static bool
is_changed(struct arena *mem, const char *variable, const struct setting_change *changes,
           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(setting_variable(mem, changes[i].name), variable) == 0)
            return true;
    }
    return false;
}

/* The next variable that no change names, from *at on. */
static const struct env_variable *
unchanged_next(struct arena *mem, const struct env_variables *vars, size_t *at,
               const struct setting_change *changes, size_t count)
{
    while (*at < vars->items.count) {
        const struct env_variable *var = &vars->items.items[(*at)++];

        if (!is_changed(mem, var->name, changes, count))
            return var;
    }
    return NULL;
}

static bool
change_verify(struct arena *mem, const char *file, const struct env_variables *before,
              const struct env_variables *after, const struct setting_change *changes, size_t count,
              struct error *e)
{
    const struct env_variable *a, *b;
    size_t at_a = 0;
    size_t at_b = 0;

    do {
        a = unchanged_next(mem, before, &at_a, changes, count);
        b = unchanged_next(mem, after, &at_b, changes, count);
        if ((a == NULL) != (b == NULL) ||
            (a != NULL && (strcmp(a->name, b->name) != 0 || strcmp(a->value, b->value) != 0)))
            return error_set(e, ERROR_VERIFY, "%s: an edit would change '%s' as well", file,
                             a != NULL ? a->name : b->name);
    } while (a != NULL);
    for (size_t i = 0; i < count; i++) {
        const char *name = setting_variable(mem, changes[i].name);
        const struct env_variable *var = env_variables_get(after, name);

        if ((var == NULL) != (changes[i].value == NULL) ||
            (var != NULL && strcmp(var->value, changes[i].value) != 0))
            return error_set(e, ERROR_VERIFY, "%s: an edit of '%s' would not read back", file,
                             name);
    }
    return true;
}

bool
env_file_change(struct arena *mem, const char *file, struct bytes bytes,
                const struct setting_change *changes, size_t count, struct bytes *ret_bytes,
                struct error *e)
{
    struct env_variables before = {ARRAY_INIT};
    struct env_variables after = {ARRAY_INIT};
    struct env_change change = {.mem = mem, .bytes = bytes, .vars = &before, .edits = {ARRAY_INIT}};
    struct bytes changed;

    if (!env_file_parse(mem, file, bytes, &before, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *name = setting_variable(mem, changes[i].name);

        if (changes[i].value == NULL)
            variable_remove(&change, name);
        else if (strpbrk(changes[i].value, "\r\n") != NULL)
            return error_set(e, ERROR_USAGE, "the value of '%s' holds a line end", changes[i].name);
        else
            variable_set(&change, name, changes[i].value);
    }
    changed = text_edits_apply(mem, bytes, &change.edits);
    if (!env_file_parse(mem, file, changed, &after, e) ||
        !change_verify(mem, file, &before, &after, changes, count, e))
        return false;
    *ret_bytes = changed;
    return true;
}
