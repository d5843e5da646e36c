/* What hosts say of the members that run on them, beside what is configured. */
#ifndef QUORATE_CLUSTER_INVENTORY_HOST_H
#define QUORATE_CLUSTER_INVENTORY_HOST_H

#include "cluster/inventory.h"
#include "cluster/inventory_compare.h"
#include "node/etcd_find.h"

/*
 * Puts host, starter, directories and certificates of a server into the member that it is: of its name, at
 * a client URL that it advertises (several clusters may share a host, and their names). False when the
 * inventory has no such member. Texts are not copied.
 */
bool inventory_take_found(struct inventory *inventory, const char *host_url,
                          const struct found_etcd *found);

/*
 * Adds a member for each of these servers, from its own settings alone: for a cluster that is down. One whose URLs are
 * only etcd's defaults is a package's, that nobody has set up, and is left out. Texts are not copied.
 *
 * e  ERROR_CONFLICT: there is a member of that name already.
 */
MUST_CHECK bool inventory_add_found(struct arena *mem, struct inventory *inventory,
                                    const struct etcd_servers *servers, struct error *e);

/*
 * Compares a member with the servers that run on its host. Words: process-missing (it is none of those
 * that are there), stopped (it is there, and does not run), runs, data-dir, wal-dir, tls, peer-tls. What the inventory does not say is not compared.
 */
void inventory_compare_found(struct arena *mem, const struct inventory_member *member,
                             const struct etcd_servers *servers,
                             struct inventory_comparison *comparison);

/* "https://a:1,https://b:2" as a list. */
struct inventory_urls inventory_urls_split(struct arena *mem, const char *text);

#endif
