/*
 * The cluster's own lock, kept while a plan runs: the key of cluster/rules_lock.h under a lease, which
 * a thread renews beside the plan's steps. A cluster that cannot be asked (no quorum, no right to the
 * key, no space) has none: the plan goes on under this host's lock alone, and the operator is told.
 */
#ifndef QUORATE_OPS_CLUSTER_LOCK_H
#define QUORATE_OPS_CLUSTER_LOCK_H

#include "cluster/inventory.h"
#include "etcd/client.h"
#include "plan/hold.h"

/* How long the lock outlives a process that was killed or stopped, and how long a plan goes on
 * without an answer from the cluster: longer than an election takes, short enough to be waited for. */
enum { CLUSTER_LOCK_TTL_S = 15 };

struct cluster_lock;

/*
 * A lock for one plan; connects to nothing yet.
 *
 * state_dir  where the plan's host lock is.
 * inventory  what the plan may change of how the cluster is reached (tls enable): read again when nobody
 *            answers. NULL: none.
 * etcd       how to reach the cluster; its texts must live on. The members' own URLs are asked, too, so
 *            that the lock outlives the endpoints (member move).
 * take_over  take it from whoever has it.
 * ret_hold   for struct plan_env.
 * Memory     in 'mem'; what it opens ends with the hold's release.
 */
void cluster_lock_init(struct arena *mem, const char *state_dir, const struct inventory *inventory,
                       const struct etcd_options *etcd, bool take_over, struct plan_hold *ret_hold);

#endif
