#include "format/member_log.h"

#include "format/wal/wal_segment.h"

static bool
damage_check(const struct wal_damage *damage, struct error *e)
{
    return (damage->kind == WAL_UNEXPECTED_EOF && damage->repairable) ||
           wal_damage_check(damage, e);
}

/* Snapshot records above the commit index count as not there. */
static void
committed_keep(struct wal_summary *summary)
{
    size_t kept = 0;

    for (size_t i = 0; i < summary->snapshot_count; i++) {
        if (summary->snapshots[i].index <= summary->state.commit)
            summary->snapshots[kept++] = summary->snapshots[i];
    }
    summary->snapshot_count = kept;
}

bool
member_log_read(struct arena *mem, const struct data_dir *dir, struct member_log *ret_log,
                struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct wal_segment *segments;
    struct member_log log = {.snap_name = NULL};
    size_t count;

    /* Old segments are gone: the first that is left need not begin with the first entry. */
    if (!wal_segments_list(&tmp, dir->wal_dir, &segments, &count, e) ||
        !wal_read(mem, dir->wal_dir, segments[0].first_index, NULL, NULL, &log.summary, e) ||
        !damage_check(&log.summary.damage, e))
        return false;
    log.begins_at = segments[0].first_index;
    committed_keep(&log.summary);
    if (!raft_snap_load_newest(mem, dir->snap_dir, log.summary.snapshots,
                               log.summary.snapshot_count, &log.snap_name, &log.snap, e))
        return false;
    *ret_log = log;
    return true;
}

bool
member_log_entries(const struct data_dir *dir, uint64_t behind_index, wal_visit_entry *visit,
                   void *context, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct wal_summary summary;

    return wal_read(&tmp, dir->wal_dir, behind_index, visit, context, &summary, e) &&
           damage_check(&summary.damage, e);
}
