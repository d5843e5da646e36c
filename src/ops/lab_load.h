/*
 * Fills a cluster with keys as Kubernetes writes them, to rehearse on: pods, events, config maps,
 * secrets, leases over namespaces. The same seed gives the same keys and values.
 */
#ifndef QUORATE_OPS_LAB_LOAD_H
#define QUORATE_OPS_LAB_LOAD_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/observer.h"
#include "etcd/client.h"

enum { LAB_LOAD_KEYS_DEFAULT = 20000, LAB_LOAD_KEYS_MOST = 10000000 };

struct lab_load_request {
    const struct etcd_options *etcd;
    uint64_t key_count; /* keys created; then a quarter is rewritten and a tenth deleted */
    uint64_t seed;
    const struct observer *observer; /* progress in keys */
};

struct lab_load_result {
    uint64_t created;
    uint64_t rewritten;
    uint64_t deleted;
    uint64_t value_bytes; /* of all that was put */
    int64_t revision;     /* of the cluster afterwards */
    int64_t took_ms;
};

MUST_CHECK bool lab_load(const struct lab_load_request *request, struct lab_load_result *ret_result,
                         struct error *e);

#endif
