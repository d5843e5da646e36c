#include "ops/inventory_keeping.h"

#include "base/io.h"
#include "cluster/config/config.h"
#include "plan/state_dir.h"

enum { FILE_MOST_BYTES = 1 << 20 };

bool
inventory_is_kept(const struct inventory_keeping *keeping)
{
    return path_exists(keeping->kept);
}

bool
inventory_keep(const struct inventory_keeping *keeping, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes text;

    return inventory_is_kept(keeping) ||
           (dir_make(path_dir(&tmp, keeping->kept), STATE_DIR_MODE, e) &&
            file_read_all(&tmp, keeping->file, FILE_MOST_BYTES, &text, e) &&
            file_replace(keeping->kept, text, STATE_FILE_MODE, e));
}

bool
inventory_put_back(const struct inventory_keeping *keeping, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes before, found;
    const char *beside;

    if (!file_read_all(&tmp, keeping->kept, FILE_MOST_BYTES, &before, e))
        return false;
    if (keeping->of_lab)
        return file_replace(keeping->file, before, STATE_FILE_MODE, e);
    return file_read_all(&tmp, keeping->file, FILE_MOST_BYTES, &found, e) &&
           (bytes_equal(before, found) ||
            config_save(&tmp, keeping->file, true, found, before, &beside, e));
}

bool
inventory_forget_kept(const struct inventory_keeping *keeping, struct error *e)
{
    return tree_remove(keeping->kept, e);
}
