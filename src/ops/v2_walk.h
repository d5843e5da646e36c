/*
 * All nodes of a v2 key space, a directory at a time: no more than one directory's keys are in
 * memory, however large the whole is.
 */
#ifndef QUORATE_OPS_V2_WALK_H
#define QUORATE_OPS_V2_WALK_H

#include "etcd2/keys.h"

/* A key, or a directory before what is in it; the node lives until the visit returns. */
typedef bool v2_visit(void *context, const struct etcd2_node *node, struct error *e);

/*
 * Visits what is below 'root' ("/" for all), in no order that matters. Names that begin with '_' are
 * hidden: etcd lists them nowhere, so they are visited only where a root names them. What vanishes
 * meanwhile is passed by.
 *
 * ret_index  the key space's index when the walk began
 * e          as etcd2_get; ERROR_NOT_FOUND: there is no such root. ERROR_FORMAT: a key with a NUL.
 */
MUST_CHECK bool v2_walk(struct etcd2_client *client, const char *root, v2_visit *visit,
                        void *context, uint64_t *ret_index, struct error *e);

#endif
