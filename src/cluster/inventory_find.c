#include "cluster/inventory_find.h"

#include <string.h>

#include "cluster/config/config.h"
#include "cluster/inventory_lab.h"

static bool
find_in_config(struct arena *mem, const char *named, const char *name,
               struct inventory **ret_inventory, struct error *e)
{
    struct config *config = NULL;
    struct inventory *inventory = NULL;
    const char *path;

    if (!config_find(mem, named, &path, e) || (path != NULL && !config_load(mem, path, &config, e)))
        return false;
    if (config != NULL)
        inventory = config_cluster(config, name);
    if (inventory == NULL)
        return config_no_cluster(config, name, e);
    inventory->warnings = config->warnings.items;
    inventory->warning_count = config->warnings.count;
    *ret_inventory = inventory;
    return true;
}

bool
inventory_find(struct arena *mem, const struct inventory_places *places, const char *name,
               struct inventory **ret_inventory, struct error *e)
{
    size_t prefix = strlen(INVENTORY_LAB_PREFIX);

    if (strncmp(name, INVENTORY_LAB_PREFIX, prefix) == 0)
        return inventory_load_lab(mem, places->state_dir, name + prefix, ret_inventory, e) ||
               error_wrap(e, "cluster '%s'", name);
    return find_in_config(mem, places->config, name, ret_inventory, e);
}
