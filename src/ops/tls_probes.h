/*
 * 'tls probes': health checks and clients on members' hosts that do not speak TLS to a port where etcd does, in
 * manifests, units, timers' scripts and crontabs; and what etcd's own log says of those that it sent away.
 */
#ifndef QUORATE_OPS_TLS_PROBES_H
#define QUORATE_OPS_TLS_PROBES_H

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"
#include "cluster/rules_probe.h"
#include "cluster/site.h"

struct tls_probes {
    struct tls_probe *items;
    size_t count;
    size_t capacity;
};

enum { TLS_PROBES_LOG_LINES = 2000 };

/*
 * What stands in the manifest of a member's service, and in other files of its host; adds what is found. Without TLS there
 * is nothing to be found.
 *
 * settings  the service's.
 * e         host errors, and service_pod_load's.
 * Memory    in 'mem'.
 */
MUST_CHECK bool tls_probes_of_files(struct arena *mem, const struct inventory *inventory,
                                    const struct inventory_member *member,
                                    const struct service *service,
                                    const struct etcd_settings *settings, struct tls_probes *ret,
                                    struct error *e);

/*
 * The same, and what its log says of those that it sent away: looks on one member's host, and adds what is found. Without TLS there is nothing to be found.
 *
 * e       host and service errors.
 * Memory  in 'mem'.
 */
MUST_CHECK bool tls_probes_find(struct arena *mem, struct site *site,
                                const struct inventory *inventory,
                                const struct inventory_member *member, struct tls_probes *ret,
                                struct error *e);

#endif
