/*
 * The command line as pflag reads it: --flag value, --flag=value, -wjson, -w=json, -w json, --b,
 * --b=false; flags before, between and behind the command's words; "--" ends the flags. The command
 * is found first, so that its own flags may stand before its name. Its words may be shortened as far
 * as they stay unique.
 *
 * A flag beats its environment variable, which beats the default. Empty variables do not count.
 */
#ifndef QUORATE_CLI_PARSE_H
#define QUORATE_CLI_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "cli/command.h"

struct command_line {
    const struct tool *tool;
    const struct command *command; /* NULL: no command word at all */
    const char *words;             /* the command's words as far as they were understood */
    bool help;                     /* --help or -h */
    struct options options;
    const char **operands;
    size_t operand_count;
    size_t dash_at; /* how many of them stand before "--"; SIZE_MAX: there is none */
};

/*
 * argv as main gets it. With --help nothing but the command is looked at; 'words' may then be the
 * beginning of several ("member").
 *
 * ret_line  in 'mem', pointing into argv. On an error its options hold what was read so far, as
 *           far as they are good, so that -w json also shapes the error.
 * e         ERROR_FLAG: a word or flag that is not known, with the nearest as hint, or a value that
 *           does not fit; ERROR_FEATURE: none of a flag's choices; ERROR_USAGE: the operands.
 */
MUST_CHECK bool command_line_parse(struct arena *mem, const struct tool *tool, int argc,
                                   char *const *argv, struct command_line *ret_line,
                                   struct error *e);

/*
 * What an unfinished command line leads up to, for completion: everything before its last word is
 * read, the last one ("" when it is yet to come) is what could be completed.
 */
struct command_line_start {
    const char *words;                 /* the command's words so far */
    const struct command *command;     /* NULL: not complete */
    const struct option_def *value_of; /* the last word is this flag's value */
    bool flags_ended;                  /* by "--" */
    size_t operand_count;
};

void command_line_start(struct arena *mem, const struct tool *tool, int argc, char *const *argv,
                        struct command_line_start *ret_start);

#endif
