#include "cluster/inventory_save.h"

#include "base/io.h"
#include "cluster/config/config_edit.h"
#include "cluster/inventory_lab.h"
#include "format/yaml/yaml_tree.h"

static bool
save_config(const struct inventory *inventory, bool keep, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *kept;
    struct bytes old;
    struct bytes text;

    return file_read_all(&tmp, inventory->path, YAML_MAX_BYTES, &old, e) &&
           config_edit(&tmp, inventory->path, old, inventory, CONFIG_WHOLE, &text, e) &&
           (bytes_equal(old, text) ||
            config_save(&tmp, inventory->path, true, old, text, keep ? &kept : NULL, e));
}

bool
inventory_save(const struct inventory *inventory, struct error *e)
{
    return inventory->lab != NULL ? inventory_save_lab(inventory, e)
                                  : save_config(inventory, true, e);
}

bool
inventory_save_again(const struct inventory *inventory, struct error *e)
{
    return inventory->lab != NULL ? inventory_save_lab(inventory, e)
                                  : save_config(inventory, false, e);
}
