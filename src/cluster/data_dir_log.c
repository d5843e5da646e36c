/*
 * The log, the raft snapshots and the database belong together: from which raft index a member starts,
 * whether the log has all that follows, and whether the database is where the log says.
 */
#include <inttypes.h>

#include "cluster/data_dir_judging.h"

/* 3.7 no longer reads .snap files: the log's own records say where it starts. */
enum { MINOR_WITHOUT_SNAP_FILES = 7 };

/* Up to 3.5 a member answers as soon as it has a leader; from 3.6 on it first waits for its own name
 * to be applied, which a database ahead of the log does not do. */
enum { MINOR_WAITS_FOR_APPLY = 6 };

#define ASIDE_FIRST "copy the whole directory aside before anything else is done to it"

static const char *
restore_command(const struct judging *j)
{
    return arena_printf(j->mem, "quorate snapshot restore '%s' --skip-hash-check --data-dir NEW",
                        j->picture->db_path);
}

static bool
is_in_log(const struct judging *j, const struct snap_picture *snap)
{
    const struct wal_summary *log = &j->picture->wal.summary;

    for (size_t i = 0; i < log->snapshot_count; i++) {
        if (log->snapshots[i].index == snap->index && log->snapshots[i].term == snap->term)
            return snap->index <= log->state.commit;
    }
    return false;
}

static void
snap_choose(struct judging *j)
{
    for (size_t i = 0; i < j->picture->snap_count && j->snap == NULL; i++) {
        const struct snap_picture *snap = &j->picture->snaps[i];

        if (snap->state == FACT_KNOWN && is_in_log(j, snap))
            j->snap = snap;
    }
}

void
judging_find_start(struct judging *j)
{
    const struct wal_picture *wal = &j->picture->wal;

    if (wal->state != FACT_KNOWN)
        return;
    snap_choose(j);
    if (judging_is_since(j, MINOR_WITHOUT_SNAP_FILES)) {
        const struct wal_snapshot *newest = wal_summary_newest_snapshot(&wal->summary);

        j->start_index = newest != NULL ? newest->index : 0;
    } else if (j->snap != NULL) {
        j->start_index = j->snap->index;
    }
    j->last_index =
        wal->summary.last_index > j->start_index ? wal->summary.last_index : j->start_index;
}

/* How the member comes back when its own files do not bring it back: the database alone is enough for a
 * restore when it can be read. */
static void
replace_remedy(struct judging *j, struct dir_finding *f)
{
    const struct db_picture *db = &j->picture->db;
    const char *what = db->info_state == FACT_KNOWN
                           ? "the database alone"
                           : "a backup (or what 'quorate salvage' rescues)";

    f->remedy =
        arena_printf(j->mem,
                     ASIDE_FIRST "; when the cluster has quorum without this member, remove it "
                                 "and add it anew, else restore %s on all members",
                     what);
    if (db->info_state == FACT_KNOWN && db->damage_count == 0)
        f->command = restore_command(j);
}

static void
rule_log_unreadable(struct judging *j)
{
    const struct wal_picture *wal = &j->picture->wal;
    bool is_blind = wal->code != ERROR_CORRUPT && wal->code != ERROR_FORMAT;
    struct dir_finding *f;

    f = judging_add(j, "log-unreadable", is_blind ? SEVERITY_BLIND : SEVERITY_STOP,
                    "the log cannot be read: %s", wal->because);
    if (is_blind)
        f->remedy = "run the check as root, or as the user that etcd runs as";
    else
        replace_remedy(j, f);
}

static enum severity
ahead_severity(const struct judging *j)
{
    return judging_is_since(j, MINOR_WAITS_FOR_APPLY) ? SEVERITY_STOP : SEVERITY_LOSS;
}

/* A directory with a database and without a log is a new member to etcd: it begins a log at 1, and
 * the database takes nothing before that log has come to where it stands itself. */
static void
rule_log_absent(struct judging *j)
{
    struct dir_finding *f;

    if (j->picture->is_empty) {
        judging_add(j, "new", SEVERITY_NOTE,
                    "no member has run here: etcd would begin as a new one")
            ->remedy = "for a member that has run before, look for its data elsewhere: --data-dir, "
                       "--wal-dir";
        return;
    }
    f = judging_add(j, "log-absent", ahead_severity(j),
                    "the log is gone: etcd would begin as a new member on an old database");
    f->evidence = arena_printf(j->mem, "no segment in '%s'; the database is at raft index %" PRIu64,
                               j->picture->wal_dir, j->picture->db.info.consistent_index);
    f->remedy =
        "name the log's own directory with --wal-dir when it has one; else restore from the "
        "database: what the log alone held is lost";
    f->command = restore_command(j);
}

static void
rule_log_damage(struct judging *j)
{
    const struct wal_damage *damage = &j->picture->wal.summary.damage;
    struct dir_finding *f;

    if (damage->kind == WAL_INTACT)
        return;
    if (damage->kind == WAL_UNEXPECTED_EOF && damage->repairable) {
        f = judging_add(j, "log-torn", SEVERITY_NOTE,
                        "the last record of the log was written in part: etcd cuts it off");
        f->remedy = "nothing: the member had not answered for it yet";
    } else {
        f = judging_add(j, "log-damaged", SEVERITY_STOP, "the log is damaged: %s",
                        wal_damage_words(damage->kind));
        replace_remedy(j, f);
    }
    f->evidence = arena_printf(j->mem, "'%s', byte %" PRIu64 "; the last good entry is %" PRIu64,
                               damage->path, damage->offset, j->picture->wal.summary.last_index);
}

static void
rule_log_begins_late(struct judging *j)
{
    const struct wal_picture *wal = &j->picture->wal;
    struct dir_finding *f;

    if (wal->begins_at <= j->start_index)
        return;
    f = judging_add(j, "log-begins-late", SEVERITY_STOP,
                    "the log does not reach back to where etcd would start");
    f->evidence =
        arena_printf(j->mem, "start at raft index %" PRIu64 ", oldest segment at %" PRIu64,
                     j->start_index, wal->begins_at);
    replace_remedy(j, f);
    if (j->start_index == 0)
        f->remedy =
            "put back a raft snapshot (.snap) of this member when one is left, else replace "
            "the member or restore a backup";
}

static void
rule_commit_beyond(struct judging *j)
{
    const struct wal_summary *log = &j->picture->wal.summary;
    struct dir_finding *f;

    if (!log->has_state || log->state.commit <= j->last_index)
        return;
    f = judging_add(j, "log-short", SEVERITY_STOP,
                    "the log ends before what it says itself is committed");
    f->evidence = arena_printf(j->mem, "committed %" PRIu64 ", last entry %" PRIu64,
                               log->state.commit, j->last_index);
    replace_remedy(j, f);
}

static void
rule_snap_broken(struct judging *j)
{
    for (size_t i = 0; i < j->picture->snap_count; i++) {
        const struct snap_picture *snap = &j->picture->snaps[i];
        struct dir_finding *f;

        if (snap == j->snap)
            return; /* older ones are not looked at */
        if (snap->state == FACT_KNOWN)
            continue;
        if (snap->code != ERROR_CORRUPT) {
            judging_add(j, "snap-unreadable", SEVERITY_BLIND, "%s", snap->because)->remedy =
                "run the check as root, or as the user that etcd runs as";
            continue;
        }
        f = judging_add(j, "snap-broken", SEVERITY_NOTE, "the raft snapshot '%s' is broken: %s",
                        snap->name,
                        judging_is_since(j, MINOR_WITHOUT_SNAP_FILES)
                            ? "etcd does not read it any more"
                            : "etcd puts it aside and takes the one before");
        f->evidence = snap->because;
    }
}

static void
rule_snap_orphaned(struct judging *j)
{
    for (size_t i = 0; i < j->picture->snap_count; i++) {
        const struct snap_picture *snap = &j->picture->snaps[i];

        if (snap == j->snap)
            return;
        if (snap->state == FACT_KNOWN && !is_in_log(j, snap))
            judging_add(j, "snap-orphaned", SEVERITY_NOTE,
                        "the raft snapshot '%s' is not named in the log: etcd ignores it",
                        snap->name);
    }
}

static const struct snap_db_picture *
snap_db_at(const struct data_dir_picture *picture, uint64_t index)
{
    for (size_t i = 0; i < picture->snap_db_count; i++) {
        if (picture->snap_dbs[i].index == index)
            return &picture->snap_dbs[i];
    }
    return NULL;
}

static bool
db_index(const struct judging *j, uint64_t *ret_index)
{
    const struct db_picture *db = &j->picture->db;

    *ret_index = db->info.consistent_index;
    if (db->state == FACT_ABSENT)
        *ret_index = 0;
    return db->state == FACT_ABSENT || db->info_state == FACT_KNOWN;
}

/* What is missing is the .snap.db of that index, which a crash between two renames leaves. */
static void
rule_db_behind(struct judging *j)
{
    const struct snap_db_picture *received;
    struct dir_finding *f;
    uint64_t index;

    if (!db_index(j, &index) || index >= j->start_index)
        return;
    received = snap_db_at(j->picture, j->start_index);
    if (received != NULL) {
        f = judging_add(j, "db-received", SEVERITY_NOTE,
                        "etcd would put '%s' in the place of the database", received->name);
        f->remedy = "nothing: the leader sent it, and the member ended before the change";
    } else {
        f = judging_add(
            j, "db-behind-log", SEVERITY_STOP,
            "the database is %s the raft snapshot that etcd starts from, and '%016" PRIx64
            ".snap.db' is missing",
            j->picture->db.state == FACT_ABSENT ? "not there, unlike" : "older than",
            j->start_index);
        replace_remedy(j, f);
    }
    f->evidence = arena_printf(j->mem, "database at raft index %" PRIu64 ", snapshot at %" PRIu64,
                               index, j->start_index);
}

/* Entries up to the database's index count as applied: what is written meanwhile is not. The first is
 * a new leader's own, which changes nothing. */
static void
rule_db_ahead(struct judging *j)
{
    enum severity severity = ahead_severity(j);
    struct dir_finding *f;
    uint64_t index;

    if (!db_index(j, &index) || index <= j->last_index)
        return;
    if (index == j->last_index + 1)
        severity = SEVERITY_NOTE;
    f = judging_add(
        j, "db-ahead-of-log", severity, "the database is ahead of the log: %s",
        severity == SEVERITY_NOTE   ? "by one entry, which the next leader's first replaces"
        : severity == SEVERITY_STOP ? "etcd does not become ready until the log has caught up"
                                    : "what is written next is not stored until the log has "
                                      "caught up");
    f->evidence = arena_printf(j->mem, "database at raft index %" PRIu64 ", log at %" PRIu64, index,
                               j->last_index);
    if (severity == SEVERITY_NOTE)
        return;
    f->remedy = "the two are not of one moment: find the log that belongs to the database, else "
                "restore from the database";
    f->command = restore_command(j);
}

static void
rule_db_rebuilt(struct judging *j)
{
    if (j->picture->db.state != FACT_ABSENT || j->start_index > 0 || j->picture->wal.begins_at > 0)
        return;
    judging_add(j, "db-rebuilt", SEVERITY_NOTE,
                "there is no database: etcd makes it from the log, which has all entries")
        ->evidence = arena_printf(j->mem, "entries 1 to %" PRIu64, j->last_index);
}

void
rules_of_log(struct judging *j)
{
    switch (j->picture->wal.state) {
    case FACT_UNKNOWN:
        rule_log_unreadable(j);
        return;
    case FACT_ABSENT:
        rule_log_absent(j);
        return;
    case FACT_KNOWN:
        break;
    }
    rule_log_damage(j);
    rule_log_begins_late(j);
    rule_commit_beyond(j);
    rule_snap_broken(j);
    rule_snap_orphaned(j);
    rule_db_behind(j);
    rule_db_ahead(j);
    rule_db_rebuilt(j);
}
