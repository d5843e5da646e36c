/* A call's life as its caller sees it: start, send, pause, cancel, deadline, end. */
#include <string.h>

#include "net/grpc_channel.h"

#define USER_AGENT "quorate/" QUORATE_VERSION

/* gRPC over HTTP/2: a time-out has at most 8 digits. */
enum { TIMEOUT_MAX_MS = 99999999 };

void
call_list_add(struct grpc_call **list, struct grpc_call *call)
{
    call->next = *list;
    call->link = list;
    if (call->next != NULL)
        call->next->link = &call->next;
    *list = call;
}

void
call_list_remove(struct grpc_call *call)
{
    if (call->link == NULL)
        return;
    *call->link = call->next;
    if (call->next != NULL)
        call->next->link = call->link;
    call->link = NULL;
}

/* Out of its list and off its connection. */
static void
call_leave(struct grpc_call *call)
{
    struct grpc_connection *connection = call->connection;

    call_list_remove(call);
    call->connection = NULL;
    if (connection != NULL)
        connection_calls_changed(connection);
}

void
call_wait(struct grpc_call *call)
{
    call_leave(call);
    call->stream_id = 0;
    call->unsent_taken = 0;
    call_list_add(&call->channel->waiting, call);
    channel_work_soon(call->channel);
}

void
call_end(struct grpc_call *call)
{
    call->ended = true;
    loop_timer_stop(&call->deadline);
    loop_timer_stop(&call->resume_soon);
    call->result.failure.elapsed_ms = loop_now_ms(call->channel->loop) - call->started_ms;
    call_leave(call);
    call_list_add(&call->channel->ended, call);
    channel_work_soon(call->channel);
}

void
call_linger(struct grpc_call *call)
{
    call->closed = true;
    call_leave(call);
    call_list_add(&call->channel->lingering, call);
}

static void
stream_cancel(struct grpc_call *call)
{
    if (call->connection != NULL && call->stream_id > 0)
        http2_cancel(&call->connection->http2, call->stream_id);
}

void
call_fail(struct grpc_call *call, enum grpc_code code, const struct net_failure *failure)
{
    struct grpc_result *r = &call->result;

    stream_cancel(call);
    r->status.code = code;
    r->failure = *failure;
    judge_add_received(&r->failure, call->received_bytes);
    snprintf(r->status.message, sizeof(r->status.message), "%s", r->failure.text);
    call_end(call);
}

void
call_free(struct grpc_call *call)
{
    struct arena mem;

    stream_cancel(call);
    call_list_remove(call);
    loop_timer_stop(&call->deadline);
    loop_timer_stop(&call->resume_soon);
    for (size_t i = 0; i < GRPC_METADATA_MAX; i++)
        secret_release(&call->values[i]);
    buf_release(&call->unsent);
    buf_release(&call->backlog);
    grpc_framing_release(&call->framing);
    mem = call->mem;
    arena_release(&mem);
}

static void
deadline_expired(void *context)
{
    struct grpc_call *call = context;
    struct grpc_connection *c =
        call->connection != NULL ? call->connection : call->channel->current;
    struct net_failure failure;

    /* While a hung-up connection is being explained, its loss is the better reason. */
    if (c != NULL && c->probe.loop != NULL)
        failure = c->lost;
    else
        judge_timeout(&failure, &call->channel->endpoint,
                      c != NULL ? connection_stage(c) : NET_STAGE_CONNECT,
                      call->options.deadline_ms);
    failure.not_processed = call->connection == NULL;
    call_fail(call, GRPC_DEADLINE_EXCEEDED, &failure);
}

static void
call_copy_options(struct grpc_call *call, const struct grpc_call_options *options)
{
    call->options = *options;
    call->options.method = arena_text(&call->mem, options->method);
    for (size_t i = 0; i < GRPC_METADATA_MAX && options->metadata[i].name != NULL; i++) {
        call->options.metadata[i].name = arena_text(&call->mem, options->metadata[i].name);
        call->options.metadata[i].value = NULL;
        secret_set(&call->values[i], bytes_of_text(options->metadata[i].value));
    }
}

struct grpc_call *
grpc_call_start(struct grpc_channel *channel, const struct grpc_call_options *options)
{
    struct arena mem = ARENA_INIT;
    struct grpc_call *call = arena_zero(&mem, sizeof(*call));

    ASSERT(!channel->closed);
    call->mem = mem;
    call->channel = channel;
    call->started_ms = loop_now_ms(channel->loop);
    call->deadline_at_ms = LOOP_FOREVER;
    call_copy_options(call, options);
    if (options->deadline_ms > 0) {
        call->deadline_at_ms = call->started_ms + options->deadline_ms;
        loop_timer_set(channel->loop, &call->deadline, call->deadline_at_ms, deadline_expired,
                       call);
    }
    call_wait(call);
    return call;
}

/* "5000m" or, when that has too many digits, "100000S". */
static const char *
timeout_text(struct arena *mem, int64_t ms)
{
    if (ms < 1)
        ms = 1;
    return ms <= TIMEOUT_MAX_MS ? arena_printf(mem, "%lldm", (long long)ms)
                                : arena_printf(mem, "%lldS", (long long)ms / 1000);
}

void
call_attach(struct grpc_call *call, struct grpc_connection *connection)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct endpoint *ep = &call->channel->endpoint;
    struct http2_header headers[HTTP2_REQUEST_HEADERS_MAX] = {
        {":method", BYTES_LITERAL("POST"), false},
        {":scheme", bytes_of_text(ep->tls ? "https" : "http"), false},
        {":path", bytes_of_text(call->options.method), false},
        {":authority", bytes_of_text(ep->authority), false},
        {"content-type", BYTES_LITERAL("application/grpc"), false},
        {"te", BYTES_LITERAL("trailers"), false},
        {"user-agent", BYTES_LITERAL(USER_AGENT), false},
    };
    size_t count = 7;

    if (call->deadline_at_ms != LOOP_FOREVER) {
        int64_t left_ms = call->deadline_at_ms - loop_now_ms(call->channel->loop);

        headers[count++] = (struct http2_header){"grpc-timeout",
                                                 bytes_of_text(timeout_text(&tmp, left_ms)), false};
    }
    for (size_t i = 0; i < GRPC_METADATA_MAX && call->options.metadata[i].name != NULL; i++)
        headers[count++] =
            (struct http2_header){call->options.metadata[i].name,
                                  bytes_of(call->values[i].text, call->values[i].size), true};

    call_list_remove(call);
    call->connection = connection;
    call_list_add(&connection->calls, call);
    call->stream_id = http2_request(&connection->http2, headers, count, call);
    connection_calls_changed(connection);
    if (call->stream_id < 0) {
        struct net_failure failure;

        judge_set(&failure, NET_FAILURE_PROTOCOL, ep, "the connection takes no more calls");
        failure.not_processed = true;
        call_fail(call, GRPC_UNAVAILABLE, &failure);
    }
}

void
grpc_call_send(struct grpc_call *call, struct bytes message)
{
    if (call->ended || call->closed || call->half_closed)
        return;
    grpc_framing_put_prefix(&call->unsent, message.size);
    buf_append_bytes(&call->unsent, message);
    if (call->connection != NULL) {
        http2_resume(&call->connection->http2, call->stream_id);
        channel_work_soon(call->channel);
    }
}

struct bytes
grpc_call_keep(struct grpc_call *call, struct arena *mem, struct bytes message)
{
    return grpc_framing_keep(&call->framing, mem, message);
}

size_t
grpc_call_unsent_bytes(const struct grpc_call *call)
{
    return call->unsent.size - call->unsent_taken;
}

void
grpc_call_half_close(struct grpc_call *call)
{
    if (call->ended || call->closed || call->half_closed)
        return;
    call->half_closed = true;
    if (call->connection != NULL) {
        http2_resume(&call->connection->http2, call->stream_id);
        channel_work_soon(call->channel);
    }
}

void
grpc_call_cancel(struct grpc_call *call)
{
    struct net_failure failure;

    if (call->ended)
        return;
    judge_set(&failure, NET_FAILURE_CANCELLED, &call->channel->endpoint, "the call was cancelled");
    call_fail(call, GRPC_CANCELLED, &failure);
}

void
grpc_call_drop(struct grpc_call *call)
{
    call->options.on_message = NULL;
    call->options.on_end = NULL;
    grpc_call_cancel(call);
}

void
grpc_call_pause(struct grpc_call *call)
{
    call->paused = true;
}

void
grpc_call_resume(struct grpc_call *call)
{
    if (call->ended || !call->paused)
        return;
    call->paused = false;
    if (!call->delivering)
        loop_timer_soon(call->channel->loop, &call->resume_soon, call_deliver_backlog, call);
}
