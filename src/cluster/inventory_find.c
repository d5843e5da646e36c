#include "cluster/inventory_find.h"

#include <string.h>

#include "cluster/inventory_lab.h"

bool
inventory_find(struct arena *mem, const struct inventory_places *places, const char *name,
               struct inventory **ret_inventory, struct error *e)
{
    size_t prefix = strlen(INVENTORY_LAB_PREFIX);

    if (strncmp(name, INVENTORY_LAB_PREFIX, prefix) == 0)
        return inventory_load_lab(mem, places->state_dir, name + prefix, ret_inventory, e);
    error_set(e, ERROR_NOT_FOUND, "cluster '%s' is not known", name);
    return error_hint(e, "labs are called %sNAME; see 'quorate lab status'", INVENTORY_LAB_PREFIX);
}
