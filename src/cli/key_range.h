/* KEY [RANGE_END], --prefix and --from-key: the range that get and del mean. */
#ifndef QUORATE_CLI_KEY_RANGE_H
#define QUORATE_CLI_KEY_RANGE_H

#include "base/bytes.h"
#include "base/error.h"
#include "cli/app.h"

/*
 * In app->mem. An empty KEY with --prefix or --from-key means all keys.
 *
 * e  ERROR_USAGE: --prefix and --from-key together, or one of them with RANGE_END.
 */
MUST_CHECK bool key_range(const struct app *app, struct bytes *ret_key, struct bytes *ret_range_end,
                          struct error *e);

#endif
