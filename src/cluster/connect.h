/* From what is configured about a cluster to what a client needs to reach it. */
#ifndef QUORATE_CLUSTER_CONNECT_H
#define QUORATE_CLUSTER_CONNECT_H

#include "base/arena.h"
#include "cluster/inventory.h"
#include "etcd/client.h"

/*
 * Endpoints (each member's first client URL, in the inventory's order) and TLS files; time-outs are
 * the defaults, and there is no user. The arrays are in 'mem', the texts the inventory's.
 */
void inventory_etcd_options(struct arena *mem, const struct inventory *inventory,
                            struct etcd_options *ret_options);

#endif
