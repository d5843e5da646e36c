/*
 * The entries of a stopped member's log that are committed and not in its database yet: requests, in
 * the order in which they take effect.
 *
 * What stands in the log may have been replaced by a later entry of the same index. What is committed
 * is told by the last hard state; but a cluster of one voter has committed all that it has written,
 * since it asks nobody (etcd writes its commit index late).
 *
 * Source: etcd 3.4-3.7 api/etcdserverpb/raft_internal.proto; server/etcdserver/{raft,server}.go.
 */
#ifndef QUORATE_KEYS_TAIL_ENTRIES_H
#define QUORATE_KEYS_TAIL_ENTRIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "etcd/message/kv_message.h"
#include "etcd/message/lease_message.h"
#include "format/backend/backend.h"
#include "format/data_dir.h"
#include "format/wal/wal_damage.h"

/* Entries of a tail: far above what etcd lets stand between two commits of its backend (10,000). */
enum { TAIL_ENTRIES_MOST = 512 << 10 };

struct tail_entries {
    const struct data_dir *dir;
    uint64_t behind;    /* the consistent index: entries up to it are in the database */
    uint64_t count;     /* of entries */
    struct buf visits;  /* uint32_t for each entry: which of the log's has its index */
    uint64_t undecided; /* entries behind these, not known to be committed */
    bool until_damage;  /* what stands before the log's damage counts */
};

/* What an entry asks for; at most one is there. */
struct tail_request {
    const struct etcd_put_request *put;
    const struct etcd_delete_range_request *delete_range;
    const struct etcd_txn_request *txn;
    const struct etcd_compact_request *compaction;
    const struct etcd_lease_grant_request *lease_grant;
    const struct etcd_lease_revoke_request *lease_revoke;
    bool sets_alarm;
    bool enables_auth; /* users and roles do not matter to keys before that */
};

/*
 * Finds out which entries there are.
 *
 * info  of the member's database
 * e     ERROR_CORRUPT, ERROR_FORMAT: damage of the log that etcd would not mend. ERROR_REFUSED: a
 *       raft snapshot is newer than the database. ERROR_LIMIT: more than TAIL_ENTRIES_MOST.
 */
MUST_CHECK bool tail_entries_find(const struct data_dir *dir, const struct backend_info *info,
                                  struct tail_entries *ret_entries, struct error *e);

/*
 * Counts the undecided ones, too: for the only member that is left of a cluster, who would commit them
 * as its next leader. Some may be committed and acknowledged already: the member hears of that a
 * moment after it has written the entry.
 */
void tail_entries_take_undecided(struct tail_entries *entries);

/*
 * The same of a log that etcd would refuse: all entries that follow the database without a hole, up to
 * the damage, whatever raft snapshot there is.
 *
 * ret_damage  the log's; WAL_INTACT for none. Its path in mem.
 * e           ERROR_NOT_FOUND: no log, or none that reaches back to the database. ERROR_CORRUPT: a
 *             segment is missing. ERROR_LIMIT.
 */
MUST_CHECK bool tail_entries_find_intact(struct arena *mem, const struct data_dir *dir,
                                         const struct backend_info *info,
                                         struct tail_entries *ret_entries,
                                         struct wal_damage *ret_damage, struct error *e);
void tail_entries_release(struct tail_entries *t);

/* Valid until it returns. */
typedef bool tail_visit(void *context, const struct tail_request *request, struct error *e);

/* Visits all that ask for something of the v3 key space; others are left out. */
MUST_CHECK bool tail_entries_visit(const struct tail_entries *t, tail_visit *visit, void *context,
                                   struct error *e);

#endif
