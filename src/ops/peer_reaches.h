/* What one member's host reaches of others' peer URLs, looked at from there and judged. */
#ifndef QUORATE_OPS_PEER_REACHES_H
#define QUORATE_OPS_PEER_REACHES_H

#include "base/arena.h"
#include "cluster/inventory.h"
#include "cluster/rules_joiner_host.h"
#include "node/host/host.h"

struct peer_reaches {
    struct arena *mem;
    const char *from; /* the member whose host looks */
    ARRAY(struct peer_reach) items;
};

/* Another member's URLs; texts are not copied. 'listens' and 'own' as in struct peer_reach. */
void peer_reaches_add(struct peer_reaches *reaches, const char *to,
                      const struct inventory_urls *urls, bool listens, const char *own);

/* Has the host look at all of them. e: as host_reach_probe, rule_peer_is_reached. */
MUST_CHECK bool peer_reaches_judge(struct peer_reaches *reaches, const struct host *host,
                                   struct error *e);

#endif
