#include "ops/migrate.h"

#include <inttypes.h>
#include <string.h>

#include "format/backend/backend.h"
#include "format/bbolt/bbolt_cursor.h"
#include "format/bbolt/bbolt_edit.h"
#include "format/data_dir.h"
#include "format/db_file.h"
#include "format/member_log.h"
#include "format/raft/raft_request.h"

/* The first release with a database that says enough, the first and the last with a storage version
 * of its own that is known here. */
static const struct minor_version oldest = {3, 5};
static const struct minor_version first_stored = {3, 6};
static const struct minor_version newest = {3, 7};

bool
migrate_target_parse(const char *text, struct minor_version *ret_target, struct error *e)
{
    const char *dot = strchr(text, '.');
    struct minor_version target;

    if (dot == NULL || strchr(dot + 1, '.') != NULL)
        return error_set(e, ERROR_USAGE,
                         "wrong target version format, expected \"X.Y\", got \"%s\"", text);
    if (!minor_version_parse(text, &target, e)) {
        e->code = ERROR_USAGE;
        return error_wrap(e, "failed to parse target version '%s'", text);
    }
    if (minor_version_compare(target, oldest) < 0)
        return error_set(e, ERROR_USAGE,
                         "target version \"%s\" not supported, the lowest is \"3.5\"", text);
    *ret_target = target;
    return true;
}

/* The storage version; a database of 3.5 has none but says its raft term. */
static bool
version_detect(const char *path, const struct backend_info *info, struct minor_version *ret_version,
               struct error *e)
{
    struct error ignored = ERROR_INIT;

    if (info->storage_version[0] != '\0' &&
        minor_version_parse(info->storage_version, ret_version, &ignored))
        return true;
    if (info->term == 0) {
        error_set(e, ERROR_REFUSED,
                  "'%s': missing term information: the data are of etcd 3.4 or older, or 3.5 has "
                  "not made a raft snapshot since it took them over",
                  path);
        return error_hint(e, "start the member with etcd 3.5 until it has made a raft snapshot "
                             "(--snapshot-count), then stop it and run the command again");
    }
    *ret_version = oldest;
    return true;
}

struct requirement {
    struct minor_version needed;
    uint64_t index; /* of the entry that needs it */
};

static bool
entry_judge(void *context, const struct raft_entry *entry, struct error *e)
{
    struct requirement *most = context;
    struct minor_version needed = first_stored;
    struct raft_request request;
    struct error ignored = ERROR_INIT;
    AUTO_ARENA tmp = ARENA_INIT;

    if (entry->type != RAFT_ENTRY_NORMAL || entry->data.size == 0)
        return true;
    if (!raft_request_decode(entry->data, &request, e))
        return error_wrap(e, "raft index %" PRIu64, entry->index);
    /* Of all requests only this one is younger than 3.5 (and says itself how young). */
    if (!request.has_version_test)
        return true;
    if (!minor_version_parse(arena_text_of_bytes(&tmp, request.version_test), &needed, &ignored) ||
        minor_version_compare(needed, first_stored) < 0)
        needed = first_stored;
    if (minor_version_compare(needed, most->needed) > 0)
        *most = (struct requirement){needed, entry->index};
    return true;
}

/* What the log needs at least, and that it can be read at all. */
static bool
log_judge(const struct data_dir *dir, struct requirement *ret_most, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct wal_snapshot *snapshot;
    struct member_log log;

    *ret_most = (struct requirement){{0, 0}, 0};
    if (!member_log_read(&tmp, dir, &log, e))
        return false;
    snapshot = wal_summary_newest_snapshot(&log.summary);
    if (!member_log_entries(dir, snapshot != NULL ? snapshot->index : log.begins_at, entry_judge,
                            ret_most, e))
        return error_wrap(e, "'%s'", dir->wal_dir);
    return true;
}

static bool
migration_check(const struct data_dir *dir, struct minor_version from, struct minor_version target,
                const struct requirement *most, struct error *e)
{
    struct minor_version higher = minor_version_compare(from, target) > 0 ? from : target;

    if (from.major != target.major)
        return error_set(e, ERROR_REFUSED,
                         "'%s': changing the major storage version is not "
                         "supported",
                         dir->db_path);
    if (minor_version_compare(higher, newest) > 0)
        return error_set(e, ERROR_REFUSED,
                         "'%s': version \"%" PRIu64 ".%" PRIu64 ".0\" is not supported",
                         dir->db_path, higher.major, higher.minor);
    if (minor_version_compare(target, from) < 0 &&
        minor_version_compare(target, most->needed) < 0) {
        error_set(e, ERROR_REFUSED,
                  "'%s': cannot downgrade storage, WAL contains newer entries: raft index %" PRIu64
                  " needs etcd %" PRIu64 ".%" PRIu64,
                  dir->wal_dir, most->index, most->needed.major, most->needed.minor);
        return error_hint(e, "start the member with its own release until it has made a raft "
                             "snapshot behind that entry, then run the command again");
    }
    return true;
}

/* "meta" without the storage version. */
static bool
other_rows_read(struct arena *mem, const struct bbolt *db, struct bbolt_change *change,
                struct error *e)
{
    ARRAY(struct bbolt_row) rows = ARRAY_INIT;
    struct bbolt_bucket bucket;
    struct bbolt_cursor c;
    struct bbolt_row row;

    if (!bbolt_bucket_find(db, change->bucket, &bucket, e))
        return false;
    bbolt_cursor_init(&c, &bucket);
    while (bbolt_cursor_next(&c, &row, e)) {
        if (!bytes_equal_text(row.key, BACKEND_STORAGE_VERSION))
            *ARRAY_PUSH(mem, &rows) = row;
    }
    change->rows = rows.items;
    change->row_count = rows.count;
    return !c.failed;
}

static bool
version_write(const struct db_file *file, struct minor_version target, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_row row = {.key = BYTES_LITERAL(BACKEND_STORAGE_VERSION)};
    struct bbolt_change change = {BBOLT_PUT_ROWS, BYTES_LITERAL(BACKEND_BUCKET_META), &row, 1};
    struct bbolt_edit edit;

    row.value =
        bytes_of_text(arena_printf(&tmp, "%" PRIu64 ".%" PRIu64 ".0", target.major, target.minor));
    if (minor_version_compare(target, first_stored) < 0) {
        change.kind = BBOLT_REPLACE_ROWS;
        if (!other_rows_read(&tmp, &file->db, &change, e))
            return false;
    }
    return bbolt_edit_build(&tmp, &file->db, &change, 1, &edit, e) &&
           bbolt_edit_apply_in_place(&edit, file->fd, file->db.name, e);
}

/* Reads it back from the file. */
static bool
version_verify(const char *path, struct minor_version target, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_FILE_MAP map = FILE_MAP_INIT;
    struct minor_version found;
    struct backend_info info;
    struct bbolt db;

    if (!file_map_open(path, &map, e) || !bbolt_open(file_map_bytes(&map), path, &db, e) ||
        !backend_info_read(&tmp, &db, &info, e) || !version_detect(path, &info, &found, e))
        return false;
    if (minor_version_compare(found, target) != 0)
        return error_set(e, ERROR_VERIFY,
                         "'%s': the storage version is %" PRIu64 ".%" PRIu64 " after the change",
                         path, found.major, found.minor);
    return true;
}

/* The other thing that keeps an older release from starting, which no tool for files can change: the
 * log would bring it back. */
static const char *
cluster_version_above(struct arena *mem, const struct backend_info *info,
                      struct minor_version target)
{
    struct minor_version cluster;
    struct error ignored = ERROR_INIT;

    if (info->downgrade_enabled || info->cluster_version[0] == '\0' ||
        !minor_version_parse(info->cluster_version, &cluster, &ignored) ||
        minor_version_compare(cluster, target) <= 0)
        return NULL;
    return arena_text(mem, info->cluster_version);
}

static bool
migrate_open(struct arena *mem, const struct migrate_request *request, const struct data_dir *dir,
             const struct db_file *file, struct migrate_result *result, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct requirement most;
    struct backend_info info;

    if (!backend_info_read(&tmp, &file->db, &info, e) ||
        !version_detect(dir->db_path, &info, &result->from, e))
        return false;
    result->cluster_version = cluster_version_above(mem, &info, request->target);
    if (minor_version_compare(result->from, request->target) == 0)
        return true;
    if (!log_judge(dir, &most, e))
        return false;
    if (!migration_check(dir, result->from, request->target, &most, e)) {
        if (!request->force)
            return false;
        result->forced = arena_text(mem, e->text);
        error_clear(e);
    }
    result->changed = true;
    return version_write(file, request->target, e);
}

bool
migrate_data_dir(struct arena *mem, const struct migrate_request *request,
                 struct migrate_result *ret_result, struct error *e)
{
    AUTO_DB_FILE file = DB_FILE_INIT;
    struct migrate_result result = {.forced = NULL};
    struct data_dir dir;

    if (!data_dir_find(mem, request->data_dir, NULL, &dir, e) ||
        !db_file_open(dir.db_path, DB_FILE_CHANGE, request->wait_ms, &file, e) ||
        !migrate_open(mem, request, &dir, &file, &result, e) ||
        (result.changed && !version_verify(dir.db_path, request->target, e)))
        return false;
    *ret_result = result;
    return true;
}
