/* The snapshot stream: one gRPC call without deadline, watched by a timer that each message moves. */
#include "etcd/snapshot.h"

#include <inttypes.h>
#include <string.h>

#include "etcd/call.h"
#include "etcd/maintenance_message.h"
#include "etcd/rpc_error.h"

enum {
    /* bbolt's pages are multiples of this, and the digest is all that comes behind them. */
    SECTOR_BYTES = 512,
};

struct stream {
    struct etcd_endpoint *endpoint;
    struct loop *loop;
    struct grpc_call *call;
    etcd_snapshot_sink *sink;
    void *context;
    struct etcd_snapshot_info info;
    int64_t stall_timeout_ms;
    struct loop_timer stall;
    bool stalled;
    bool broken; /* by the sink or by a malformed message: 'error' has it */
    bool done;
    struct error error;
    struct grpc_result result;
};

static void
stream_stalled(void *context)
{
    struct stream *s = context;

    s->stalled = true;
    grpc_call_cancel(s->call);
}

static void
stall_watch(struct stream *s)
{
    loop_timer_set(s->loop, &s->stall, loop_now_ms(s->loop) + s->stall_timeout_ms, stream_stalled,
                   s);
}

static void
version_keep(struct stream *s, struct bytes version)
{
    if (version.size >= sizeof(s->info.version))
        version.size = sizeof(s->info.version) - 1;
    if (version.size > 0)
        memcpy(s->info.version, version.data, version.size);
    s->info.version[version.size] = '\0';
}

static bool
blob_take(struct stream *s, struct bytes message)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_snapshot_response response;

    if (!message_decode(&tmp, &etcd_snapshot_response_message, message, &response, &s->error))
        return error_wrap(&s->error, "endpoint '%s'", s->endpoint->url);
    version_keep(s, response.version);
    if (!s->sink(s->context, response.blob, response.remaining_bytes, &s->error))
        return false;
    s->info.bytes += response.blob.size;
    return true;
}

static void
stream_received(void *context, struct grpc_call *call, struct bytes message)
{
    struct stream *s = context;

    if (!blob_take(s, message)) {
        s->broken = true;
        loop_timer_stop(&s->stall);
        grpc_call_cancel(call);
        return;
    }
    stall_watch(s);
}

static void
stream_ended(void *context, struct grpc_call *call UNUSED, const struct grpc_result *result)
{
    struct stream *s = context;

    s->result = *result;
    s->done = true;
    loop_timer_stop(&s->stall);
}

static bool
stream_error(const struct stream *s, struct error *e)
{
    if (s->broken) {
        *e = s->error;
        return false;
    }
    if (s->stalled) {
        error_set(e, ERROR_TIMEOUT, "endpoint '%s': nothing came for %" PRId64 " ms",
                  s->endpoint->url, s->stall_timeout_ms);
        error_hint(e, "the member or its disk stands still: ask another member");
    } else if (s->result.failure.kind != NET_FAILURE_NONE) {
        net_failure_error(&s->result.failure, e);
    } else {
        rpc_error_set(e, &s->result.status);
        error_wrap(e, "endpoint '%s'", s->endpoint->url);
    }
    if (s->info.bytes == 0)
        return false;
    return error_wrap(e, "snapshot incomplete after %" PRIu64 " bytes", s->info.bytes);
}

static void
stream_run(struct etcd_client *client, struct stream *s, const char *token)
{
    struct grpc_call_options options = {
        .method = "/etcdserverpb.Maintenance/Snapshot",
        .on_message = stream_received,
        .on_end = stream_ended,
        .context = s,
    };

    if (token != NULL)
        options.metadata[0] = (struct grpc_metadata){"token", token};
    s->done = false;
    s->call = grpc_call_start(s->endpoint->channel, &options);
    grpc_call_send(s->call, BYTES_NONE);
    grpc_call_half_close(s->call);
    stall_watch(s);
    ASSERT(loop_run(&client->loop, &s->done, LOOP_FOREVER));
}

static bool
stream_ok(const struct stream *s)
{
    return !s->broken && !s->stalled && s->result.failure.kind == NET_FAILURE_NONE &&
           s->result.status.code == GRPC_OK;
}

/* The token we held may be gone on the server: worth a second try, when there is a user. */
static bool
token_was_refused(const struct etcd_client *client, const struct stream *s)
{
    return client->user != NULL && s->info.bytes == 0 && !s->broken && !s->stalled &&
           s->result.failure.kind == NET_FAILURE_NONE && s->result.status.code != GRPC_OK &&
           (rpc_error_flags(&s->result.status) & RPC_NEEDS_TOKEN) != 0;
}

bool
etcd_snapshot(struct etcd_client *client, size_t endpoint, int64_t stall_timeout_ms,
              etcd_snapshot_sink *sink, void *context, struct etcd_snapshot_info *ret_info,
              struct error *e)
{
    struct stream s = {
        .endpoint = &client->endpoints[endpoint],
        .loop = &client->loop,
        .sink = sink,
        .context = context,
        .stall_timeout_ms = stall_timeout_ms,
    };
    const char *token;

    ASSERT(endpoint < client->endpoint_count);
    if (!etcd_token(client, s.endpoint, &token, e))
        return false;
    stream_run(client, &s, token);
    if (token_was_refused(client, &s)) {
        secret_release(&s.endpoint->token);
        client->auth_off = false;
        if (!etcd_token(client, s.endpoint, &token, e))
            return false;
        stream_run(client, &s, token);
    }
    if (!stream_ok(&s))
        return stream_error(&s, e);
    if (s.info.bytes % SECTOR_BYTES != ETCD_SNAPSHOT_DIGEST_BYTES) {
        error_set(e, ERROR_CORRUPT,
                  "endpoint '%s': the snapshot of %" PRIu64 " bytes ends without its digest",
                  s.endpoint->url, s.info.bytes);
        return error_hint(e, "take it again, or from another member");
    }
    *ret_info = s.info;
    return true;
}
