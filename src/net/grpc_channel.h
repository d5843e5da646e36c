/*
 * The inside of channels, connections and calls.
 *
 *   channel     one endpoint; its current connection, those that are draining, calls that wait
 *   connection  transport, HTTP/2 and the calls on it
 *   call        one stream
 *
 * A rule keeps callbacks simple: a call that ends, for whatever reason, is moved to the channel's
 * 'ended' list; connections that died, to 'dead'. Only channel_work, a timer of its own, tells the
 * callers and frees them, so nothing vanishes under a function that still uses it.
 */
#ifndef QUORATE_NET_GRPC_CHANNEL_H
#define QUORATE_NET_GRPC_CHANNEL_H

#include "base/secret.h"
#include "net/grpc.h"
#include "net/grpc_framing.h"
#include "net/http2.h"
#include "net/probe.h"
#include "net/transport.h"

struct grpc_connection;

struct grpc_call {
    struct arena mem;
    struct grpc_channel *channel;
    struct grpc_connection *connection; /* NULL: waiting, or ended */
    struct grpc_call *next;             /* in one of the lists */
    struct grpc_call **link;
    struct grpc_call_options options; /* texts in 'mem', metadata values below */
    struct secret values[GRPC_METADATA_MAX];
    int32_t stream_id;
    int64_t started_ms;
    int64_t deadline_at_ms; /* LOOP_FOREVER: none */
    struct loop_timer deadline;

    struct buf unsent; /* framed messages */
    size_t unsent_taken;
    bool half_closed;

    struct grpc_framing framing;
    struct buf backlog; /* arrived while paused; not yet counted as taken */
    size_t backlog_taken;
    struct loop_timer resume_soon;
    bool paused;
    bool delivering; /* inside on_message */

    uint64_t received_bytes;
    size_t header_bytes;
    unsigned http_status;
    bool is_grpc;    /* by its content type */
    bool has_status; /* grpc-status was seen */
    bool closed;     /* the stream is gone; the backlog may still be delivered */
    bool ended;
    struct grpc_result result;
};

struct grpc_connection {
    struct arena mem;
    struct grpc_channel *channel;
    struct grpc_connection *next;
    struct grpc_connection **link;
    struct transport transport;
    struct http2 http2;
    struct grpc_call *calls;
    struct loop_timer connect;
    struct loop_timer keepalive;
    struct loop_timer read_soon;
    struct probe probe;
    struct net_failure lost;   /* what the probe is to explain */
    struct net_failure goaway; /* the server's farewell; kind NONE: none */
    int64_t heard_ms;
    bool pinged;
    bool over; /* no longer used; freed by channel_work */
};

struct grpc_channel {
    struct loop *loop;
    struct endpoint endpoint;
    struct tls_context *tls;
    struct grpc_channel_options options; /* without defaults left open */
    struct grpc_connection *current;     /* takes new calls; also in 'connections' */
    struct grpc_connection *connections;
    struct grpc_call *waiting;   /* for a connection; the oldest last */
    struct grpc_call *lingering; /* their streams are gone, paused messages are not */
    struct grpc_call *ended;     /* to be told; the oldest last */
    struct loop_timer work;
    bool closed;
    unsigned busy; /* callbacks under way */
};

/* grpc_channel.c */
void channel_work_soon(struct grpc_channel *channel);

/* grpc_connection.c */
struct grpc_connection *connection_new(struct grpc_channel *channel);
void connection_free(struct grpc_connection *c);
enum net_stage connection_stage(const struct grpc_connection *c);
bool connection_takes_calls(const struct grpc_connection *c);
/* Sends what is to be sent. */
void connection_flush(struct grpc_connection *c);
/* Called when its first call came or its last one went. */
void connection_calls_changed(struct grpc_connection *c);

/* grpc_call.c */
void call_list_add(struct grpc_call **list, struct grpc_call *call);
void call_list_remove(struct grpc_call *call);
void call_attach(struct grpc_call *call, struct grpc_connection *connection);
/* Into the waiting list: at its start, or when its request was never sent. */
void call_wait(struct grpc_call *call);
/* Ends it with a failure of the connection's, or of its own. */
void call_fail(struct grpc_call *call, enum grpc_code code, const struct net_failure *failure);
/* The result is set: on_end follows. */
void call_end(struct grpc_call *call);
/* The stream is gone; call_end comes when what arrived while it was paused has been delivered. */
void call_linger(struct grpc_call *call);
void call_free(struct grpc_call *call);

/* grpc_stream.c: what HTTP/2 tells about one call */
void call_on_header(void *stream, struct bytes name, struct bytes value);
void call_on_data(void *stream, struct bytes data);
size_t call_on_produce(void *stream, uint8_t *to, size_t room, bool *ret_end);
void call_on_finished(void *stream);
void call_on_closed(void *stream, uint32_t http2_error);
/* Delivers what arrived while the call was paused, and the end if nothing is left. */
void call_deliver_backlog(void *context);
bool call_has_backlog(const struct grpc_call *call);

#endif
