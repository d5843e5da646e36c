/* What a write-ahead log says on the whole: identity, votes, entries, snapshots, damage. */
#ifndef QUORATE_FORMAT_WAL_SUMMARY_H
#define QUORATE_FORMAT_WAL_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "format/raft/raft.h"
#include "format/wal/wal_damage.h"

/* Snapshot records kept of one log: etcd adds one every 10,000 or 100,000 entries. */
enum { WAL_SNAPSHOTS_MAX = 100000 };

struct wal_summary {
    bool has_metadata;
    struct wal_metadata metadata;
    bool has_state;
    struct raft_hard_state state;   /* the last one; state.commit is what the cluster agreed on */
    uint64_t first_index;           /* of the entries; 0 when there is none */
    uint64_t last_index;            /* after truncation by rewritten entries */
    uint64_t last_term;             /* of the entry at last_index */
    struct wal_snapshot *snapshots; /* in order of appearance */
    size_t snapshot_count;
    uint64_t record_count;
    uint64_t entry_count; /* as they stand in the log: rewritten ones count again */
    size_t segment_count; /* that were read */
    uint64_t end_offset;  /* of the last good record in the last segment read */
    struct wal_damage damage;
};

/*
 * Gets each entry as it stands in the log; a later entry of the same index replaces the earlier one
 * and all behind it. 'entry' is valid during the call. Returning false ends the reading.
 */
typedef bool wal_visit_entry(void *context, const struct raft_entry *entry, struct error *e);

/*
 * Reads a whole log from a snapshot on and sums it up.
 *
 * snapshot_index  0 for the beginning.
 * visit           called for each entry above snapshot_index; may be NULL.
 * e               as wal_reader_open and wal_reader_next, and what visit says. Damage is no error
 *                 here: look at ret_summary->damage, or ask wal_damage_check.
 * Memory          in mem.
 */
MUST_CHECK bool wal_read(struct arena *mem, const char *dir, uint64_t snapshot_index,
                         wal_visit_entry *visit, void *context, struct wal_summary *ret_summary,
                         struct error *e);
/* The same for one segment file, which may be one from the middle of a log. */
MUST_CHECK bool wal_read_file(struct arena *mem, const char *path, wal_visit_entry *visit,
                              void *context, struct wal_summary *ret_summary, struct error *e);

/* The last snapshot record whose index is committed (what etcd starts from), or NULL. */
const struct wal_snapshot *wal_summary_newest_snapshot(const struct wal_summary *summary);

#endif
