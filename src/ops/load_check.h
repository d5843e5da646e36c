/*
 * Loads that show what a cluster can do: puts at a given rate for a given time, or a given number of
 * puts as fast as they go, from many connections; the keys are deleted afterwards.
 * Source: etcd 3.7 etcdctl/ctlv3/command/check.go (sizes, rates, limits), the same since 3.4.
 */
#ifndef QUORATE_OPS_LOAD_CHECK_H
#define QUORATE_OPS_LOAD_CHECK_H

#include "base/observer.h"
#include "etcd/client.h"
#include "ops/load_stats.h"

/* By its names in etcdctl: "s" or "small", "m" or "medium", "l" or "large", "xl" or "xLarge". */
struct load_model {
    const char *name;
    const char *long_name;
    unsigned connections;
    unsigned puts_per_second; /* of 'check perf' */
    unsigned puts;            /* of 'check datascale' */
};

/* NULL when there is none of that name. */
const struct load_model *load_model_find(const char *name);

enum {
    LOAD_PERF_DURATION_MS = 60000,
    LOAD_PERF_KEY_BYTES = 256, /* behind the prefix */
    LOAD_PERF_VALUE_BYTES = 1024,
    LOAD_DATASCALE_KEY_BYTES = 512,
    LOAD_DATASCALE_VALUE_BYTES = 512,
    LOAD_CALL_TIMEOUT_MS = 60000,
    LOAD_CLEANUP_TIMEOUT_MS = 30000,
};

/*
 * The options for a load's client: the endpoints over and over until there are as many as
 * connections, each of which then has its own. Raises the limit of open files as far as it may be.
 */
void load_client_options(struct arena *mem, const struct etcd_options *options,
                         unsigned connections, struct etcd_options *ret_options);

struct etcd_pipeline;

struct load {
    struct etcd_client *client; /* opened with load_client_options */
    struct bytes prefix;
    size_t key_bytes;
    size_t value_bytes;
    unsigned connections;
    size_t endpoints;         /* different ones among them: the first ones */
    uint64_t puts;            /* 0: until duration_ms have passed */
    unsigned puts_per_second; /* 0: as fast as they go */
    int64_t duration_ms;
    const struct observer *observer;

    struct load_stats stats;
    int64_t took_us;

    struct etcd_pipeline *pipeline; /* while it runs */
    bool stop;
};

/*
 * Refuses a prefix that has keys, which the load would delete.
 *
 * e  ERROR_INPUT with the command that deletes them.
 */
MUST_CHECK bool load_require_empty(struct etcd_client *client, struct bytes prefix,
                                   struct error *e);

/* Opens all connections, then sends the puts. Calls that fail are counted, not errors of this. */
void load_run(struct load *load);
/* From a callback of the client's loop: no more puts are sent. */
void load_stop(struct load *load);

/* Deletes all keys of the prefix; ret_revision is the store's after it. */
MUST_CHECK bool load_clean(struct etcd_client *client, struct bytes prefix, int64_t *ret_revision,
                           struct error *e);

#endif
