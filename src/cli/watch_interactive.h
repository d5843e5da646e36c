/* The interactive mode of watch: what to watch comes by lines of standard input. */
#ifndef QUORATE_CLI_WATCH_INTERACTIVE_H
#define QUORATE_CLI_WATCH_INTERACTIVE_H

#include "cli/app.h"

/*
 * Reads lines until standard input ends, which is an error (ERROR_INPUT), as in etcdctl:
 *
 *     watch [FLAG...] KEY [RANGE_END] [-- COMMAND...]     words are quoted as in txn
 *     progress                                            asks the server for its revision
 *
 * All watches share one stream. A watch that the server ends is said on standard error; a line that
 * does not begin with one of the two words, too. A watch that cannot be meant ends the program.
 *
 * Source: watchInteractiveFunc in etcdctl/ctlv3/command/watch_command.go (3.4 to 3.7).
 */
MUST_CHECK bool watch_interactive(struct app *app, struct error *e);

#endif
