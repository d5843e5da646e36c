/* From a cluster's name, as --cluster says it, to its inventory, whichever source has it. */
#ifndef QUORATE_CLUSTER_INVENTORY_FIND_H
#define QUORATE_CLUSTER_INVENTORY_FIND_H

#include "cluster/inventory.h"

/* Where inventories are. */
struct inventory_places {
    const char *state_dir; /* labs: plan/state_dir.h */
    const char *config;    /* --config: the quorate.yaml; NULL: where it is looked for (config.h) */
};

/*
 * The inventory of the cluster called 'name': "lab:demo" is the lab "demo", other names are those of
 * quorate.yaml.
 *
 * e  ERROR_NOT_FOUND: nobody knows the name. Otherwise as inventory_load_lab, config_find and
 *    config_load.
 */
MUST_CHECK bool inventory_find(struct arena *mem, const struct inventory_places *places,
                               const char *name, struct inventory **ret_inventory, struct error *e);

#endif
