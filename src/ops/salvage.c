#include "ops/salvage.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>

#include "base/file_draft.h"
#include "base/io.h"
#include "format/data_dir.h"
#include "format/db_file.h"

enum { SLACK_BYTES = 1 << 20 };

#define SNAP_DB_SUFFIX ".snap.db"

struct salvage_work {
    struct arena *mem;
    const struct salvage_request *request;
    const struct observer *observer;
    struct salvage_result *result;
    int source;             /* the original; holds its lock */
    struct file_draft copy; /* of it; never kept */
    struct file_map map;    /* of the copy */
    struct file_draft output;
};

/* The database, or what a leader sent and this member had not yet put in its place. */
static bool
data_dir_source(struct salvage_work *s, struct error *e)
{
    const struct salvage_request *request = s->request;
    struct error missing = ERROR_INIT;
    struct data_dir dir;
    const char **names;
    size_t count;

    if (data_dir_find(s->mem, request->data_dir, request->wal_dir, &dir, &missing)) {
        s->result->source = dir.db_path;
        return true;
    }
    data_dir_locate(s->mem, request->data_dir, request->wal_dir, &dir);
    if (missing.code == ERROR_NOT_FOUND && dir_list(s->mem, dir.snap_dir, &names, &count, e)) {
        for (size_t i = count; i > 0; i--) {
            if (strstr(names[i - 1], SNAP_DB_SUFFIX) != NULL) {
                s->result->source = path_join(s->mem, dir.snap_dir, names[i - 1]);
                return true;
            }
        }
    }
    *e = missing;
    return false;
}

static bool
source_find(struct salvage_work *s, struct error *e)
{
    const struct salvage_request *request = s->request;

    if (request->data_dir != NULL && request->data_dir[0] != '\0')
        return data_dir_source(s, e);
    s->result->source = request->db_path;
    return true;
}

/* Copy and result stand side by side until the work is done. */
static bool
room_check(const struct salvage_work *s, const char *dir, struct error *e)
{
    struct statvfs vfs;
    uint64_t size;
    uint64_t free_bytes;

    if (!file_size(s->source, s->result->source, &size, e))
        return false;
    if (statvfs(dir, &vfs) != 0)
        return error_set_errno(e, errno, "'%s'", dir);
    free_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
    if (free_bytes >= 2 * size + SLACK_BYTES)
        return true;
    error_set_(e, ERROR_NO_SPACE, 0, "'%s': %" PRIu64 " bytes are needed, %" PRIu64 " are free",
               dir, 2 * size + SLACK_BYTES, free_bytes);
    return error_hint(e, "'%s' is copied first: give --output a place with room for twice its size",
                      s->result->source);
}

static bool
source_copy(struct salvage_work *s, struct error *e)
{
    const char *dir = path_dir(s->mem, s->request->output);
    const char *copy_name = arena_printf(s->mem, "%s.source", s->request->output);

    if (path_exists(s->request->output))
        return error_set(e, ERROR_EXISTS, "'%s' exists", s->request->output);
    return source_find(s, e) &&
           db_file_lock(s->result->source, DB_FILE_READ, s->request->wait_ms, &s->source, e) &&
           room_check(s, dir, e) && file_draft_open(copy_name, &s->copy, e) &&
           salvage_copy(s->source, s->result->source, s->copy.fd, copy_name, s->observer,
                        &s->result->copied, e) &&
           file_map_open(file_draft_self(s->mem, &s->copy), &s->map, e);
}

static void
digest_judge(struct salvage_work *s)
{
    struct bytes file = file_map_bytes(&s->map);
    uint8_t digest[SHA256_SIZE];

    if (!db_snapshot_has_trailer(file.size))
        return;
    sha256_of(bytes_of(file.data, file.size - SHA256_SIZE), digest);
    s->result->digest = memcmp(digest, file.data + file.size - SHA256_SIZE, SHA256_SIZE) == 0
                            ? SALVAGE_DIGEST_RIGHT
                            : SALVAGE_DIGEST_WRONG;
}

/* etcd's snapshot form: the database, and its SHA-256 behind it. */
static bool
trailer_write(struct salvage_work *s, uint64_t size, struct error *e)
{
    AUTO_FILE_MAP map = FILE_MAP_INIT;
    uint8_t digest[SHA256_SIZE];

    if (ftruncate(s->output.fd, (off_t)size) != 0)
        return error_set_errno(e, errno, "'%s'", s->request->output);
    if (!file_map_open(file_draft_self(s->mem, &s->output), &map, e))
        return false;
    sha256_of(file_map_bytes(&map), digest);
    return fd_pwrite_all(s->output.fd, s->request->output, digest, sizeof(digest), size, e);
}

static bool
output_verify(struct salvage_work *s, struct error *e)
{
    static const struct db_snapshot_options options = {0};
    struct salvage_result *result = s->result;

    observer_progress(s->observer, "checking", NULL, 0, 0);
    if (!db_snapshot_verify(s->mem, file_draft_self(s->mem, &s->output), &options,
                            &result->snapshot, e))
        return false;
    if (db_snapshot_require_good(&result->snapshot, e))
        return true;
    e->code = ERROR_VERIFY;
    return error_wrap(e, "what was rescued is not sound");
}

static bool
rows_write(struct salvage_work *s, const struct backend_rescue *rescue, uint64_t *ret_size,
           struct error *e)
{
    if (ftruncate(s->output.fd, 0) != 0)
        return error_set_errno(e, errno, "'%s'", s->request->output);
    observer_progress(s->observer, "writing", NULL, 0, 0);
    return backend_rescue_write(rescue, s->output.fd, s->request->output, ret_size, e);
}

/* The log's entries are applied to what was rescued as to any database; then both are written. */
static bool
log_add(struct salvage_work *s, struct backend_rescue *rescue, uint64_t *size, struct error *e)
{
    const struct salvage_request *request = s->request;
    struct salvage_log *log = &s->result->log;
    struct data_dir dir;

    if (request->data_dir == NULL || request->data_dir[0] == '\0')
        return true;
    s->result->has_log = true;
    data_dir_locate(s->mem, request->data_dir, request->wal_dir, &dir);
    observer_progress(s->observer, "reading the log", NULL, 0, 0);
    return salvage_log_apply(s->mem, &dir, file_draft_self(s->mem, &s->output), rescue,
                             request->take_undecided, log, e) &&
           (!log->applied || rows_write(s, rescue, size, e));
}

static bool
rows_rescue(struct salvage_work *s, struct backend_rescue *rescue, struct error *e)
{
    uint64_t size;

    observer_progress(s->observer, "reading", NULL, 0, s->map.size);
    return backend_rescue_read(s->mem, file_map_bytes(&s->map), s->result->source, rescue, e) &&
           file_draft_open(s->request->output, &s->output, e) && rows_write(s, rescue, &size, e) &&
           log_add(s, rescue, &size, e) && trailer_write(s, size, e);
}

/* Of a member's log all that is committed has to be there, too. */
static bool
log_is_complete(const struct salvage_result *result)
{
    const struct salvage_log *log = &result->log;

    return !result->has_log ||
           (log->applied && (log->damage.kind == WAL_INTACT || log->damage.repairable));
}

static bool
salvage_run(struct salvage_work *s, struct error *e)
{
    struct backend_rescue *rescue = arena_zero(s->mem, sizeof(*rescue));
    struct salvage_result *result = s->result;
    bool ok = source_copy(s, e) && rows_rescue(s, rescue, e);

    backend_rescue_release(rescue);
    if (!ok)
        return false;
    digest_judge(s);
    result->rescue = rescue;
    result->complete =
        backend_rescue_is_complete(rescue) && result->digest != SALVAGE_DIGEST_WRONG &&
        result->copied.unreadable_bytes == 0 && !result->copied.changed && log_is_complete(result);
    return output_verify(s, e) && file_draft_keep_new(&s->output, e);
}

bool
salvage(struct arena *mem, const struct salvage_request *request, const struct observer *observer,
        struct salvage_result *ret_result, struct error *e)
{
    struct salvage_result result = {.source = NULL};
    struct salvage_work s = {
        .mem = mem,
        .request = request,
        .observer = observer,
        .result = &result,
        .source = -1,
        .copy = FILE_DRAFT_INIT,
        .map = FILE_MAP_INIT,
        .output = FILE_DRAFT_INIT,
    };
    bool ok = salvage_run(&s, e);

    file_map_close(&s.map);
    file_draft_drop(&s.copy);
    file_draft_drop(&s.output);
    fd_close(&s.source);
    if (ok)
        *ret_result = result;
    return ok;
}
