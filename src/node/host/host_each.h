/* The same work on several hosts at once. */
#ifndef QUORATE_NODE_HOST_EACH_H
#define QUORATE_NODE_HOST_EACH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { HOST_EACH_MOST = 16 };

/*
 * Calls work(context, i, &errors[i]) for each i below 'count', HOST_EACH_MOST at a time, and waits for
 * all of them. Each works on what is its own: its host, an arena of its own, its place in arrays.
 *
 * errors  'count' of them; each is cleared first.
 * Value   whether all have succeeded.
 */
MUST_CHECK bool host_each(size_t count, bool (*work)(void *context, size_t i, struct error *e),
                          void *context, struct error *errors);

#endif
