#include "cluster/connect.h"

void
inventory_etcd_options(struct arena *mem, const struct inventory *inventory,
                       struct etcd_options *ret_options)
{
    size_t count = inventory->members.count;
    const char **endpoints = arena_zero(mem, (count + 1) * sizeof(*endpoints));

    for (size_t i = 0; i < count; i++)
        endpoints[i] = inventory->members.items[i].client_urls.items[0];
    *ret_options = (struct etcd_options)ETCD_OPTIONS_INIT;
    ret_options->endpoints = endpoints;
    ret_options->endpoint_count = count;
    ret_options->ca_file = inventory->client_tls.ca_file;
    ret_options->cert_file = inventory->client_tls.cert_file;
    ret_options->key_file = inventory->client_tls.key_file;
}
