#include "ops/wal_repair.h"

#include <errno.h>
#include <inttypes.h>

#include "base/file_draft.h"
#include "base/io.h"
#include "format/data_dir.h"
#include "format/db_file.h"
#include "format/wal/wal_segment.h"
#include "format/wal/wal_summary.h"
#include "ops/salvage_copy.h"

#define BROKEN_SUFFIX ".broken"

/* A server holds the lock of its database and of its last segments. */
static bool
stopped_check(const struct data_dir *dir, const char *segment, int *ret_db, int *ret_segment,
              struct error *e)
{
    if (path_exists(dir->db_path) &&
        !db_file_lock(dir->db_path, DB_FILE_READ, DB_FILE_WAIT_NOT, ret_db, e))
        return false;
    return db_file_lock(segment, DB_FILE_CHANGE, DB_FILE_WAIT_NOT, ret_segment, e);
}

static bool
damage_judge(const struct wal_damage *damage, struct error *e)
{
    if (damage->kind == WAL_UNEXPECTED_EOF && damage->repairable)
        return true;
    error_set_(e, ERROR_REFUSED, 0, "'%s': byte %" PRIu64 ": %s: no torn end, and not to be cut",
               damage->path, damage->offset, wal_damage_words(damage->kind));
    return error_hint(e,
                      "what stands behind may be committed: replace the member where the others "
                      "live; otherwise 'quorate salvage --data-dir DIR --output FILE' rescues the "
                      "database");
}

/* A name that nothing has: what an earlier repair kept stays. */
static const char *
broken_name(struct arena *mem, const char *segment)
{
    const char *name = arena_printf(mem, "%s" BROKEN_SUFFIX, segment);

    for (unsigned n = 2; path_exists(name); n++)
        name = arena_printf(mem, "%s" BROKEN_SUFFIX ".%u", segment, n);
    return name;
}

static bool
segment_copy(int from, const char *from_path, const char *to_path, struct error *e)
{
    static const struct observer silent = {.context = NULL};
    AUTO_FILE_DRAFT draft = FILE_DRAFT_INIT;
    struct salvage_copied copied;

    if (!file_draft_open(to_path, &draft, e) ||
        !salvage_copy(from, from_path, draft.fd, to_path, &silent, &copied, e))
        return false;
    if (copied.unreadable_bytes > 0)
        return error_set(e, ERROR_IO, "'%s': %" PRIu64 " bytes of it cannot be read", from_path,
                         copied.unreadable_bytes);
    return file_draft_keep_new(&draft, e);
}

static bool
segment_cut(int fd, const struct wal_repair_result *result, struct error *e)
{
    if (!segment_copy(fd, result->segment, result->kept_as, e))
        return false;
    if (ftruncate(fd, (off_t)result->cut_at) != 0)
        return error_set_errno(e, errno, "'%s'", result->segment);
    return file_sync(fd, result->segment, e);
}

/* Reads the log to its end: from the oldest segment that is left. */
static bool
log_read(struct arena *mem, const struct data_dir *dir, const char **ret_last,
         struct wal_summary *ret_summary, struct error *e)
{
    struct wal_segment *segments;
    size_t count;

    if (!wal_segments_list(mem, dir->wal_dir, &segments, &count, e))
        return false;
    *ret_last = segments[count - 1].path;
    return wal_read(mem, dir->wal_dir, segments[0].first_index, NULL, NULL, ret_summary, e);
}

/* What a server finds when it starts. */
static bool
repaired_verify(struct arena *mem, const struct data_dir *dir, struct error *e)
{
    struct wal_summary summary;
    const char *last;

    if (!log_read(mem, dir, &last, &summary, e))
        return false;
    if (summary.damage.kind != WAL_INTACT)
        return error_set(e, ERROR_VERIFY, "'%s': byte %" PRIu64 ": %s, after it was cut", last,
                         summary.damage.offset, wal_damage_words(summary.damage.kind));
    return true;
}

bool
wal_repair(struct arena *mem, const struct wal_repair_request *request,
           struct wal_repair_result *ret_result, struct error *e)
{
    struct wal_repair_result result = {.was_torn = false};
    struct wal_summary summary;
    AUTO_FD db = -1;
    AUTO_FD segment = -1;
    struct data_dir dir;
    uint64_t size;

    data_dir_locate(mem, request->data_dir, request->wal_dir, &dir);
    if (!log_read(mem, &dir, &result.segment, &summary, e) ||
        !stopped_check(&dir, result.segment, &db, &segment, e))
        return false;
    if (summary.damage.kind != WAL_INTACT) {
        if (!damage_judge(&summary.damage, e) || !file_size(segment, result.segment, &size, e))
            return false;
        result.was_torn = true;
        result.cut_at = summary.damage.offset;
        result.cut_bytes = size - result.cut_at;
        result.last_index = summary.last_index;
        result.commit = summary.state.commit;
        result.kept_as = broken_name(mem, result.segment);
        if (!request->dry_run &&
            (!segment_cut(segment, &result, e) || !repaired_verify(mem, &dir, e)))
            return false;
    }
    *ret_result = result;
    return true;
}
