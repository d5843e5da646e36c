/*
 * gRPC calls over HTTP/2. A channel stands for one endpoint: it connects when the first call needs
 * it, and again for later calls after a connection was lost. A call is one stream of it, unary or
 * streaming in either direction. Everything happens in callbacks from the loop, so any number of
 * channels run side by side, and a hung one never delays another.
 *
 * Most calls are unary:
 *
 *     struct grpc_unary u;
 *
 *     grpc_unary_start(mem, channel, &options, request, &u);     // as many as wanted
 *     if (!grpc_unary_finish(&u, e))                             // runs the loop for all of them
 *         return error_wrap(e, ...);
 *     ... u.response ...
 *
 * A call fails as soon as its failure is known (nothing listens: at once); only a server that hangs
 * takes the deadline. Calls are not repeated here: 'not_processed' tells when repeating is safe.
 */
#ifndef QUORATE_NET_GRPC_H
#define QUORATE_NET_GRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "net/failure.h"
#include "net/loop.h"
#include "net/tls.h"

/* Source: gRPC's statuscodes document; etcd uses these numbers (formats: "Errors"). */
enum grpc_code {
    GRPC_OK = 0,
    GRPC_CANCELLED = 1,
    GRPC_UNKNOWN = 2,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_DEADLINE_EXCEEDED = 4,
    GRPC_NOT_FOUND = 5,
    GRPC_ALREADY_EXISTS = 6,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_RESOURCE_EXHAUSTED = 8,
    GRPC_FAILED_PRECONDITION = 9,
    GRPC_ABORTED = 10,
    GRPC_OUT_OF_RANGE = 11,
    GRPC_UNIMPLEMENTED = 12,
    GRPC_INTERNAL = 13,
    GRPC_UNAVAILABLE = 14,
    GRPC_DATA_LOSS = 15,
    GRPC_UNAUTHENTICATED = 16,
};

struct grpc_status {
    enum grpc_code code;
    char message[1024]; /* the server's, decoded; cut at the end with "..." */
};

/* How a call ended. */
struct grpc_result {
    struct grpc_status status;
    struct net_failure failure; /* kind NET_FAILURE_NONE: the status is the server's own */
};

struct grpc_channel;
struct grpc_call;

/* Zeros mean the defaults. */
struct grpc_channel_options {
    const char *endpoint;         /* URL: see net/endpoint.h */
    struct tls_context *tls;      /* may be NULL: system authorities, no client certificate */
    int64_t connect_timeout_ms;   /* name, connection, TLS and the server's first frame; 5 s */
    int64_t keepalive_time_ms;    /* silence before a PING, while a call is open; 10 s. etcd ends
                                      connections that ping more often than every 5 s. */
    int64_t keepalive_timeout_ms; /* for the answer to it; 6 s */
    uint64_t receive_limit_bytes; /* one message; 2 GiB - 1 */
};

/*
 * A channel; no connection yet. The loop must outlive it.
 *
 * e       ERROR_USAGE: the URL.
 * Memory  in 'mem', and closed when that is released.
 */
MUST_CHECK bool grpc_channel_new(struct arena *mem, struct loop *loop,
                                 const struct grpc_channel_options *options,
                                 struct grpc_channel **ret_channel, struct error *e);

/* Drops connection and open calls, without their on_end. Not from inside a callback. Twice is fine. */
void grpc_channel_close(struct grpc_channel *channel);

const char *grpc_channel_endpoint(const struct grpc_channel *channel); /* the URL as given */
/* When the certificate that its server presented last ends, in seconds since 1970 UTC; 0: there is no connection, or no TLS. */
int64_t grpc_channel_certificate_end_s(const struct grpc_channel *channel);
struct loop *grpc_channel_loop(const struct grpc_channel *channel);

/*
 * 'message' is valid until the callback returns; then it counts as taken, and the server may send
 * more, unless grpc_call_pause was called. May cancel, send, pause; may start other calls.
 */
typedef void grpc_on_message(void *context, struct grpc_call *call, struct bytes message);

/* Comes exactly once for each call, and from the loop; 'call' is gone when it returns. */
typedef void grpc_on_end(void *context, struct grpc_call *call, const struct grpc_result *result);

struct grpc_metadata {
    const char *name; /* lower case */
    const char *value;
};

enum { GRPC_METADATA_MAX = 8 };

struct grpc_call_options {
    const char *method; /* "/etcdserverpb.Maintenance/Status" */
    /* Ends at the first name that is NULL; copied. etcd reads "token" and "hasleader". Values are
     * never logged. */
    struct grpc_metadata metadata[GRPC_METADATA_MAX];
    int64_t deadline_ms; /* milliseconds from now; 0: none */
    bool long_lived; /* a watch or a lease's keep-alive: ended when the server says that it shuts
                            down, which would otherwise wait for it */
    /* Sent only after the server's first frame, a round trip later on a new connection: a call that
     * fails because nobody is there was then certainly not processed. For calls that change things. */
    bool when_open;
    uint64_t receive_limit_bytes; /* one message; 0: the channel's */
    grpc_on_message *on_message;
    grpc_on_end *on_end;
    void *context;
};

/* Never fails here: on_end tells. Connects the channel when needed. */
struct grpc_call *grpc_call_start(struct grpc_channel *channel,
                                  const struct grpc_call_options *options);

/* Queues one message; copied. Ignored when the call has ended or was half-closed. */
void grpc_call_send(struct grpc_call *call, struct bytes message);
/* From on_message: that message, for as long as 'mem' lives, without a copy if that can be. */
struct bytes grpc_call_keep(struct grpc_call *call, struct arena *mem, struct bytes message);
/* Bytes queued and not yet taken by the connection: for senders that wish to hold back. */
size_t grpc_call_unsent_bytes(const struct grpc_call *call);
/* No more messages from us. */
void grpc_call_half_close(struct grpc_call *call);
/* Tells the server to stop; on_end follows with GRPC_CANCELLED. No message comes after this. */
void grpc_call_cancel(struct grpc_call *call);
/* The same for an owner that goes away: no callback comes any more. */
void grpc_call_drop(struct grpc_call *call);

/*
 * No message is delivered between pause and resume; what arrives meanwhile is bounded by the
 * stream's window (1 MiB). The deadline goes on, and so does the keep-alive.
 */
void grpc_call_pause(struct grpc_call *call);
void grpc_call_resume(struct grpc_call *call);

/* Status or failure as an error: ERROR_AUTH, TIMEOUT, UNAVAILABLE, LIMIT, CANCELLED, RPC, or the
 * failure's own code. The text starts with the endpoint. The value is false. */
bool grpc_result_error(const struct grpc_channel *channel, const struct grpc_result *result,
                       struct error *e);

/* A unary call and its answer. Stays where it is until done. */
struct grpc_unary {
    struct grpc_channel *channel;
    struct grpc_call *call; /* NULL when done */
    struct arena *mem;
    bool done;
    bool answered;
    struct bytes response; /* in 'mem' */
    struct grpc_result result;
};

/* 'options' without on_message, on_end and context. */
void grpc_unary_start(struct arena *mem, struct grpc_channel *channel,
                      const struct grpc_call_options *options, struct bytes request,
                      struct grpc_unary *ret_unary);

/* Runs the loop until this call is done (others make progress meanwhile). False, with e, when the
 * status is not OK; u->result has it all. Needs a deadline in the options to be sure to return. */
MUST_CHECK bool grpc_unary_finish(struct grpc_unary *u, struct error *e);

#endif
