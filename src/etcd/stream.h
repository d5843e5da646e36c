/*
 * One streaming call on one endpoint of a client, with its token: server streaming (snapshot,
 * RangeStream) or both ways (watch, a lease's keep-alive). Nothing here waits: all happens in the
 * loop's callbacks, so any number of streams and calls go on side by side.
 *
 *     etcd_stream_start(&s, client, endpoint, &options);
 *     etcd_stream_send(&s, request);
 *     etcd_stream_half_close(&s);                        // server streaming
 *     loop_run(client->loop, &done, LOOP_FOREVER);      // on_end sets done
 *     if (!etcd_stream_ok(&s))
 *         return etcd_stream_error(&s, e);
 *
 * A token is fetched where there is none; when the server refuses the one we hold before it has
 * answered anything, a new one is fetched and all that was sent is sent again. A refusal inside a
 * message (a watch's cancel_reason) is the owner's to see: etcd_stream_forget_token, start anew.
 * For etcd/ only.
 */
#ifndef QUORATE_ETCD_STREAM_H
#define QUORATE_ETCD_STREAM_H

#include "etcd/call.h"

struct etcd_stream;

/* 'message' is valid until the callback returns. May send, pause, cancel; may not release. */
typedef void etcd_stream_received(void *context, struct bytes message);
/* Comes exactly once, from the loop; the stream may then be started again, or go away. */
typedef void etcd_stream_ended(void *context);

struct etcd_stream_options {
    const char *path; /* "/etcdserverpb.Watch/Watch" */
    /* Ask to be ended when the member loses its leader (etcd's "hasleader" metadata). */
    bool has_leader;
    /* Ended at once when the server says that it shuts down, which would otherwise wait for us. */
    bool long_lived;
    int64_t deadline_ms; /* for the whole stream, of time_monotonic_ms; 0: none */
    etcd_stream_received *on_message;
    etcd_stream_ended *on_end;
    void *context;
};

/* Stays where it is from start until on_end or release. All zeros: never started. */
struct etcd_stream {
    struct etcd_client *client;
    struct etcd_endpoint *endpoint;
    struct etcd_stream_options options;

    /* The result, from on_end on. */
    struct grpc_result result;
    uint64_t messages; /* received so far */

    /* Its own. */
    struct etcd_call token;
    bool asks_token;        /* 'token' is under way */
    struct grpc_call *call; /* NULL: not yet, or ended */
    struct buf sent;        /* until the first answer, should it have to be sent again */
    bool half_closed;
    bool paused;
    bool token_renewed;
    bool cancelled;
    struct error auth_error; /* why there is no token */
};

/* Never fails here: on_end tells. 'options' are copied; texts in them must live on. */
void etcd_stream_start(struct etcd_stream *s, struct etcd_client *client, size_t endpoint,
                       const struct etcd_stream_options *options);
/* Queues one message, copied; at any time after the start. */
void etcd_stream_send(struct etcd_stream *s, struct bytes message);
/* Bytes queued and not yet taken by the connection. */
size_t etcd_stream_unsent_bytes(const struct etcd_stream *s);
/* No more messages from us. */
void etcd_stream_half_close(struct etcd_stream *s);
/* on_end follows, with GRPC_CANCELLED; no message comes after this. */
void etcd_stream_cancel(struct etcd_stream *s);

/* No message is delivered between these; what arrives is bounded by the window (1 MiB). */
void etcd_stream_pause(struct etcd_stream *s);
void etcd_stream_resume(struct etcd_stream *s);

/* Is it under way? */
bool etcd_stream_is_open(const struct etcd_stream *s);
/* Ends it without on_end, and frees what it holds. Never started, ended, or twice: fine. */
void etcd_stream_release(struct etcd_stream *s);

/* After on_end: did it end with the status OK? */
bool etcd_stream_ok(const struct etcd_stream *s);
/* Why it ended otherwise; names the endpoint. The value is false. */
bool etcd_stream_error(const struct etcd_stream *s, struct error *e);
/* Can the same be asked of another endpoint, or of this one a little later, with hope? False for
 * what every endpoint would say: permission denied, an invalid request, an unknown method. */
bool etcd_stream_may_move(const struct etcd_stream *s);
/* The server refused the endpoint's token: the next start fetches another. */
void etcd_stream_forget_token(struct etcd_stream *s);

#endif
