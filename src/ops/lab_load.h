/*
 * Fills a cluster with keys as Kubernetes writes them (ops/lab_objects.h), to rehearse and to measure
 * on. A fresh cluster has the same HashKV after the same load.
 */
#ifndef QUORATE_OPS_LAB_LOAD_H
#define QUORATE_OPS_LAB_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/observer.h"
#include "etcd/client.h"

enum {
    LAB_LOAD_KEYS_MOST = 10000000,
    LAB_LOAD_REWRITES_MOST = 1000,
    LAB_LOAD_TXN_OPS_MOST = 128, /* etcd's default --max-txn-ops */
};

struct lab_load_request {
    const struct etcd_options *etcd;
    uint64_t key_count; /* keys created; then a quarter is rewritten and a tenth deleted */
    uint64_t seed;
    uint64_t rewrites;               /* of each key of that quarter */
    uint64_t txn_ops;                /* changes in one transaction, which gives one revision */
    bool with_leases;                /* events are attached to leases */
    const struct observer *observer; /* progress in keys */
};

struct lab_load_result {
    uint64_t created;
    uint64_t rewritten;
    uint64_t deleted;
    uint64_t leases;
    uint64_t value_bytes; /* of all that was put */
    int64_t revision;     /* of the cluster afterwards */
    int64_t took_ms;
};

MUST_CHECK bool lab_load(const struct lab_load_request *request, struct lab_load_result *ret_result,
                         struct error *e);

#endif
