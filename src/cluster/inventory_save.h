/* An inventory that has changed, written where it came from. */
#ifndef QUORATE_CLUSTER_INVENTORY_SAVE_H
#define QUORATE_CLUSTER_INVENTORY_SAVE_H

#include "cluster/inventory.h"

/*
 * Writes what the inventory says: a lab's lab.json; of a quorate.yaml those bytes only that say otherwise,
 * with comments and other clusters as they are. Members that it does not have are taken out of the file,
 * which stays beside the new one as it was (config_save).
 *
 * e  ERROR_CONFLICT: the file has just been changed by somebody else. Otherwise as config_edit.
 */
MUST_CHECK bool inventory_save(const struct inventory *inventory, struct error *e);

/* The same, and the file as it was is not kept: for all but the first change that one plan makes. */
MUST_CHECK bool inventory_save_again(const struct inventory *inventory, struct error *e);

#endif
