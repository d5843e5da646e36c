/*
 * Small HTTP/1.1 GETs over the loop: /health, /version, /metrics. One request a connection, a limit
 * on the answer's size, a time-out; plain, TLS and unix sockets.
 */
#ifndef QUORATE_NET_HTTP1_H
#define QUORATE_NET_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "net/failure.h"
#include "net/loop.h"
#include "net/tls.h"

struct http1_options {
    const char *endpoint;    /* URL without path: see net/endpoint.h */
    const char *path;        /* "/health?serializable=true" */
    struct tls_context *tls; /* may be NULL */
    int64_t timeout_ms;      /* for all of it; 0: 5 s */
    size_t limit_bytes;      /* of the body; 0: 1 MiB */
};

struct http1_request;

struct http1_get {
    struct http1_request *request; /* NULL when done */
    bool done;
    unsigned status;            /* 200; 0 when there was no answer */
    struct bytes body;          /* in the arena given at the start */
    int64_t date_s;             /* the server's clock, seconds since 1970 UTC; 0: it did not say */
    struct net_failure failure; /* kind NET_FAILURE_NONE: the server answered */
};

/*
 * Starts a GET; 'ret_get' stays where it is until done. Many may go on side by side.
 *
 * e  ERROR_USAGE: the URL, or a path with blanks or control characters in it.
 */
MUST_CHECK bool http1_get_start(struct arena *mem, struct loop *loop,
                                const struct http1_options *options, struct http1_get *ret_get,
                                struct error *e);

/* Runs the loop until this one is done. True for any complete answer, whatever its status. */
MUST_CHECK bool http1_get_finish(struct loop *loop, struct http1_get *get, struct error *e);

/* Forgets it, done or not. */
void http1_get_cancel(struct http1_get *get);

#endif
