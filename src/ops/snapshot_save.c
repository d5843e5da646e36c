#include "ops/snapshot_save.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/time.h"
#include "format/db_snapshot.h"

static bool
receive_and_check(struct arena *mem, const struct etcd_options *etcd,
                  const struct cluster_view *view, int fd, const char *part,
                  const struct observer *observer, struct snapshot_saved *saved, struct error *e)
{
    const struct db_snapshot_options options = {0};
    struct snapshot_received received;
    struct db_snapshot_report report;
    int64_t started_ms;

    if (!snapshot_receive(mem, etcd, view, fd, part, observer, &received, e))
        return false;
    started_ms = time_monotonic_ms();
    observer_progress(observer, "checking", NULL, 0, received.size_bytes);
    if (!db_snapshot_verify(mem, part, &options, &report, e) ||
        !db_snapshot_require_good(&report, e))
        return false;
    *saved = (struct snapshot_saved){
        .source_label = view_member_label(mem, view, received.source->member.id),
        .source_endpoint = received.source->endpoint,
        .storage_version = received.storage_version,
        .size_bytes = received.size_bytes,
        .revision = report.summary.current_revision,
        .stream_ms = received.took_ms,
        .check_ms = time_monotonic_ms() - started_ms,
    };
    return true;
}

/* With the claimed part file: from the stream to the final name. */
static bool
save_to(struct arena *mem, const struct etcd_options *etcd, int fd, const char *part,
        const char *path, const struct observer *observer, struct snapshot_saved *saved,
        struct error *e)
{
    struct cluster_view view;

    if (!cluster_view_fetch(mem, etcd, &view, e) ||
        !receive_and_check(mem, etcd, &view, fd, part, observer, saved, e))
        return false;
    if (rename(part, path) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    return true;
}

bool
snapshot_save(struct arena *mem, const struct etcd_options *etcd, const char *path,
              const struct observer *observer, struct snapshot_saved *ret_saved, struct error *e)
{
    AUTO_FD fd = -1;
    const char *part = arena_printf(mem, "%s.part", path);
    struct snapshot_saved saved;
    struct stat st;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return error_set(e, ERROR_EXISTS, "'%s': is there, and is not a plain file", path);
    if (!snapshot_file_claim(part, &fd, e))
        return false;
    if (!save_to(mem, etcd, fd, part, path, observer, &saved, e)) {
        unlink(part);
        return false;
    }
    if (!dir_sync_parent(path, e))
        return false;
    *ret_saved = saved;
    return true;
}
