/*
 * Judgement about the host that a member is to join on: pure functions over what was looked at there
 * and on the others' hosts. Each says yes, or no with a reason and a remedy.
 */
#ifndef QUORATE_CLUSTER_RULES_JOINER_HOST_H
#define QUORATE_CLUSTER_RULES_JOINER_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "node/host/host_facts.h"
#include "node/host/host_reach.h"

/* From one member's host to another member's peer URL. */
struct peer_reach {
    const char *from; /* the member whose host looked */
    const char *to;
    const char *url;
    bool listens;    /* somebody should be there already */
    const char *own; /* addresses of the other's host; NULL: not known, or not to be compared */
    struct host_reach got;
};

/*
 * Can the one reach the other? Peers talk both ways: a member that is reached but reaches nobody, or the
 * reverse, costs the cluster a vote.
 */
MUST_CHECK bool rule_peer_is_reached(const struct peer_reach *reach, struct error *e);

/* Nobody listens on the port on which the member will. 'what': "peer", "client". */
MUST_CHECK bool rule_port_is_free(const struct host_facts *facts, const char *member,
                                  const char *what, uint16_t port, struct error *e);

/*
 * Does the disk take what the member will get? The leader sends its database as a snapshot, which lies
 * beside the database that it becomes; and the log takes segments of 64 MB, the next one made ahead.
 * Source: etcd server/storage/wal/wal.go SegmentSizeBytes, api/snap/db.go SaveDBFrom, 3.4 to 3.7.
 *
 * db_bytes  of the largest database among the members.
 */
MUST_CHECK bool rule_disk_suffices(const struct host_disk *disk, const char *member,
                                   const char *data_dir, uint64_t db_bytes, struct error *e);

enum { FSYNC_SLOW_US = 10 * 1000 }; /* etcd's op-guide/hardware: 99 % below 10 ms */

/*
 * Is a synced write fast enough? Refused when it takes as long as a vote waits; slower than what etcd's
 * documentation asks for (10 ms) is said in 'ret_warning' (NULL: fast enough), in 'mem'.
 */
MUST_CHECK bool rule_disk_is_fast(struct arena *mem, const char *member, int64_t mean_us,
                                  const char **ret_warning, struct error *e);

/* Two hosts' clocks, as seen from here, differ by a second at most, beyond what is not known of them. */
MUST_CHECK bool rule_clocks_agree(const char *member, const struct host_facts *facts,
                                  const char *other, const struct host_facts *other_facts,
                                  struct error *e);

#endif
