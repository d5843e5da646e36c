/*
 * The text of systemd units: sections, continued lines, words with quotes and escapes, specifiers.
 *
 * Source: systemd.syntax(7), systemd.unit(5), systemd.service(5) and the behaviour of systemd 252.
 */
#ifndef QUORATE_FORMAT_SETTINGS_UNIT_TEXT_H
#define QUORATE_FORMAT_SETTINGS_UNIT_TEXT_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

enum { UNIT_MAX_BYTES = 64 << 10 };

/* One assignment, continued lines joined. */
struct unit_line {
    const char *section;
    const char *key;
    const char *value;     /* blanks around it stripped */
    const size_t *offsets; /* in the file, of each byte of 'value' */
    unsigned line;
    size_t start, end; /* all of it, the last line end not counted */
};

struct unit_lines {
    ARRAY(struct unit_line) items;
};

/* ERROR_FORMAT: a NUL; ERROR_LIMIT. What is no assignment is passed over, as systemd does. */
MUST_CHECK bool unit_text_parse(struct arena *mem, const char *file, struct bytes bytes,
                                struct unit_lines *ret_lines, struct error *e);

/* A word of a value, unquoted and unescaped. */
struct unit_word {
    const char *text;
    size_t start, end; /* in the file, quotes included */
};

struct unit_words {
    ARRAY(struct unit_word) items;
};

/* ERROR_FORMAT: a quote that is not closed, an escape that systemd does not know. */
MUST_CHECK bool unit_line_words(struct arena *mem, const char *file, const struct unit_line *line,
                                struct unit_words *ret_words, struct error *e);

/* What specifiers are made of. */
struct unit_names {
    const char *unit; /* "etcd.service", "etcd@db1.service" */
    const char *host; /* the host's name, for %H; NULL: not known */
};

/* Expands %i and the like. ERROR_FORMAT: a specifier that is not known here. */
MUST_CHECK bool unit_specifiers(struct arena *mem, const struct unit_names *names, const char *text,
                                const char **ret_text, struct error *e);

/* A word as it is written into a unit: quoted where needed, '%' doubled, with 'exec' '$' as well. */
const char *unit_word_written(struct arena *mem, const char *text, bool exec);

#endif
