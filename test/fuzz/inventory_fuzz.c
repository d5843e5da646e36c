/*
 * Any bytes as a quorate.yaml: what is taken has names, and says where each cluster is; what is put into
 * it is there once, however often it is put.
 */

#include <string.h>

#include "cluster/config/config_edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
edit_try(struct arena *tmp, struct bytes old, const char *name)
{
    const char *urls[] = {"https://[::1]:2379"};
    const struct inventory_urls list = {urls, 1};
    struct inventory_member member = {
        .name = "m1", .id = 7, .host = "local:", .client_urls = list, .data_dir = "/d"};
    struct inventory wanted = {.name = name, .id = 5, .version = "3.5.16", .endpoints = list};
    struct error e = ERROR_INIT;
    struct bytes once;
    struct bytes twice;

    *ARRAY_PUSH(tmp, &wanted.members) = member;
    if (!config_edit(tmp, "fuzz.yaml", old, &wanted, CONFIG_WHOLE, &once, &e))
        return;
    ASSERT(config_edit(tmp, "fuzz.yaml", once, &wanted, CONFIG_WHOLE, &twice, &e));
    ASSERT(bytes_equal(once, twice));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct config *config;

    if (!config_parse(&tmp, "fuzz.yaml", bytes_of(data, size), &config, &e)) {
        ASSERT(e.text[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < config->clusters.count; i++) {
        const struct inventory *cluster = &config->clusters.items[i];

        ASSERT(cluster->name[0] != '\0' && cluster->endpoints.count > 0);
        ASSERT(config_cluster(config, cluster->name) == cluster);
        for (size_t k = 0; k < cluster->members.count; k++)
            ASSERT(inventory_member_by_name(cluster, cluster->members.items[k].name) != NULL);
    }
    edit_try(&tmp, bytes_of(data, size), "fuzz");
    if (config->clusters.count > 0)
        edit_try(&tmp, bytes_of(data, size), config->clusters.items[0].name);
    return 0;
}
