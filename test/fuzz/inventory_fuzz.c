/* Any bytes as a quorate.yaml: what is taken has names, and says where each cluster is. */

#include <string.h>

#include "cluster/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    return 0;
}
