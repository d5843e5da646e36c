/* Whether a name leads to this machine: for URLs that others are to reach a member at. */
#ifndef QUORATE_NODE_LOCAL_ADDRESS_H
#define QUORATE_NODE_LOCAL_ADDRESS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * Resolves a host and compares what it gives with the addresses of this machine's interfaces.
 *
 * host         a name or an address, without brackets.
 * ret_foreign  the first address that is not this machine's, in 'mem'; NULL: all are.
 * e            ERROR_NOT_FOUND: the name has no address.
 */
MUST_CHECK bool local_address_check(struct arena *mem, const char *host, const char **ret_foreign,
                                    struct error *e);

#endif
