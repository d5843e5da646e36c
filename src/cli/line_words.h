/*
 * The words of a typed line, read against an option table: flags and operands, which may be any
 * bytes. "--NAME VALUE", "--NAME=VALUE", "--" ends the flags; there are no letters.
 */
#ifndef QUORATE_CLI_LINE_WORDS_H
#define QUORATE_CLI_LINE_WORDS_H

#include "base/arena.h"
#include "base/error.h"
#include "cli/option.h"

struct line_words {
    struct options options;
    ARRAY(struct bytes) operands;
    size_t dash_at; /* how many of them stand before "--"; SIZE_MAX: there is none */
};

/*
 * mem  holds options and operands; the operands point into 'words'.
 * e    ERROR_INPUT: a flag that is not in the table, or without its value, or with another one.
 *      ERROR_FEATURE: none of a flag's choices.
 */
MUST_CHECK bool line_words_read(struct arena *mem, const struct bytes *words, size_t count,
                                const struct option_def *table, struct line_words *ret_line,
                                struct error *e);

#endif
