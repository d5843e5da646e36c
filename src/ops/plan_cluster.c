#include "ops/plan_cluster.h"

#include <string.h>

#include "base/hash.h"
#include "base/time.h"
#include "cluster/inventory_find.h"
#include "cluster/inventory_lab.h"
#include "etcd/kv.h"

enum { CALL_TIMEOUT_MS = 60000 };

const char *
plan_stamp_new(struct arena *mem)
{
    uint16_t random;

    random_bytes(&random, sizeof(random));
    return arena_printf(mem, "%s-%04x", time_compact(mem, time_wall_ms()), random);
}

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

bool
plan_cluster_id_ask(struct etcd_client *client, uint64_t *ret_id, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_range_request request = {.key = BYTES_LITERAL("/"), .count_only = true};
    struct etcd_range_response response;

    if (!etcd_range(&tmp, client, &request, &response, e))
        return false;
    *ret_id = response.header.cluster_id;
    return true;
}

bool
plan_cluster_id_check(struct etcd_client *client, const char *id, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    uint64_t asked;

    if (!plan_cluster_id_ask(client, &asked, e))
        return false;
    if (strcmp(arena_printf(&tmp, "%llx", (unsigned long long)asked), id) == 0)
        return true;
    error_set_(e, ERROR_REFUSED, 0, "this is cluster %llx, the plan is for %s",
               (unsigned long long)asked, id);
    return error_hint(e, "give the --endpoints of that cluster");
}

static void
client_close(void *subject)
{
    struct etcd_client *client = subject;

    etcd_client_close(&client);
}

bool
plan_cluster_client(struct plan *plan, const struct plan_context *context,
                    struct etcd_client **ret_client, struct error *e)
{
    struct etcd_options options = *context->etcd;

    if (options.command_timeout_ms < CALL_TIMEOUT_MS)
        options.command_timeout_ms = CALL_TIMEOUT_MS;
    if (!etcd_client_open(&options, ret_client, e))
        return false;
    arena_on_release(plan->mem, client_close, *ret_client);
    return true;
}
