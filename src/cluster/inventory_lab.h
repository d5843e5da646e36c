/* A lab's inventory: its lab.json. docs/formats/lab.md describes the file. */
#ifndef QUORATE_CLUSTER_INVENTORY_LAB_H
#define QUORATE_CLUSTER_INVENTORY_LAB_H

#include "cluster/inventory.h"

#define INVENTORY_LAB_FILE   "lab.json"
#define INVENTORY_LAB_PREFIX "lab:"

/* STATE/labs/NAME, whether it exists or not. */
const char *inventory_lab_dir(struct arena *mem, const char *state_dir, const char *lab_name);

/*
 * Reads the inventory of a lab ("demo", not "lab:demo"). Its members run as processes of the lab's
 * supervisor on this machine, and have one certificate as server and as peer.
 *
 * e  ERROR_NOT_FOUND: there is no such lab; the hint names the ones there are. ERROR_FORMAT,
 *    ERROR_TOO_NEW: with the file's path.
 */
MUST_CHECK bool inventory_load_lab(struct arena *mem, const char *state_dir, const char *lab_name,
                                   struct inventory **ret_inventory, struct error *e);
/* Writes lab->dir/lab.json, mode 0600. */
MUST_CHECK bool inventory_save_lab(const struct inventory *inventory, struct error *e);

#endif
