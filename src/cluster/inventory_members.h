/* Members that come into an inventory, and that go. */
#ifndef QUORATE_CLUSTER_INVENTORY_MEMBERS_H
#define QUORATE_CLUSTER_INVENTORY_MEMBERS_H

#include "cluster/inventory.h"

/*
 * Puts a member in, or in the place of the one of its name. Where the endpoints are the members' own, the
 * member's first client URL is one of them from now on; where they are something else, as a load balancer,
 * they stay. In 'mem'.
 */
void inventory_member_put(struct arena *mem, struct inventory *inventory,
                          const struct inventory_member *member);

/*
 * Puts a member in the place of the one of its name; endpoints that lead to it get the scheme of its first
 * client URL, each in its place. In 'mem'.
 */
void inventory_member_switch(struct arena *mem, struct inventory *inventory,
                             const struct inventory_member *member);

/* Whether an endpoint is a client URL of a member, whatever its scheme. */
bool inventory_endpoint_is_members(const struct inventory *inventory, const char *endpoint);

/* Takes the member out, and its client URLs out of the endpoints; false when it is not in it. */
bool inventory_member_drop(struct arena *mem, struct inventory *inventory, const char *name);

#endif
