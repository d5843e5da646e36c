/* The names and addresses in a member's certificates. */
#ifndef QUORATE_CLUSTER_MEMBER_HOSTS_H
#define QUORATE_CLUSTER_MEMBER_HOSTS_H

#include "cluster/inventory.h"

struct member_hosts {
    const char **items; /* DNS names, and addresses without brackets; each once */
    size_t count;
    size_t capacity;
};

void member_hosts_add(struct arena *mem, struct member_hosts *hosts, const char *host);

/* The hosts of URLs, but for wildcard addresses. */
void member_hosts_add_urls(struct arena *mem, struct member_hosts *hosts,
                           const struct inventory_urls *urls);

/*
 * Under what a member is dialled by others: the hosts of its URLs, and what endpoints name that is no
 * member's own, such as a load balancer. Wildcard addresses are nobody's name and left out.
 */
void member_hosts_add_dialled(struct arena *mem, struct member_hosts *hosts,
                              const struct inventory *inventory,
                              const struct inventory_member *member);

/*
 * What certificates that are made for it get: localhost, 127.0.0.1 and ::1 (its own probes, and the gateway
 * of etcd 3.4 and 3.5) as well. In 'mem'.
 */
struct member_hosts member_hosts_of(struct arena *mem, const struct inventory *inventory,
                                    const struct inventory_member *member);

#endif
