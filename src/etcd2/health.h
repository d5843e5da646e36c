/*
 * Whether a member calls itself healthy: /health, which needs no v2 API.
 * Source: etcd etcdserver/api/etcdhttp/metrics.go (3.4), etcdctl/ctlv2/command/cluster_health.go.
 */
#ifndef QUORATE_ETCD2_HEALTH_H
#define QUORATE_ETCD2_HEALTH_H

#include "etcd2/client.h"

/*
 * Asks one client URL, which need not be among the client's endpoints.
 *
 * ret_reason  why it is not, as 3.5 and later say it ("" before), in 'mem'
 * e           why there is no answer; ERROR_FORMAT: it is none of etcd's
 */
MUST_CHECK bool etcd2_health(struct arena *mem, struct etcd2_client *client, const char *url,
                             bool *ret_healthy, const char **ret_reason, struct error *e);

#endif
