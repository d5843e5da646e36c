#include "cli/inventories.h"

#include "cluster/config/config.h"
#include "cluster/inventory_lab.h"
#include "ops/lab.h"

static bool
config_take(struct app *app, struct inventories *all, struct error *e)
{
    struct config *config;
    const char *path;

    if (!config_find(app->mem, app_config(app), &path, e))
        return false;
    if (path == NULL)
        return true;
    if (!config_load(app->mem, path, &config, e))
        return false;
    for (size_t i = 0; i < config->warnings.count; i++)
        app_warn(app, "%s", config->warnings.items[i]);
    for (size_t i = 0; i < config->clusters.count; i++)
        *ARRAY_PUSH(app->mem, &all->items) = &config->clusters.items[i];
    return true;
}

static bool
labs_take(struct app *app, struct inventories *all, struct error *e)
{
    const char *state_dir;
    const char **names;
    size_t count;

    if (!app_state_dir(app, &state_dir, e) || !lab_list(app->mem, state_dir, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct error problem = ERROR_INIT;
        struct inventory *lab;

        if (inventory_load_lab(app->mem, state_dir, names[i], &lab, &problem))
            *ARRAY_PUSH(app->mem, &all->items) = lab;
        else
            *ARRAY_PUSH(app->mem, &all->problems) =
                arena_printf(app->mem, INVENTORY_LAB_PREFIX "%s: %s", names[i], problem.text);
    }
    return true;
}

bool
app_inventories(struct app *app, struct inventories *ret_all, struct error *e)
{
    *ret_all = (struct inventories){0};
    return config_take(app, ret_all, e) && labs_take(app, ret_all, e);
}
