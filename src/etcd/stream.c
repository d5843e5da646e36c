/* A stream's life: perhaps a token, then the call, perhaps a new token and the call again. */
#include "etcd/stream.h"

#include <string.h>

#include "base/time.h"
#include "etcd/rpc_error.h"

static void stream_begin(struct etcd_stream *s);

static void
stream_finish(struct etcd_stream *s)
{
    buf_release(&s->sent);
    s->options.on_end(s->options.context);
}

static void
call_received(void *context, struct grpc_call *call UNUSED, struct bytes message)
{
    struct etcd_stream *s = context;

    if (s->messages++ == 0)
        buf_release(&s->sent);
    s->options.on_message(s->options.context, message);
}

void
etcd_stream_forget_token(struct etcd_stream *s)
{
    secret_release(&s->endpoint->token);
    s->client->auth_off = false;
}

static bool
token_was_refused(const struct etcd_stream *s)
{
    return s->client->user != NULL && !s->cancelled && s->result.failure.kind == NET_FAILURE_NONE &&
           s->result.status.code != GRPC_OK &&
           (rpc_error_flags(&s->result.status) & RPC_NEEDS_TOKEN) != 0;
}

static void
call_ended(void *context, struct grpc_call *call UNUSED, const struct grpc_result *result)
{
    struct etcd_stream *s = context;

    s->call = NULL;
    s->result = *result;
    if (token_was_refused(s)) {
        etcd_stream_forget_token(s);
        if (!s->token_renewed && s->messages == 0) {
            s->token_renewed = true;
            stream_begin(s);
            return;
        }
    }
    stream_finish(s);
}

/* 'sent' holds each message behind its size. */
static void
sent_repeat(struct etcd_stream *s)
{
    for (size_t at = 0; at < s->sent.size;) {
        size_t size;

        memcpy(&size, s->sent.data + at, sizeof(size));
        at += sizeof(size);
        grpc_call_send(s->call, bytes_of(s->sent.data + at, size));
        at += size;
    }
}

static void
call_open(struct etcd_stream *s)
{
    struct grpc_call_options options = {
        .method = s->options.path,
        .long_lived = s->options.long_lived,
        .on_message = call_received,
        .on_end = call_ended,
        .context = s,
    };
    size_t count = 0;

    if (s->endpoint->token.text != NULL)
        options.metadata[count++] = (struct grpc_metadata){"token", s->endpoint->token.text};
    if (s->options.has_leader)
        options.metadata[count++] = (struct grpc_metadata){"hasleader", "true"};
    if (s->options.deadline_ms > 0) {
        int64_t left_ms = s->options.deadline_ms - time_monotonic_ms();

        options.deadline_ms = left_ms > 0 ? left_ms : 1; /* 0 would mean none */
    }
    s->call = grpc_call_start(s->endpoint->channel, &options);
    if (s->paused)
        grpc_call_pause(s->call);
    sent_repeat(s);
    if (s->half_closed)
        grpc_call_half_close(s->call);
}

static void
token_ended(void *context, struct etcd_call *token)
{
    struct etcd_stream *s = context;

    s->asks_token = false;
    if (token->ok && !s->cancelled) {
        call_open(s);
        return;
    }
    s->result = token->result;
    if (!s->cancelled)
        etcd_call_error(token, &s->auth_error);
    stream_finish(s);
}

/* A token first, unless there is one or none is needed; the call in any case. */
static void
stream_begin(struct etcd_stream *s)
{
    s->asks_token = true;
    s->token = (struct etcd_call){
        .client = s->client,
        .endpoint = s->endpoint,
        .deadline_ms = time_monotonic_ms() + s->client->command_timeout_ms,
        .on_end = token_ended,
        .context = s,
    };
    etcd_call_start(&s->token);
}

void
etcd_stream_start(struct etcd_stream *s, struct etcd_client *client, size_t endpoint,
                  const struct etcd_stream_options *options)
{
    ASSERT(endpoint < client->endpoint_count && !etcd_stream_is_open(s));
    buf_release(&s->sent);
    *s = (struct etcd_stream){
        .client = client,
        .endpoint = &client->endpoints[endpoint],
        .options = *options,
    };
    stream_begin(s);
}

void
etcd_stream_send(struct etcd_stream *s, struct bytes message)
{
    if (s->messages == 0) {
        buf_append(&s->sent, &message.size, sizeof(message.size));
        buf_append_bytes(&s->sent, message);
    }
    if (s->call != NULL)
        grpc_call_send(s->call, message);
}

size_t
etcd_stream_unsent_bytes(const struct etcd_stream *s)
{
    return s->call != NULL ? grpc_call_unsent_bytes(s->call) : s->sent.size;
}

void
etcd_stream_half_close(struct etcd_stream *s)
{
    s->half_closed = true;
    if (s->call != NULL)
        grpc_call_half_close(s->call);
}

void
etcd_stream_cancel(struct etcd_stream *s)
{
    s->cancelled = true;
    if (s->call != NULL)
        grpc_call_cancel(s->call);
}

void
etcd_stream_pause(struct etcd_stream *s)
{
    s->paused = true;
    if (s->call != NULL)
        grpc_call_pause(s->call);
}

void
etcd_stream_resume(struct etcd_stream *s)
{
    s->paused = false;
    if (s->call != NULL)
        grpc_call_resume(s->call);
}

bool
etcd_stream_is_open(const struct etcd_stream *s)
{
    return s->call != NULL || s->asks_token;
}

void
etcd_stream_release(struct etcd_stream *s)
{
    if (s->asks_token)
        etcd_call_drop(&s->token);
    s->asks_token = false;
    if (s->call != NULL)
        grpc_call_drop(s->call);
    s->call = NULL;
    buf_release(&s->sent);
}

bool
etcd_stream_ok(const struct etcd_stream *s)
{
    return !s->cancelled && s->auth_error.code == ERROR_NONE &&
           s->result.failure.kind == NET_FAILURE_NONE && s->result.status.code == GRPC_OK;
}

/* Watches are refused in a message; what is refused as a whole is the snapshot, which is root's. */
static bool
stream_refused(const struct etcd_stream *s, struct error *e)
{
    rpc_error_set(e, &s->result.status, s->endpoint->url);
    if (strcmp(e->cause, "permission-denied") == 0 &&
        strcmp(s->options.path, "/etcdserverpb.Maintenance/Snapshot") == 0)
        etcd_denied_note(s->client, "Snapshot", BYTES_NONE, BYTES_NONE);
    return false;
}

bool
etcd_stream_error(const struct etcd_stream *s, struct error *e)
{
    if (s->auth_error.code != ERROR_NONE) {
        *e = s->auth_error;
        return false;
    }
    if (s->cancelled && s->result.failure.kind == NET_FAILURE_NONE)
        error_set(e, ERROR_CANCELLED, "the call was cancelled");
    else if (s->result.failure.kind != NET_FAILURE_NONE)
        return net_failure_error(&s->result.failure, e);
    else if (s->result.status.code == GRPC_OK)
        error_set(e, ERROR_UNAVAILABLE, "the server ended the stream");
    else
        return stream_refused(s, e);
    return error_wrap(e, "endpoint '%s'", s->endpoint->url);
}

bool
etcd_stream_may_move(const struct etcd_stream *s)
{
    if (s->cancelled)
        return false;
    if (s->auth_error.code != ERROR_NONE)
        return error_code_retryable(s->auth_error.code);
    if (s->result.failure.kind != NET_FAILURE_NONE || s->result.status.code == GRPC_OK)
        return true;
    return (rpc_error_flags(&s->result.status) &
            (RPC_RETRY_READ | RPC_NOT_DONE | RPC_NEEDS_TOKEN)) != 0;
}
