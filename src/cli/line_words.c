#include "cli/line_words.h"

#include <string.h>

/* The walk over them. */
struct words_left {
    const struct bytes *words;
    size_t count;
    size_t at;
    struct line_words *line;
};

static bool
set_flag(struct arena *mem, struct words_left *r, struct bytes word, struct error *e)
{
    const uint8_t *equals = memchr(word.data, '=', word.size);
    size_t size = equals != NULL ? (size_t)(equals - word.data) : word.size;
    const char *label = arena_text_of_bytes(mem, bytes_of(word.data, size));
    struct option_value *value =
        strncmp(label, "--", 2) == 0 ? options_find(&r->line->options, label + 2) : NULL;
    const char *text = "true";

    if (value == NULL) {
        error_set_(e, ERROR_INPUT, 0, "unknown flag '%s'", label);
        return error_hint(e, "write '--' before a value that begins with '-'");
    }
    if (equals != NULL)
        text = arena_text_of_bytes(mem, bytes_of(equals + 1, word.size - size - 1));
    else if (value->def->type != OPTION_BOOL && r->at == r->count)
        return error_set(e, ERROR_INPUT, "flag '%s' needs a value", label);
    else if (value->def->type != OPTION_BOOL)
        text = arena_text_of_bytes(mem, r->words[r->at++]);
    if (option_set(mem, value, label, text, OPTION_FROM_FLAG, e))
        return true;
    if (e->code == ERROR_FLAG)
        e->code = ERROR_INPUT;
    return false;
}

static bool
words_read(struct arena *mem, struct words_left *r, struct error *e)
{
    bool flags_ended = false;

    while (r->at < r->count) {
        struct bytes word = r->words[r->at++];

        if (!flags_ended && bytes_equal_text(word, "--")) {
            flags_ended = true;
            r->line->dash_at = r->line->operands.count;
        } else if (flags_ended || word.size < 2 || word.data[0] != '-')
            *ARRAY_PUSH(mem, &r->line->operands) = word;
        else if (!set_flag(mem, r, word, e))
            return false;
    }
    return true;
}

bool
line_words_read(struct arena *mem, const struct bytes *words, size_t count,
                const struct option_def *table, struct line_words *ret_line, struct error *e)
{
    struct line_words line = {.dash_at = SIZE_MAX};
    struct words_left left = {.words = words, .count = count, .line = &line};

    options_add(mem, &line.options, table);
    if (!words_read(mem, &left, e))
        return false;
    *ret_line = line;
    return true;
}
