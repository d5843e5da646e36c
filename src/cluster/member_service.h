/* From what is configured about a member to how it is started and stopped (node/service.h). */
#ifndef QUORATE_CLUSTER_MEMBER_SERVICE_H
#define QUORATE_CLUSTER_MEMBER_SERVICE_H

#include "cluster/inventory.h"
#include "node/service.h"

/* How the member 'name' runs, whether the inventory has it already or not. Its texts are the
 * inventory's and 'name'. */
struct service inventory_service(const struct inventory *inventory, const char *name);

#endif
