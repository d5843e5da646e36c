/* The same work on several things at once, each of which mostly waits: hosts, clusters. */
#ifndef QUORATE_BASE_PARALLEL_H
#define QUORATE_BASE_PARALLEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { PARALLEL_MOST = 64 };

/*
 * Calls work(context, i, &errors[i]) for each i below 'count', and waits for all of them. Each works on what is its
 * own: its host, an arena of its own, its place in arrays.
 *
 * at_once  so many at a time, PARALLEL_MOST at most.
 * errors   'count' of them; each is cleared first.
 * Value    whether all have succeeded.
 */
MUST_CHECK bool parallel_each(size_t count, size_t at_once,
                              bool (*work)(void *context, size_t i, struct error *e), void *context,
                              struct error *errors);

#endif
