/* What a call's stream brings: headers, messages, trailers, its end. */
#include <string.h>

#include "net/grpc_channel.h"

bool
call_has_backlog(const struct grpc_call *call)
{
    return call->backlog.size > call->backlog_taken;
}

/* Ends the call with a failure that is the peer's fault. */
static void
call_refuse(struct grpc_call *call, enum grpc_code code, enum net_failure_kind kind,
            const char *text)
{
    struct net_failure failure;

    judge_set(&failure, kind, &call->channel->endpoint, "%s", text);
    call_fail(call, code, &failure);
}

/* A small decimal number; false when it is anything else. */
static bool
number_of(struct bytes text, unsigned *ret_number)
{
    unsigned number = 0;

    if (text.size == 0 || text.size > 3)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (unsigned)(text.data[i] - '0');
    }
    *ret_number = number;
    return true;
}

/* Percent-decoding, as gRPC over HTTP/2 wants it: what is no valid escape stays as it is. Control
 * characters become blanks, for the text goes to people's terminals. */
static void
message_decode(struct bytes value, char *ret_text, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < value.size && used + 1 < size; i++) {
        uint8_t c = value.data[i];

        if (c == '%' && i + 2 < value.size) {
            char digits[3] = {(char)value.data[i + 1], (char)value.data[i + 2], '\0'};

            if (hex_decode(digits, &c, 1))
                i += 2;
        }
        ret_text[used++] = c < ' ' || c == 0x7f ? ' ' : (char)c;
        if (used + 1 == size && i + 1 < value.size)
            memcpy(ret_text + used - 3, "...", 3);
    }
    ret_text[used] = '\0';
}

void
call_on_header(void *stream, struct bytes name, struct bytes value)
{
    struct grpc_call *call = stream;
    struct grpc_status *status = &call->result.status;
    unsigned number;

    call->header_bytes += name.size + value.size;
    if (call->header_bytes > HTTP2_HEADERS_MAX_BYTES) {
        call_refuse(call, GRPC_INTERNAL, NET_FAILURE_PROTOCOL,
                    "the headers of the answer are too large");
    } else if (bytes_equal_text(name, ":status")) {
        call->http_status = number_of(value, &number) ? number : 0;
    } else if (bytes_equal_text(name, "content-type")) {
        call->is_grpc = bytes_starts_with(value, BYTES_LITERAL("application/grpc"));
    } else if (bytes_equal_text(name, "grpc-status")) {
        call->has_status = true;
        status->code = number_of(value, &number) && number <= GRPC_UNAUTHENTICATED
                           ? (enum grpc_code)number
                           : GRPC_UNKNOWN;
    } else if (bytes_equal_text(name, "grpc-message")) {
        message_decode(value, status->message, sizeof(status->message));
    }
}

static uint64_t
receive_limit(const struct grpc_call *call)
{
    uint64_t limit = call->options.receive_limit_bytes;

    return limit > 0 ? limit : call->channel->options.receive_limit_bytes;
}

static void
call_refuse_framing(struct grpc_call *call, enum grpc_framing_result result)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (result == GRPC_FRAMING_COMPRESSED)
        call_refuse(call, GRPC_INTERNAL, NET_FAILURE_PROTOCOL,
                    "the answer is compressed, though that was not offered");
    else
        call_refuse(call, GRPC_RESOURCE_EXHAUSTED, NET_FAILURE_TOO_LARGE,
                    arena_printf(&tmp, "a message of %llu bytes is above the limit of %llu",
                                 (unsigned long long)call->framing.size,
                                 (unsigned long long)receive_limit(call)));
}

/* Delivers messages until the input is used up, or the call is paused or over; returns how many
 * bytes were taken. */
static size_t
call_feed(struct grpc_call *call, struct bytes input)
{
    size_t offered = input.size;
    enum grpc_framing_result result = GRPC_FRAMING_MESSAGE;
    struct bytes message;

    while (result == GRPC_FRAMING_MESSAGE && !call->ended && !call->paused) {
        result = grpc_framing_next(&call->framing, &input, receive_limit(call), &message);
        if (result == GRPC_FRAMING_MESSAGE && call->options.on_message != NULL) {
            call->delivering = true;
            call->options.on_message(call->options.context, call, message);
            call->delivering = false;
        }
    }
    if (result == GRPC_FRAMING_COMPRESSED || result == GRPC_FRAMING_TOO_LARGE)
        call_refuse_framing(call, result);
    if (call->connection != NULL && offered > input.size)
        http2_consume(&call->connection->http2, call->stream_id, offered - input.size);
    return offered - input.size;
}

void
call_on_data(void *stream, struct bytes data)
{
    struct grpc_call *call = stream;
    size_t taken = 0;

    /* The page of some web server is not worth keeping; its status says enough. */
    if (!call->is_grpc) {
        http2_consume(&call->connection->http2, call->stream_id, data.size);
        return;
    }
    call->received_bytes += data.size;
    if (!call_has_backlog(call))
        taken = call_feed(call, data);
    if (!call->ended && taken < data.size)
        buf_append(&call->backlog, data.data + taken, data.size - taken);
}

/* All that will come has been delivered: a good status does not make up for half a message. */
static void
call_end_whole(struct grpc_call *call)
{
    if (call->result.status.code == GRPC_OK && !grpc_framing_at_boundary(&call->framing))
        call_refuse(call, GRPC_INTERNAL, NET_FAILURE_PROTOCOL,
                    "the answer ended in the middle of a message");
    else
        call_end(call);
}

void
call_deliver_backlog(void *context)
{
    struct grpc_call *call = context;

    call->channel->busy++;
    call->backlog_taken += call_feed(call, bytes_of(call->backlog.data + call->backlog_taken,
                                                    call->backlog.size - call->backlog_taken));
    if (!call_has_backlog(call)) {
        buf_clear(&call->backlog);
        call->backlog_taken = 0;
    }
    if (!call->ended && call->closed && !call->paused && !call_has_backlog(call))
        call_end_whole(call);
    channel_work_soon(call->channel); /* the window goes back */
    call->channel->busy--;
}

size_t
call_on_produce(void *stream, uint8_t *to, size_t room, bool *ret_end)
{
    struct grpc_call *call = stream;
    size_t size = call->unsent.size - call->unsent_taken;

    if (size > room)
        size = room;
    if (size > 0)
        memcpy(to, call->unsent.data + call->unsent_taken, size);
    call->unsent_taken += size;
    if (call->unsent_taken == call->unsent.size) {
        buf_clear(&call->unsent);
        call->unsent_taken = 0;
        *ret_end = call->half_closed;
    }
    return size;
}

/* Source: gRPC over HTTP/2, "HTTP to gRPC Status Code Mapping". */
static enum grpc_code
code_of_http(unsigned http_status)
{
    switch (http_status) {
    case 400:
        return GRPC_INTERNAL;
    case 401:
        return GRPC_UNAUTHENTICATED;
    case 403:
        return GRPC_PERMISSION_DENIED;
    case 404:
        return GRPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return GRPC_UNAVAILABLE;
    default:
        return GRPC_UNKNOWN;
    }
}

/* The stream ended in order: does its content add up? */
static void
call_conclude(struct grpc_call *call)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (!call->has_status && (call->http_status != 200 || !call->is_grpc))
        call_refuse(
            call, code_of_http(call->http_status), NET_FAILURE_NO_STATUS,
            arena_printf(&tmp, "the server answered HTTP status %u, not gRPC", call->http_status));
    else if (!call->has_status)
        call_refuse(call, GRPC_UNKNOWN, NET_FAILURE_NO_STATUS,
                    "the answer ended without a gRPC status");
    else if (call->paused || call_has_backlog(call))
        call_linger(call);
    else
        call_end_whole(call);
}

void
call_on_finished(void *stream)
{
    struct grpc_call *call = stream;

    /* A server may be done before we are: then we are, too. */
    if (call->half_closed && call->unsent.size == 0)
        http2_forget(&call->connection->http2, call->stream_id);
    else
        http2_cancel(&call->connection->http2, call->stream_id);
    call->stream_id = 0;
    call_conclude(call);
}

void
call_on_closed(void *stream, uint32_t http2_error)
{
    struct grpc_call *call = stream;
    const struct grpc_connection *c = call->connection;
    int64_t now_ms = loop_now_ms(call->channel->loop);
    struct net_failure failure;
    int code;

    http2_forget(&call->connection->http2, call->stream_id);
    call->stream_id = 0;
    if (http2_error == NGHTTP2_NO_ERROR) {
        call_conclude(call);
        return;
    }
    judge_reset(&failure, &call->channel->endpoint, http2_error, &code);
    if (http2_error == NGHTTP2_REFUSED_STREAM && c->goaway.kind != NET_FAILURE_NONE) {
        failure = c->goaway;
        failure.not_processed = true;
    } else if (http2_error == NGHTTP2_CANCEL && now_ms >= call->deadline_at_ms) {
        /* The server's clock for our deadline was the faster one. */
        judge_timeout(&failure, &call->channel->endpoint, NET_STAGE_OPEN,
                      call->options.deadline_ms);
        code = GRPC_DEADLINE_EXCEEDED;
    }
    call_fail(call, (enum grpc_code)code, &failure);
}
