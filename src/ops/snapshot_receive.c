#include "ops/snapshot_receive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/time.h"
#include "cluster/rules.h"
#include "format/db_snapshot_stream.h"

/* The kernel is told to start writing this often, so that the last sync has little left to do. */
enum { WRITEBACK_STEP_BYTES = 8 << 20 };

struct receiver {
    const char *path;
    int fd;
    const struct observer *observer;
    struct db_snapshot_stream digest; /* of the database, against the trailer */
    uint64_t written;
    uint64_t pushed; /* handed to the disk so far */
};

static bool
blob_take(void *context, struct bytes blob, uint64_t remaining_bytes, struct error *e)
{
    struct receiver *r = context;

    db_snapshot_stream_feed(&r->digest, blob);
    if (!fd_write_all(r->fd, r->path, blob.data, blob.size, e))
        return false;
    r->written += blob.size;
    if (r->written - r->pushed >= WRITEBACK_STEP_BYTES) {
        /* Only a hint: what it does not do, the sync at the end does. */
        (void)sync_file_range(r->fd, (off_t)r->pushed, (off_t)(r->written - r->pushed),
                              SYNC_FILE_RANGE_WRITE);
        r->pushed = r->written;
    }
    observer_progress(r->observer, "streaming", NULL, r->written, r->written + remaining_bytes);
    return true;
}

static bool
stream_from(struct etcd_client *client, size_t endpoint, struct receiver *r,
            struct snapshot_received *received, struct etcd_snapshot_info *info, struct error *e)
{
    uint8_t digest[SHA256_SIZE];

    if (ftruncate(r->fd, 0) != 0 || lseek(r->fd, 0, SEEK_SET) != 0)
        return error_set_errno(e, errno, "'%s'", r->path);
    r->written = 0;
    r->pushed = 0;
    db_snapshot_stream_init(&r->digest);
    if (!etcd_snapshot(client, endpoint, SNAPSHOT_STALL_TIMEOUT_MS, blob_take, r, info, e) ||
        !db_snapshot_stream_finish(&r->digest, r->path, digest, e) ||
        !file_sync(r->fd, r->path, e)) {
        db_snapshot_stream_release(&r->digest);
        return false;
    }
    db_snapshot_stream_release(&r->digest);
    memcpy(received->db_sha256, digest, sizeof(digest));
    received->size_bytes = info->bytes;
    return true;
}

/* What no other member can mend: our own disk. */
static bool
failure_is_ours(const struct error *e)
{
    return e->code == ERROR_NO_SPACE || e->code == ERROR_PERMISSION || e->code == ERROR_IO ||
           e->code == ERROR_CANCELLED;
}

bool
snapshot_file_claim(const char *path, int *ret_fd, struct error *e)
{
    if (!file_open(path, O_WRONLY | O_CREAT, 0600, ret_fd, e)) {
        if (e->code == ERROR_NOT_FOUND)
            error_hint_(e, "make the directory first");
        return false;
    }
    if (flock(*ret_fd, LOCK_EX | LOCK_NB) != 0)
        return error_set(e, ERROR_LOCKED, "'%s': another process is writing it", path);
    return true;
}

bool
snapshot_receive(struct arena *mem, const struct etcd_options *etcd,
                 const struct cluster_view *view, int fd, const char *path,
                 const struct observer *observer, struct snapshot_received *ret_received,
                 struct error *e)
{
    const struct member_view **sources;
    size_t count;

    if (!rule_backup_sources(mem, view, &sources, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        AUTO_ETCD_CLIENT client = NULL;
        struct etcd_options one = *etcd;
        struct receiver r = {.path = path, .fd = fd, .observer = observer};
        struct snapshot_received received = {.source = sources[i]};
        struct etcd_snapshot_info info;
        int64_t started_ms = time_monotonic_ms();
        int64_t started_cpu_ms = time_cpu_ms();
        const char *label = view_member_label(mem, view, sources[i]->member.id);

        one.endpoints = &sources[i]->endpoint;
        one.endpoint_count = 1;
        observer_note(observer, "streaming from %s (%s)", label, sources[i]->endpoint);
        if (etcd_client_open(&one, &client, e) && stream_from(client, 0, &r, &received, &info, e)) {
            received.storage_version = arena_text(mem, info.version);
            received.took_ms = time_monotonic_ms() - started_ms;
            log_debug("streamed %llu bytes in %lld ms, %lld ms of processor time",
                      (unsigned long long)received.size_bytes, (long long)received.took_ms,
                      (long long)(time_cpu_ms() - started_cpu_ms));
            *ret_received = received;
            return true;
        }
        error_wrap(e, "snapshot from %s", label);
        if (failure_is_ours(e) || i + 1 == count)
            return false;
        observer_note(observer, "%s; trying the next member", e->text);
    }
    return false;
}
