/* A lab.json or quorate.yaml as it was before a plan changed it: kept in the state directory, for undo. */
#ifndef QUORATE_OPS_INVENTORY_KEEPING_H
#define QUORATE_OPS_INVENTORY_KEEPING_H

#include <stdbool.h>

#include "base/error.h"

struct inventory_keeping {
    const char *file; /* the lab.json or quorate.yaml */
    const char
        *kept; /* where it is kept, in a folder that may have to be made; for the owner alone */
    bool of_lab;
};

/* Whether it is kept already. */
bool inventory_is_kept(const struct inventory_keeping *keeping);
/* Keeps the file as it is; what is kept already stays. e: as file_read_all, file_replace. */
MUST_CHECK bool inventory_keep(const struct inventory_keeping *keeping, struct error *e);
/*
 * Puts the file back, byte for byte. A quorate.yaml that says something else by then stays beside it
 * (config_save).
 *
 * e  ERROR_CONFLICT: somebody changes it at this moment.
 */
MUST_CHECK bool inventory_put_back(const struct inventory_keeping *keeping, struct error *e);
/* What is kept is not needed any more. */
MUST_CHECK bool inventory_forget_kept(const struct inventory_keeping *keeping, struct error *e);

#endif
