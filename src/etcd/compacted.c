#include "etcd/compacted.h"

#include "base/time.h"
#include "etcd/message/watch_message.h"
#include "etcd/stream.h"

struct asking {
    struct etcd_stream stream;
    bool done;
    int64_t revision;
};

static void
told(void *context, struct bytes message)
{
    struct asking *asking = context;
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    struct etcd_watch_response response;

    if (!message_decode(&tmp, &etcd_watch_response_message, message, &response, &ignored))
        return;
    /* "created" comes first; what comes next is the refusal, or an event: nothing is compacted. */
    asking->revision = response.compact_revision;
    if (!response.created || response.canceled)
        asking->done = true;
}

static void
ended(void *context)
{
    struct asking *asking = context;

    asking->done = true;
}

int64_t
etcd_compact_revision_at(struct etcd_client *client, size_t endpoint, int64_t timeout_ms)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_watch_create_request create = {.key = BYTES_LITERAL("\0"), .start_revision = 1};
    struct etcd_watch_request request = {.create_request = &create};
    struct asking asking = {.done = false};
    struct etcd_stream_options options = {
        .path = "/etcdserverpb.Watch/Watch",
        .deadline_ms = time_monotonic_ms() + timeout_ms,
        .on_message = told,
        .on_end = ended,
        .context = &asking,
    };

    etcd_stream_start(&asking.stream, client, endpoint, &options);
    etcd_stream_send(&asking.stream,
                     etcd_request_encode(&tmp, &etcd_watch_request_message, &request));
    ASSERT(loop_run(client->loop, &asking.done, LOOP_FOREVER)); /* the deadline ends it */
    etcd_stream_release(&asking.stream);
    return asking.revision;
}
