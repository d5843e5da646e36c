#include "net/grpc_channel.h"

enum {
    CONNECT_TIMEOUT_MS = 5000,
    KEEPALIVE_TIME_MS = 10000,   /* grpc-go's least, so what etcdctl does in effect */
    KEEPALIVE_TIMEOUT_MS = 6000, /* etcdctl's --keepalive-timeout */
};
#define RECEIVE_LIMIT_BYTES ((uint64_t)INT32_MAX) /* etcd's own client: 2 GiB - 1 */

static void
channel_release(void *subject)
{
    grpc_channel_close(subject);
}

bool
grpc_channel_new(struct arena *mem, struct loop *loop, const struct grpc_channel_options *options,
                 struct grpc_channel **ret_channel, struct error *e)
{
    static const struct tls_options no_options = {.ca_file = NULL};
    struct grpc_channel *channel = arena_zero(mem, sizeof(*channel));
    struct grpc_channel_options *o = &channel->options;
    bool tls_files = options->tls != NULL && (tls_context_options(options->tls)->ca_file != NULL ||
                                              tls_context_options(options->tls)->cert_file != NULL);

    if (!endpoint_parse(mem, options->endpoint, tls_files, &channel->endpoint, e))
        return false;
    channel->loop = loop;
    *o = *options;
    channel->tls =
        o->tls != NULL || !channel->endpoint.tls ? o->tls : tls_context_new(mem, &no_options);
    o->connect_timeout_ms = o->connect_timeout_ms > 0 ? o->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    o->keepalive_time_ms = o->keepalive_time_ms > 0 ? o->keepalive_time_ms : KEEPALIVE_TIME_MS;
    if (o->keepalive_timeout_ms <= 0)
        o->keepalive_timeout_ms = KEEPALIVE_TIMEOUT_MS;
    if (o->receive_limit_bytes == 0)
        o->receive_limit_bytes = RECEIVE_LIMIT_BYTES;
    arena_on_release(mem, channel_release, channel);
    *ret_channel = channel;
    return true;
}

const char *
grpc_channel_endpoint(const struct grpc_channel *channel)
{
    return channel->endpoint.url;
}

int64_t
grpc_channel_certificate_end_s(const struct grpc_channel *channel)
{
    return channel->current != NULL ? transport_certificate_end_s(&channel->current->transport) : 0;
}

struct loop *
grpc_channel_loop(const struct grpc_channel *channel)
{
    return channel->loop;
}

void
grpc_channel_close(struct grpc_channel *channel)
{
    ASSERT(channel->busy == 0);
    if (channel->closed)
        return;
    channel->closed = true;
    loop_timer_stop(&channel->work);
    while (channel->waiting != NULL)
        call_free(channel->waiting);
    while (channel->connections != NULL) {
        while (channel->connections->calls != NULL)
            call_free(channel->connections->calls);
        connection_free(channel->connections);
    }
    while (channel->lingering != NULL)
        call_free(channel->lingering);
    while (channel->ended != NULL)
        call_free(channel->ended);
}

static void
waiting_attach(struct grpc_channel *channel)
{
    struct grpc_call *oldest;

    if (channel->waiting == NULL)
        return;
    if (channel->current == NULL)
        channel->current = connection_new(channel);
    while (channel->waiting != NULL && channel->current != NULL &&
           connection_takes_calls(channel->current)) {
        oldest = channel->waiting;
        while (oldest->next != NULL)
            oldest = oldest->next;
        if (oldest->options.when_open && !channel->current->http2.open)
            return; /* the server's first frame brings us back */
        call_attach(oldest, channel->current);
    }
}

/* Tells the callers, the earliest end first. Their callbacks may start and cancel calls. */
static void
ended_tell(struct grpc_channel *channel)
{
    while (channel->ended != NULL) {
        struct grpc_call *call = channel->ended;

        while (call->next != NULL)
            call = call->next;
        call_list_remove(call);
        if (call->options.on_end != NULL)
            call->options.on_end(call->options.context, call, &call->result);
        call_free(call);
    }
}

static void
connections_tend(struct grpc_channel *channel)
{
    for (struct grpc_connection *c = channel->connections, *next; c != NULL; c = next) {
        next = c->next;
        if (!c->over)
            connection_flush(c);
        if (!c->over && c->goaway.kind != NET_FAILURE_NONE && c->calls == NULL)
            c->over = true;
        if (c->over)
            connection_free(c);
    }
}

static void
channel_work(void *context)
{
    struct grpc_channel *channel = context;

    channel->busy++;
    waiting_attach(channel);
    connections_tend(channel);
    ended_tell(channel);
    channel->busy--;
}

void
channel_work_soon(struct grpc_channel *channel)
{
    if (!channel->closed)
        loop_timer_soon(channel->loop, &channel->work, channel_work, channel);
}
