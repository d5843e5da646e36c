/* From what a cluster says of itself to an inventory of it. */
#ifndef QUORATE_CLUSTER_INVENTORY_DISCOVER_H
#define QUORATE_CLUSTER_INVENTORY_DISCOVER_H

#include "cluster/inventory.h"
#include "cluster/view.h"

/*
 * Cluster and member ids, names, URLs, the version when all members that answered have one; the
 * endpoints and TLS files that were used, as absolute paths, and the user's name.
 *
 * ret_skipped  why members are not in it: they have never started, and have no name.
 * e            ERROR_CONFLICT: two members have one name.
 * Memory       in 'mem', as the view.
 */
MUST_CHECK bool inventory_of_view(struct arena *mem, const char *name,
                                  const struct cluster_view *view,
                                  const struct etcd_options *options,
                                  struct inventory **ret_inventory, const char **ret_skipped,
                                  struct error *e);

#endif
