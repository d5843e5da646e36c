/* A step of a recovery: a quorate.yaml that knows ids knows those of the new cluster. */

#include <string.h>

#include "cluster/inventory_save.h"
#include "ops/recover_state.h"

static bool
id_set(uint64_t *id, uint64_t planned)
{
    if (*id == 0 || *id == planned)
        return false;
    *id = planned;
    return true;
}

/* Ids that the file does not have are not written into it. Whether there was anything to set. */
static bool
ids_set(const struct recover *r, struct inventory *inventory)
{
    bool set = id_set(&inventory->id, r->cluster.cluster_id);

    for (size_t i = 0; i < inventory->members.count; i++) {
        struct inventory_member *m = &inventory->members.items[i];
        const struct initial_member *planned = initial_cluster_find(&r->cluster, m->name);

        if (planned != NULL && id_set(&m->id, planned->id))
            set = true;
    }
    return set;
}

static bool
configure_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct recover *r = op;
    struct inventory *inventory;

    if (!plan_cluster_inventory(&tmp, &r->where, &inventory, e))
        return false;
    *ret_progress = ids_set(r, inventory) ? PROGRESS_TODO : PROGRESS_DONE;
    return true;
}

static bool
configure_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct recover *r = op;
    struct inventory *inventory;

    if (!inventory_keep(&r->keeping, e) || !plan_cluster_inventory(&tmp, &r->where, &inventory, e))
        return false;
    return !ids_set(r, inventory) || inventory_save(inventory, e);
}

static bool
configure_undo(void *op, struct error *e)
{
    const struct recover *r = op;

    return !inventory_is_kept(&r->keeping) ||
           (inventory_put_back(&r->keeping, e) && inventory_forget_kept(&r->keeping, e));
}

static const char *
configure_field(const void *op, struct arena *mem, const char *name)
{
    const struct recover *r = op;

    return strcmp(name, "config") == 0 ? arena_text(mem, r->where.config) : NULL;
}

const struct step recover_step_configure = {
    .name = "configure",
    .intent = "have %{config} know the ids of the new cluster, where it knew the old one's",
    .field = configure_field,
    .check = configure_check,
    .run = configure_run,
    .undo = configure_undo,
};
