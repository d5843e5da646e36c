/* Owners by name: numbers of users and groups differ from host to host. */
#ifndef QUORATE_NODE_HOST_OWNER_H
#define QUORATE_NODE_HOST_OWNER_H

#include "node/host/host_file.h"

/*
 * Gives a file of another host the numbers that its owner and group have on this one.
 *
 * from  the other host, for messages.
 * e     ERROR_NOT_FOUND: this host does not know them.
 */
MUST_CHECK bool host_owner_here(const struct host *host, const struct host *from,
                                struct host_file *like, struct error *e);

/* The address of a host's name, or of an address itself, as this host sees it: the first of its family.
 * e: ERROR_NOT_FOUND. In 'mem'. */
MUST_CHECK bool host_resolve(struct arena *mem, const struct host *host, const char *name,
                             const char **ret_address, struct error *e);

#endif
