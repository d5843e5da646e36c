/* KEY [RANGE_END], --prefix and --from-key: the range that get, del and others mean. */
#ifndef QUORATE_CLI_KEY_RANGE_H
#define QUORATE_CLI_KEY_RANGE_H

#include "base/bytes.h"
#include "base/error.h"
#include "cli/app.h"

/* Operands are bytes: those of a line may hold NULs, which those of a command cannot. */
struct key_operands {
    const struct bytes *items;
    size_t count;
};

/* The command's operands, in app->mem. */
struct key_operands key_operands_of(const struct app *app);

/*
 * In 'mem', or where the operands are. An empty KEY with --prefix or --from-key means all keys.
 *
 * o  has "prefix" and "from-key".
 * e  ERROR_USAGE: --prefix and --from-key together, or one of them with RANGE_END; no KEY, or more
 *    than KEY and RANGE_END.
 */
MUST_CHECK bool key_range_of(struct arena *mem, const struct options *o,
                             struct key_operands operands, struct bytes *ret_key,
                             struct bytes *ret_range_end, struct error *e);
/* The same of the command's own options and operands, in app->mem. */
MUST_CHECK bool key_range(const struct app *app, struct bytes *ret_key, struct bytes *ret_range_end,
                          struct error *e);

/* Does the range hold every key there can be? */
bool key_range_is_everything(struct bytes key, struct bytes range_end);

#endif
