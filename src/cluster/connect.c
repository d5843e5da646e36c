#include "cluster/connect.h"

void
inventory_etcd_options(const struct inventory *inventory, struct etcd_options *ret_options)
{
    *ret_options = (struct etcd_options)ETCD_OPTIONS_INIT;
    ret_options->endpoints = inventory->endpoints.items;
    ret_options->endpoint_count = inventory->endpoints.count;
    ret_options->ca_file = inventory->client_tls.ca_file;
    ret_options->cert_file = inventory->client_tls.cert_file;
    ret_options->key_file = inventory->client_tls.key_file;
    ret_options->server_name = inventory->server_name;
}
