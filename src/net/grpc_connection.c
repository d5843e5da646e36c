/* A connection from the first packet to the last: connecting, reading and writing, keep-alive, and
 * what its end means for the calls on it. */
#include <inttypes.h>

#include "base/log.h"
#include "net/grpc_channel.h"

enum {
    READ_BYTES = 128 << 10, /* one read; shared by all connections of a loop */
    READS_A_TURN = 8,       /* then the others' turn */
};

static void connection_read(void *context);

static const struct endpoint *
connection_endpoint(const struct grpc_connection *c)
{
    return &c->channel->endpoint;
}

enum net_stage
connection_stage(const struct grpc_connection *c)
{
    return c->http2.open ? NET_STAGE_OPEN : transport_stage(&c->transport);
}

bool
connection_takes_calls(const struct grpc_connection *c)
{
    return !c->over && c->transport.open && c->goaway.kind == NET_FAILURE_NONE;
}

/* New calls go to another connection from now on. */
static void
connection_retire(struct grpc_connection *c)
{
    if (c->channel->current == c)
        c->channel->current = NULL;
    channel_work_soon(c->channel);
}

/* No event of it comes any more, but for the time-out. */
static void
connection_hush(struct grpc_connection *c)
{
    transport_close(&c->transport);
    probe_stop(&c->probe);
    loop_timer_stop(&c->keepalive);
    loop_timer_stop(&c->read_soon);
}

/* Ends the connection and all calls on it; those that wait for it too, if it never worked. */
static void
connection_fail(struct grpc_connection *c, const struct net_failure *failure)
{
    bool answered = c->http2.open;

    log_debug("%s", failure->text);
    c->over = true;
    connection_hush(c);
    loop_timer_stop(&c->connect);
    while (c->calls != NULL)
        call_fail(c->calls, GRPC_UNAVAILABLE, failure);
    if (!answered && c->channel->current == c) {
        struct net_failure unseen = *failure;

        unseen.not_processed = true;
        while (c->channel->waiting != NULL)
            call_fail(c->channel->waiting, GRPC_UNAVAILABLE, &unseen);
    }
    connection_retire(c);
}

static void
probe_told(void *context, bool speaks)
{
    struct grpc_connection *c = context;
    struct net_failure failure = c->lost;

    if (speaks && c->probe.language == PROBE_TLS)
        judge_set(&failure, NET_FAILURE_PLAINTEXT_TO_TLS, connection_endpoint(c),
                  "the server speaks TLS, not plain HTTP/2");
    else if (speaks)
        judge_set(&failure, NET_FAILURE_TLS_TO_PLAINTEXT, connection_endpoint(c),
                  "the server does not speak TLS");
    connection_fail(c, &failure);
}

/* Hung up on without a byte: before that is told, ask whether it was the wrong language. */
static void
connection_explain(struct grpc_connection *c, enum probe_language language,
                   const struct net_failure *failure)
{
    c->lost = *failure;
    connection_hush(c);
    probe_start(&c->probe, c->channel->loop, connection_endpoint(c), language, probe_told, c);
}

static void
connection_lost(struct grpc_connection *c)
{
    struct net_failure failure;
    bool by_tls = transport_judge(&c->transport, &failure);

    if (c->goaway.kind != NET_FAILURE_NONE)
        failure = c->goaway;
    else if (!by_tls)
        judge_lost(&failure, connection_endpoint(c), bytes_of(c->http2.first, c->http2.first_size),
                   c->http2.open, c->transport.sys_errno, c->http2.library);
    if (!connection_endpoint(c)->tls && c->http2.first_size == 0 &&
        (c->calls != NULL || c->channel->waiting != NULL))
        connection_explain(c, PROBE_TLS, &failure);
    else
        connection_fail(c, &failure);
}

void
connection_flush(struct grpc_connection *c)
{
    enum net_io io = NET_IO_DONE;
    struct bytes output = BYTES_NONE;

    if (!c->transport.open || c->over)
        return;
    while (io == NET_IO_DONE && (output = http2_output(&c->http2)).size > 0) {
        size_t taken = 0;

        io = transport_write(&c->transport, output.data, output.size, &taken);
        http2_output_take(&c->http2, taken);
    }
    transport_want_write(&c->transport, output.size > 0);
    /* What the server said before it closed tells more than our failed write: read it first. */
    if (io == NET_IO_FAILED || io == NET_IO_ENDED) {
        transport_want_write(&c->transport, false);
        loop_timer_soon(c->channel->loop, &c->read_soon, connection_read, c);
    }
}

static void
keepalive_expired(void *context)
{
    struct grpc_connection *c = context;
    const struct grpc_channel_options *o = &c->channel->options;
    struct loop *loop = c->channel->loop;
    int64_t silent_ms = loop_now_ms(loop) - c->heard_ms;
    struct net_failure failure;

    if (c->pinged && silent_ms >= o->keepalive_timeout_ms) {
        judge_set(&failure, NET_FAILURE_KEEPALIVE, connection_endpoint(c),
                  "no answer to the keep-alive ping within %" PRId64 " ms",
                  o->keepalive_timeout_ms);
        connection_fail(c, &failure);
        return;
    }
    if (!c->pinged && silent_ms >= o->keepalive_time_ms) {
        c->pinged = true;
        c->heard_ms = loop_now_ms(loop);
        http2_ping(&c->http2);
        connection_flush(c);
    }
    if (!c->over)
        loop_timer_set(loop, &c->keepalive,
                       c->heard_ms + (c->pinged ? o->keepalive_timeout_ms : o->keepalive_time_ms),
                       keepalive_expired, c);
}

/* The peer is alive. */
static void
connection_heard(struct grpc_connection *c)
{
    c->heard_ms = loop_now_ms(c->channel->loop);
    if (!c->pinged)
        return; /* the timer finds out by itself; moving it for each read would cost more */
    c->pinged = false;
    if (c->keepalive.link != NULL)
        loop_timer_set(c->channel->loop, &c->keepalive,
                       c->heard_ms + c->channel->options.keepalive_time_ms, keepalive_expired, c);
}

void
connection_calls_changed(struct grpc_connection *c)
{
    if (c->calls == NULL) {
        loop_timer_stop(&c->keepalive);
        channel_work_soon(c->channel);
    } else if (c->keepalive.link == NULL && !c->over) {
        c->heard_ms = loop_now_ms(c->channel->loop);
        c->pinged = false;
        loop_timer_set(c->channel->loop, &c->keepalive,
                       c->heard_ms + c->channel->options.keepalive_time_ms, keepalive_expired, c);
    }
}

/* Feeds one piece of input; false when the connection is done for. */
static bool
connection_take(struct grpc_connection *c, struct bytes input)
{
    struct net_failure failure;
    bool going_on;

    connection_heard(c);
    going_on = http2_receive(&c->http2, input);
    if (!c->http2.open && judge_first_bytes(&failure, connection_endpoint(c),
                                            bytes_of(c->http2.first, c->http2.first_size), false)) {
        connection_fail(c, &failure);
        return false;
    }
    /* nghttp2 is done with an HTTP/1 answer, but its first line is worth reading to the end. */
    if (going_on ||
        (!c->http2.open &&
         bytes_starts_with(bytes_of(c->http2.first, c->http2.first_size), BYTES_LITERAL("HTTP/"))))
        return true;
    connection_flush(c); /* our own GOAWAY, if there is one */
    connection_lost(c);
    return false;
}

static void
connection_drain(struct grpc_connection *c)
{
    struct loop *loop = c->channel->loop;
    uint8_t *data;
    enum net_io io = NET_IO_DONE;

    buf_clear(&loop->scratch);
    data = buf_reserve(&loop->scratch, READ_BYTES);
    for (unsigned i = 0; i < READS_A_TURN && io == NET_IO_DONE; i++) {
        size_t size;

        io = transport_read(&c->transport, data, READ_BYTES, &size);
        if (io == NET_IO_DONE && !connection_take(c, bytes_of(data, size)))
            return;
        /* A short read of plain TCP means that there is no more now. */
        if (io == NET_IO_DONE && size < READ_BYTES && c->transport.session == NULL)
            io = NET_IO_AGAIN;
    }
    if (io == NET_IO_ENDED || io == NET_IO_FAILED)
        connection_lost(c);
    else if (io == NET_IO_DONE && c->transport.session != NULL)
        loop_timer_soon(loop, &c->read_soon, connection_read, c); /* poll cannot see OpenSSL's */
    connection_flush(c);
}

static void
connection_read(void *context)
{
    struct grpc_connection *c = context;

    c->channel->busy++;
    connection_drain(c);
    c->channel->busy--;
}

static void
connection_opened(void *context, const struct net_failure *failure)
{
    struct grpc_connection *c = context;

    if (failure == NULL)
        channel_work_soon(c->channel); /* attaches the waiting calls, and flushes */
    else if (failure->kind == NET_FAILURE_TLS_CLOSED)
        connection_explain(c, PROBE_HTTP, failure);
    else
        connection_fail(c, failure);
}

static void
connect_expired(void *context)
{
    struct grpc_connection *c = context;
    struct net_failure failure;

    if (c->probe.loop != NULL) {
        failure = c->lost;
    } else {
        judge_timeout(&failure, connection_endpoint(c), connection_stage(c),
                      c->channel->options.connect_timeout_ms);
    }
    connection_fail(c, &failure);
}

static void
http2_opened(void *connection)
{
    struct grpc_connection *c = connection;

    loop_timer_stop(&c->connect);
    channel_work_soon(c->channel); /* for calls that waited for this */
}

static void
http2_goaway_came(void *connection, uint32_t http2_error, struct bytes reason)
{
    struct grpc_connection *c = connection;

    judge_goaway(&c->goaway, connection_endpoint(c), http2_error, reason);
    log_debug("%s", c->goaway.text);
    for (struct grpc_call *call = c->calls, *next; call != NULL; call = next) {
        next = call->next;
        if (call->options.long_lived)
            call_fail(call, GRPC_UNAVAILABLE, &c->goaway);
    }
    connection_retire(c);
}

static void
http2_not_sent(void *connection, int32_t stream_id)
{
    struct grpc_connection *c = connection;

    for (struct grpc_call *call = c->calls; call != NULL; call = call->next) {
        if (call->stream_id == stream_id) {
            call_wait(call);
            return;
        }
    }
}

static const struct http2_events connection_events = {
    .header = call_on_header,
    .data = call_on_data,
    .produce = call_on_produce,
    .finished = call_on_finished,
    .closed = call_on_closed,
    .not_sent = http2_not_sent,
    .opened = http2_opened,
    .goaway = http2_goaway_came,
};

struct grpc_connection *
connection_new(struct grpc_channel *channel)
{
    struct arena mem = ARENA_INIT;
    struct grpc_connection *c = arena_zero(&mem, sizeof(*c));
    struct loop *loop = channel->loop;

    c->mem = mem;
    c->channel = channel;
    c->next = channel->connections;
    c->link = &channel->connections;
    if (c->next != NULL)
        c->next->link = &c->next;
    channel->connections = c;
    http2_init(&c->http2, &connection_events, c);
    loop_timer_set(loop, &c->connect, loop_now_ms(loop) + channel->options.connect_timeout_ms,
                   connect_expired, c);
    transport_open(&c->transport, loop, &channel->endpoint, channel->tls, "h2", connection_opened,
                   connection_read, c);
    return c;
}

/* Says good-bye if it can be said without waiting. */
static void
connection_part(struct grpc_connection *c)
{
    struct bytes output;
    size_t taken;

    if (!c->transport.open || c->over)
        return;
    http2_goodbye(&c->http2);
    output = http2_output(&c->http2);
    (void)transport_write(&c->transport, output.data, output.size, &taken);
}

void
connection_free(struct grpc_connection *c)
{
    struct arena mem;

    connection_part(c);
    if (c->channel->current == c)
        c->channel->current = NULL;
    connection_hush(c);
    loop_timer_stop(&c->connect);
    http2_release(&c->http2);
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    mem = c->mem;
    arena_release(&mem);
}
