/* The snapshot stream: one gRPC call without deadline, watched by a timer that each message moves. */
#include "etcd/snapshot.h"

#include <inttypes.h>
#include <string.h>

#include "etcd/message/maintenance_message.h"
#include "etcd/stream.h"

enum {
    /* bbolt's pages are multiples of this, and the digest is all that comes behind them. */
    SECTOR_BYTES = 512,
};

/* One snapshot under way. */
struct receiver {
    struct etcd_stream stream;
    struct loop *loop;
    etcd_snapshot_sink *sink;
    void *context;
    struct etcd_snapshot_info info;
    int64_t stall_timeout_ms;
    struct loop_timer stall;
    bool stalled;
    bool broken; /* by the sink or by a malformed message: 'error' has it */
    bool done;
    struct error error;
};

static const char *
receiver_url(const struct receiver *r)
{
    return r->stream.endpoint->url;
}

static void
receiver_stalled(void *context)
{
    struct receiver *r = context;

    r->stalled = true;
    etcd_stream_cancel(&r->stream);
}

static void
stall_watch(struct receiver *r)
{
    loop_timer_set(r->loop, &r->stall, loop_now_ms(r->loop) + r->stall_timeout_ms, receiver_stalled,
                   r);
}

static void
version_keep(struct receiver *r, struct bytes version)
{
    if (version.size >= sizeof(r->info.version))
        version.size = sizeof(r->info.version) - 1;
    if (version.size > 0)
        memcpy(r->info.version, version.data, version.size);
    r->info.version[version.size] = '\0';
}

static bool
blob_take(struct receiver *r, struct bytes message)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_snapshot_response response;

    if (!message_decode(&tmp, &etcd_snapshot_response_message, message, &response, &r->error))
        return error_wrap(&r->error, "endpoint '%s'", receiver_url(r));
    version_keep(r, response.version);
    if (!r->sink(r->context, response.blob, response.remaining_bytes, &r->error))
        return false;
    r->info.bytes += response.blob.size;
    return true;
}

static void
message_received(void *context, struct bytes message)
{
    struct receiver *r = context;

    if (!blob_take(r, message)) {
        r->broken = true;
        loop_timer_stop(&r->stall);
        etcd_stream_cancel(&r->stream);
        return;
    }
    stall_watch(r);
}

static void
stream_ended(void *context)
{
    struct receiver *r = context;

    r->done = true;
    loop_timer_stop(&r->stall);
}

static bool
receiver_error(const struct receiver *r, struct error *e)
{
    if (r->broken) {
        *e = r->error;
        return false;
    }
    if (r->stalled) {
        error_set(e, ERROR_TIMEOUT, "endpoint '%s': nothing came for %" PRId64 " ms",
                  receiver_url(r), r->stall_timeout_ms);
        error_hint(e, "the member or its disk stands still: ask another member");
    } else {
        etcd_stream_error(&r->stream, e);
    }
    if (r->info.bytes == 0)
        return false;
    return error_wrap(e, "snapshot incomplete after %" PRIu64 " bytes", r->info.bytes);
}

static void
receiver_run(struct receiver *r, struct etcd_client *client, size_t endpoint)
{
    const struct etcd_stream_options options = {
        .path = "/etcdserverpb.Maintenance/Snapshot",
        .on_message = message_received,
        .on_end = stream_ended,
        .context = r,
    };

    etcd_stream_start(&r->stream, client, endpoint, &options);
    etcd_stream_send(&r->stream, BYTES_NONE);
    etcd_stream_half_close(&r->stream);
    stall_watch(r);
    ASSERT(loop_run(r->loop, &r->done, LOOP_FOREVER));
}

bool
etcd_snapshot(struct etcd_client *client, size_t endpoint, int64_t stall_timeout_ms,
              etcd_snapshot_sink *sink, void *context, struct etcd_snapshot_info *ret_info,
              struct error *e)
{
    struct receiver r = {
        .loop = client->loop,
        .sink = sink,
        .context = context,
        .stall_timeout_ms = stall_timeout_ms,
    };

    receiver_run(&r, client, endpoint);
    if (r.broken || r.stalled || !etcd_stream_ok(&r.stream))
        return receiver_error(&r, e);
    if (r.info.bytes % SECTOR_BYTES != ETCD_SNAPSHOT_DIGEST_BYTES) {
        error_set(e, ERROR_CORRUPT,
                  "endpoint '%s': the snapshot of %" PRIu64 " bytes ends without its digest",
                  receiver_url(&r), r.info.bytes);
        return error_hint(e, "take it again, or from another member");
    }
    *ret_info = r.info;
    return true;
}
