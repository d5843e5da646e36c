/*
 * Options: what a flag is (struct option_def, in constant tables) and what it was given
 * (struct options, filled by cli/parse). Parsing, help, completion and the manual all read the
 * same tables, so a default or a unit is written down once.
 *
 * Values are checked and converted while parsing: the getters cannot fail. Asking for a name that
 * is not in the command's tables, or for another type, is a bug of ours and ends the process.
 */
#ifndef QUORATE_CLI_OPTION_H
#define QUORATE_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum option_type {
    OPTION_BOOL,     /* --b, --b=false; never takes the next word */
    OPTION_TEXT,     /* any text, also the empty one */
    OPTION_TEXTS,    /* comma separated, and repeatable */
    OPTION_I64,      /* decimal, with sign */
    OPTION_U64,      /* decimal */
    OPTION_HEX,      /* an id as etcd prints it: hex without 0x; read with option_u64 */
    OPTION_DURATION, /* as Go's: 1m30s, 250ms; read with option_ms */
    OPTION_SIZE,     /* bytes: 4096, 64MiB, 2GB; read with option_u64 */
    OPTION_URL,      /* text that holds a URL or host:port */
    OPTION_URLS,     /* comma separated, and repeatable */
    OPTION_FILE,     /* a path; completed as one */
    OPTION_DIR,      /* a path of a directory; completed as one */
    OPTION_CHOICE,   /* one of the words in .choices; read with option_text or option_choice */
    OPTION_SECRET,   /* text that is never shown; read with option_text */
};

struct option_def {
    const char *name;
    enum option_type type;
    char letter;             /* the short form; 0 for none */
    bool required;           /* must be given, by flag or environment */
    bool hidden;             /* works, but is in no help */
    const char *arg;         /* what stands for the value in the help: "FILE" */
    const char *fallback;    /* the default, as it would be typed; NULL: false, 0, "" or empty */
    const char *choices;     /* CHOICE: "simple|table|json"; case does not matter */
    const char *environment; /* the variable that gives the value when the flag does not */
    const char *bare;        /* value of the flag without one, where a value is optional */
    const char *help;        /* one line, with the unit when there is one; no full stop */
};

#define OPTIONS_END                                                                                \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* Where a value came from; a later one wins. */
enum option_source { OPTION_FROM_FALLBACK, OPTION_FROM_ENVIRONMENT, OPTION_FROM_FLAG };

struct option_value {
    const struct option_def *def;
    enum option_source source;
    const char *text; /* the last one given; "" when none */
    bool boolean;
    int64_t number; /* I64, DURATION in ms, CHOICE's place in .choices */
    uint64_t natural;
    ARRAY(const char *) list;
};

struct options {
    ARRAY(struct option_value) values; /* the command's own first, then the global ones */
};

/* The value of a type; each ends the process when the command has no such option. */
bool option_bool(const struct options *o, const char *name);
const char *option_text(const struct options *o, const char *name); /* "" when not given */
int64_t option_i64(const struct options *o, const char *name);
uint64_t option_u64(const struct options *o, const char *name); /* U64, HEX, SIZE (bytes) */
int64_t option_ms(const struct options *o, const char *name);   /* DURATION */
int option_choice(const struct options *o, const char *name);   /* 0 for the first of .choices */
/* The items of TEXTS and URLS; the array lives as long as the options. */
const char *const *option_list(const struct options *o, const char *name, size_t *ret_count);

/* Whether flag or environment gave it (its default does not count). */
bool option_given(const struct options *o, const char *name);
enum option_source option_source(const struct options *o, const char *name);
/* Whether the command has such an option at all: for code that serves several commands. */
bool option_exists(const struct options *o, const char *name);

/* For the parser. */

/* Adds the table's options with their defaults; names that are there already stay as they are. */
void options_add(struct arena *mem, struct options *o, const struct option_def *table);
struct option_value *options_find(struct options *o, const char *name);
/*
 * Sets a value from its text. ERROR_FLAG (ERROR_FEATURE for a choice) names the option as it was written ('label': "--rev",
 * "-w", "ETCDCTL_REV"), the text, and what was expected; a secret's text is left out.
 */
MUST_CHECK bool option_set(struct arena *mem, struct option_value *value, const char *label,
                           const char *text, enum option_source source, struct error *e);

/* "4096", "64MiB", "2GB", "512k": bytes; k, M, G, T are powers of 1000, Ki... of 1024. */
MUST_CHECK bool size_parse(const char *text, uint64_t *ret_bytes, struct error *e);

#endif
