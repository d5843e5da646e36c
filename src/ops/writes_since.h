/*
 * Whether anybody has written to a cluster since a revision. Its revision alone does not tell: a snapshot
 * brings along the lock of whoever changed the cluster when it was taken (cluster/rules_lock.h), whose lease
 * ends in the new cluster, and that counts as a revision.
 */
#ifndef QUORATE_OPS_WRITES_SINCE_H
#define QUORATE_OPS_WRITES_SINCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "etcd/client.h"

/*
 * Looks at what was changed, by a watch, until the first change that is not quorate's own lock's.
 *
 * since     the revision behind which changes count.
 * now       up to this one.
 * ret_took  true also when the changes cannot be told any more, since they were compacted.
 * e         ERROR_TIMEOUT: nobody told all of them. Otherwise as etcd_watch_ended.
 */
MUST_CHECK bool cluster_took_writes(struct etcd_client *client, int64_t since, int64_t now,
                                    bool *ret_took, struct error *e);

#endif
