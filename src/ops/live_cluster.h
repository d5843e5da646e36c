/*
 * A cluster that serves while a plan changes it: how the steps of such plans look at it, ask it, wait for
 * it, and move its leadership out of the way.
 */
#ifndef QUORATE_OPS_LIVE_CLUSTER_H
#define QUORATE_OPS_LIVE_CLUSTER_H

#include "cluster/site.h"
#include "cluster/view.h"
#include "etcd/client.h"
#include "ops/plan_cluster.h"
#include "ops/plan_kinds.h"
#include "plan/plan.h"

struct live_cluster {
    struct plan *plan;
    const struct plan_context *context;
    struct plan_cluster cluster;
    struct site site;
    uint64_t
        next_leader; /* who is given the leadership, if it could have it; 0: who has applied most */
};

/* From a plan's inputs (plan_cluster_encode); sets the plan's cluster. e: as inventory_find. */
MUST_CHECK bool live_cluster_init(struct live_cluster *live, struct plan *plan,
                                  const struct json *inputs, const struct plan_context *context,
                                  struct error *e);

/* The same before there is a plan: of this inventory, with a plan in 'mem' of which nothing runs. */
void live_cluster_of(struct live_cluster *live, struct arena *mem,
                     const struct inventory *inventory, const struct plan_context *context);

/* The inventory as it is now; in 'mem'. */
MUST_CHECK bool live_inventory(struct arena *mem, const struct live_cluster *live,
                               struct inventory **ret_inventory, struct error *e);
/* The same, and of it the member of this name. e: also ERROR_CONFLICT: it has none. */
MUST_CHECK bool live_inventory_member(struct arena *mem, const struct live_cluster *live,
                                      const char *name, struct inventory **ret_inventory,
                                      const struct inventory_member **ret_member, struct error *e);
/* The cluster as it is now; in 'mem'. */
MUST_CHECK bool live_look(struct arena *mem, const struct live_cluster *live,
                          struct cluster_view *ret_view, struct error *e);
/* The member's quota in bytes; 0: it does not tell. From 3.6 on its status has it, before that its metrics. */
int64_t live_quota(const struct live_cluster *live, const struct member_view *member);
/* A client on the voters that serve, other than 'but'. */
MUST_CHECK bool live_client(const struct live_cluster *live, const struct cluster_view *view,
                            uint64_t but, struct etcd_client **ret_client, struct error *e);
/* A client on this member only. */
MUST_CHECK bool live_client_of(const struct live_cluster *live, const struct member_view *member,
                               struct etcd_client **ret_client, struct error *e);
/* A pause while waiting for the cluster; ERROR_TIMEOUT, ERROR_CANCELLED end the waiting. */
MUST_CHECK bool live_wait(const struct live_cluster *live, const char *what, struct error *e);

/*
 * Until another member than this one leads; of one that is dead the others know only once they have
 * elected anew.
 *
 * name  the member's, for messages.
 * e     ERROR_REFUSED: no other voter could. ERROR_TIMEOUT.
 */
MUST_CHECK bool live_leadership_leave(const struct live_cluster *live, uint64_t id,
                                      const char *name, struct error *e);

/* HashKV equal on all voters, at a revision that all have, so that a writer does not disturb it; the proof
 * becomes a note of the plan. e: ERROR_VERIFY. */
MUST_CHECK bool live_hashes_prove(const struct live_cluster *live, const struct cluster_view *view,
                                  struct error *e);

#endif
