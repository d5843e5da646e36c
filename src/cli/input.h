/* What comes in on standard input. */
#ifndef QUORATE_CLI_INPUT_H
#define QUORATE_CLI_INPUT_H

#include "base/bytes.h"
#include "base/error.h"
#include "cli/app.h"

/*
 * All of standard input, to the last byte, as a key's value, in app->mem; says so on a terminal.
 *
 * e  ERROR_USAGE: it is empty, which is no value, as for etcdctl: a script's failed command leaves it.
 *    ERROR_LIMIT: more than 64 MiB.
 */
MUST_CHECK bool input_read_value(struct app *app, struct bytes *ret_value, struct error *e);

#endif
