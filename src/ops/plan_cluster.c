#include "ops/plan_cluster.h"

#include <string.h>

#include "cluster/inventory_find.h"
#include "cluster/inventory_lab.h"

void
plan_cluster_encode(struct json_writer *w, const struct inventory *inventory)
{
    json_key_text(w, "cluster", inventory->name);
    if (inventory->lab == NULL)
        json_key_text(w, "config", inventory->path);
}

bool
plan_cluster_decode(struct arena *mem, const struct json *inputs,
                    const struct plan_context *context, struct plan_cluster *ret_cluster,
                    struct error *e)
{
    struct plan_cluster cluster = {.state_dir = context->state_dir};

    if (!json_get_text(mem, inputs, "cluster", &cluster.name, e))
        return false;
    if (plan_cluster_lab(&cluster) == NULL &&
        !json_get_text(mem, inputs, "config", &cluster.config, e))
        return false;
    if (cluster.config != NULL && context->config != NULL)
        cluster.config = context->config;
    *ret_cluster = cluster;
    return true;
}

bool
plan_cluster_inventory(struct arena *mem, const struct plan_cluster *cluster,
                       struct inventory **ret_inventory, struct error *e)
{
    const struct inventory_places places = {.state_dir = cluster->state_dir,
                                            .config = cluster->config};

    return inventory_find(mem, &places, cluster->name, ret_inventory, e);
}

const char *
plan_cluster_lab(const struct plan_cluster *cluster)
{
    size_t prefix = strlen(INVENTORY_LAB_PREFIX);

    return strncmp(cluster->name, INVENTORY_LAB_PREFIX, prefix) == 0 ? cluster->name + prefix
                                                                     : NULL;
}
