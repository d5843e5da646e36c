/*
 * The raft side of a stopped member: its log as far back as it is kept, and its raft snapshot.
 * Source: etcd 3.5-3.7 server/storage/wal/wal.go (ValidSnapshotEntries, ReadAll),
 * server/etcdserver/api/snap/snapshotter.go.
 */
#ifndef QUORATE_FORMAT_MEMBER_LOG_H
#define QUORATE_FORMAT_MEMBER_LOG_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "format/data_dir.h"
#include "format/raft/raft_snap.h"
#include "format/wal/wal_summary.h"

struct member_log {
    uint64_t begins_at; /* raft index at which the oldest segment begins; 0: with the first */
    struct wal_summary summary; /* of all segments; its snapshot records are the committed ones */
    const char *snap_name;      /* NULL: the member has no .snap file (3.7 makes none) */
    struct raft_snap snap;      /* the newest that is intact and named in the log */
};

/*
 * Reads both. A last record that a crash cut is no error: etcd mends it.
 *
 * e       ERROR_NOT_FOUND: no log. ERROR_CORRUPT, ERROR_FORMAT: damage that etcd would not mend.
 * Memory  in mem, the content of the .snap file included.
 */
MUST_CHECK bool member_log_read(struct arena *mem, const struct data_dir *dir,
                                struct member_log *ret_log, struct error *e);

/* Visits the entries behind a raft index; damage as member_log_read. */
MUST_CHECK bool member_log_entries(const struct data_dir *dir, uint64_t behind_index,
                                   wal_visit_entry *visit, void *context, struct error *e);

#endif
