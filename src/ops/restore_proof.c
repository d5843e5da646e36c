#include "ops/restore_proof.h"

#include <inttypes.h>
#include <string.h>

#include "base/io.h"
#include "format/backend/backend.h"
#include "format/bbolt/bbolt.h"
#include "format/bbolt/bbolt_check.h"
#include "format/key_row.h"
#include "format/raft/raft_snap.h"
#include "format/v2_store.h"
#include "format/wal/wal_summary.h"
#include "ops/restore_database.h"

static bool
number_check(const char *path, const char *what, uint64_t got, uint64_t expected, struct error *e)
{
    if (got == expected)
        return true;
    return error_set(e, ERROR_VERIFY, "'%s': %s is %" PRIu64 ", expected %" PRIu64, path, what, got,
                     expected);
}

static bool
id_check(const char *path, const char *what, uint64_t got, uint64_t expected, struct error *e)
{
    if (got == expected)
        return true;
    return error_set(e, ERROR_VERIFY, "'%s': %s is %" PRIx64 ", expected %" PRIx64, path, what, got,
                     expected);
}

static bool
voters_check(const char *path, const uint64_t *voters, size_t count,
             const struct initial_cluster *cluster, struct error *e)
{
    if (!number_check(path, "number of voters", count, cluster->count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!id_check(path, "voter", voters[i], cluster->members[i].id, e))
            return false;
    }
    return true;
}

static bool
wal_check(struct arena *tmp, const char *wal_dir, const struct restore_expectation *expected,
          struct wal_summary *ret_summary, struct error *e)
{
    uint64_t last = expected->cluster->count;
    const struct wal_snapshot *newest;

    if (!wal_read(tmp, wal_dir, 0, NULL, NULL, ret_summary, e) ||
        !wal_damage_check(&ret_summary->damage, e) ||
        !id_check(wal_dir, "member id", ret_summary->metadata.node_id, expected->member_id, e) ||
        !id_check(wal_dir, "cluster id", ret_summary->metadata.cluster_id,
                  expected->cluster->cluster_id, e) ||
        !number_check(wal_dir, "last raft index", ret_summary->last_index, last, e) ||
        !number_check(wal_dir, "committed raft index", ret_summary->state.commit, last, e))
        return false;
    newest = wal_summary_newest_snapshot(ret_summary);
    return number_check(wal_dir, "newest snapshot record", newest == NULL ? 0 : newest->index, last,
                        e);
}

static bool
urls_check(const char *path, const struct initial_member *member, const char *const *urls,
           size_t count, struct error *e)
{
    if (!number_check(path, "number of peer URLs", count, member->urls.count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(urls[i], member->urls.items[i]) != 0)
            return error_set(e, ERROR_VERIFY,
                             "'%s': member %" PRIx64 " has peer URL %s, expected %s", path,
                             member->id, urls[i], member->urls.items[i]);
    }
    return true;
}

static bool
snap_check(struct arena *tmp, const char *snap_dir, const struct restore_expectation *expected,
           const struct wal_summary *wal, struct error *e)
{
    const struct initial_cluster *cluster = expected->cluster;
    struct v2_membership membership;
    struct raft_snap snap;
    const char *name;

    if (!raft_snap_load_newest(tmp, snap_dir, wal->snapshots, wal->snapshot_count, &name, &snap, e))
        return false;
    if (name == NULL)
        return error_set(e, ERROR_VERIFY, "'%s': no raft snapshot that the WAL knows", snap_dir);
    if (!number_check(name, "raft index", snap.metadata.index, cluster->count, e) ||
        !voters_check(name, snap.metadata.conf_state.voters.items,
                      snap.metadata.conf_state.voters.count, cluster, e) ||
        !v2_store_decode(tmp, snap.store, &membership, e) ||
        !number_check(name, "number of members", membership.member_count, cluster->count, e))
        return false;
    for (size_t i = 0; i < cluster->count; i++) {
        const struct v2_member *m = &membership.members[i];

        if (!id_check(name, "member id", m->id, cluster->members[i].id, e) ||
            !urls_check(name, &cluster->members[i], m->peer_urls, m->peer_url_count, e))
            return false;
    }
    return true;
}

static const struct initial_member *
member_by_id(const struct initial_cluster *cluster, uint64_t id)
{
    for (size_t i = 0; i < cluster->count; i++) {
        if (cluster->members[i].id == id)
            return &cluster->members[i];
    }
    return NULL;
}

static bool
members_check(const char *path, const struct backend_info *info,
              const struct initial_cluster *cluster, struct error *e)
{
    if (!number_check(path, "number of members", info->member_count, cluster->count, e) ||
        !number_check(path, "number of removed members", info->removed_member_count, 0, e))
        return false;
    for (size_t i = 0; i < info->member_count; i++) {
        const struct backend_member *m = &info->members[i];
        const struct initial_member *wanted = member_by_id(cluster, m->id);

        if (wanted == NULL || strcmp(m->name, wanted->name) != 0)
            return error_set(e, ERROR_VERIFY, "'%s': unexpected member %" PRIx64 " '%s'", path,
                             m->id, m->name);
        if (!urls_check(path, wanted, m->peer_urls, m->peer_url_count, e))
            return false;
    }
    return true;
}

static bool
revision_check(const struct bbolt *db, const struct backend_info *info, int64_t expected,
               struct error *e)
{
    int64_t revision;

    return restore_revision_read(db, info, &revision, e) &&
           number_check(db->name, "revision", (uint64_t)revision, (uint64_t)expected, e);
}

/* The rows of "key", on which a server would not start; of a file without checksum only they tell. */
struct rows_check {
    const struct bbolt *db;
    bool is_key;
    bool begun;
    struct revision_key last;
    bool bad;
    struct error error; /* of the first bad row */
};

static void
bucket_came(void *context, const struct bbolt_bucket *bucket, unsigned part_count UNUSED)
{
    struct rows_check *rows = context;

    rows->is_key = bytes_equal_text(bucket->name, BACKEND_BUCKET_KEY);
}

static void
row_came(void *context, unsigned part UNUSED, const struct bbolt_row *row)
{
    struct rows_check *rows = context;
    struct error problem = ERROR_INIT;
    struct key_row key_row;

    if (!rows->is_key || rows->bad)
        return;
    if (!key_row_decode(row, &key_row, &problem) ||
        !key_row_judge(&key_row, rows->begun ? &rows->last : NULL, &problem)) {
        rows->bad = !key_row_error(rows->db, row, &problem, &rows->error);
        return;
    }
    rows->begun = true;
    rows->last = key_row.revision;
}

static bool
structure_check(const struct bbolt *db, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct rows_check rows = {.db = db};
    const struct bbolt_visitor visitor = {&rows, bucket_came, row_came};
    const struct bbolt_check_options options = {.most_findings = 1, .visitor = &visitor};
    struct bbolt_check_report report;

    bbolt_check_visit(&tmp, db, &options, &report);
    if (report.found > 0)
        return error_set(e, ERROR_VERIFY, "'%s': %s", db->name, report.findings[0].text);
    return !rows.bad || error_set(e, ERROR_VERIFY, "%s", rows.error.text);
}

static bool
db_check(struct arena *tmp, const char *path, const struct restore_expectation *expected,
         struct error *e)
{
    AUTO_FILE_MAP map = FILE_MAP_INIT;
    const struct initial_cluster *cluster = expected->cluster;
    struct backend_info info;
    struct bbolt db;

    if (!file_map_open(path, &map, e) || !bbolt_open(file_map_bytes(&map), path, &db, e) ||
        (expected->whole_structure && !structure_check(&db, e)) ||
        !backend_info_read(tmp, &db, &info, e))
        return false;
    if (db.size_bytes < expected->size_bytes)
        return error_set(e, ERROR_VERIFY, "'%s': %" PRIu64 " bytes, expected %" PRIu64, path,
                         db.size_bytes, expected->size_bytes);
    return number_check(path, "consistent index", info.consistent_index, cluster->count, e) &&
           number_check(path, "term", info.term, 1, e) &&
           voters_check(path, info.conf_state.voters.items, info.conf_state.voters.count, cluster,
                        e) &&
           members_check(path, &info, cluster, e) &&
           (!expected->no_alarms ||
            number_check(path, "number of alarms", info.alarm_count, 0, e)) &&
           revision_check(&db, &info, expected->revision, e);
}

bool
restore_verify_dir(const char *data_dir, const char *wal_dir,
                   const struct restore_expectation *expected, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *snap_dir = path_join(&tmp, data_dir, "member/snap");
    struct wal_summary wal;

    return wal_check(&tmp, wal_dir, expected, &wal, e) &&
           snap_check(&tmp, snap_dir, expected, &wal, e) &&
           db_check(&tmp, path_join(&tmp, snap_dir, "db"), expected, e);
}
