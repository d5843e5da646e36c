/* One etcd on a host that is being looked at, with a process or without. What the parts of etcd_find share. */
#ifndef QUORATE_NODE_ETCD_LOOKING_H
#define QUORATE_NODE_ETCD_LOOKING_H

#include "format/settings/pod_manifest.h"
#include "node/etcd_find.h"

struct etcd_looking {
    struct arena *mem;
    const struct host *host;
    uint64_t pid;     /* 0: it has no process */
    const char *unit; /* that starts it; NULL: none */
    bool in_pod;
    const char *cwd; /* where relative paths count from */
    struct etcd_settings settings;
    struct pod_manifest pod;
    const char *manifest; /* where the kubelet sees it; NULL: 'pod' is not set */
};

/* What it goes by, with its --config-file, whose paths are the host's. */
MUST_CHECK bool etcd_looking_found(struct etcd_looking *l, struct found_etcd *ret_found,
                                   struct error *e);

/*
 * Adds those that have no process: of units that start etcd, and of manifests, in force or held down. One with the
 * name of a server that runs is how it was started before, and is left out.
 */
MUST_CHECK bool etcd_find_stopped(struct arena *mem, const struct host *host,
                                  struct etcd_servers *servers, struct error *e);

#endif
