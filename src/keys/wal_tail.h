/*
 * The tail of a stopped member's log as rows: what etcd would add to the key space when it starts, in
 * the form that the database has them, in an unlinked file.
 *
 * Puts, deletions, transactions with their comparisons, leases that end and compactions are applied as
 * etcd applies them. Where that depends on more than keys and leases (users, alarms) the tail is
 * refused, rather than told with mistakes.
 *
 * Source: etcd 3.4 etcdserver/apply.go, mvcc/kvstore_txn.go, lease/lessor.go; 3.5-3.7
 * server/etcdserver/txn/, server/etcdserver/apply/.
 */
#ifndef QUORATE_KEYS_WAL_TAIL_H
#define QUORATE_KEYS_WAL_TAIL_H

#include "keys/source.h"
#include "keys/tail_entries.h"
#include "keys/tail_state.h"

struct wal_tail {
    int fd;                          /* of the rows; -1: none */
    uint64_t size;                   /* of the file */
    uint64_t entries;                /* that changed something */
    int64_t revision;                /* the store's behind them */
    int64_t compact_revision;        /* as it is then */
    const struct tail_lease *leases; /* granted or revoked */
    size_t lease_count;
};

#define WAL_TAIL_INIT                                                                              \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

/*
 * Applies the entries to the database.
 *
 * mem   holds the leases
 * base  of the database alone, with its revisions; db the same.
 * e     ERROR_REFUSED: authentication is on, or an alarm. ERROR_LIMIT: too many keys are touched.
 *       ERROR_NO_SPACE, ERROR_IO: of the temporary file; damage of the log.
 */
MUST_CHECK bool wal_tail_apply(struct arena *mem, const struct tail_entries *entries,
                               struct key_source *base, const struct bbolt *db,
                               const struct backend_info *info, struct wal_tail *ret_tail,
                               struct error *e);

/* The next row of the file's content, which then begins behind it: key and value as in the bucket
 * "key". False at the end. */
bool wal_tail_row(struct bytes *rest, struct bbolt_row *ret_row);

#endif
