/* From what is configured about a cluster to what a client needs to reach it. */
#ifndef QUORATE_CLUSTER_CONNECT_H
#define QUORATE_CLUSTER_CONNECT_H

#include "cluster/inventory.h"
#include "etcd/client.h"

/* Endpoints, TLS files and server name, all the inventory's own; time-outs are the defaults, and there is no user. */
void inventory_etcd_options(const struct inventory *inventory, struct etcd_options *ret_options);

#endif
