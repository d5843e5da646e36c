/*
 * Small HTTP/1.1 requests over the loop: /health, /version, /metrics, the v2 API. One request a
 * connection, a limit on the answer's size, a time-out; plain, TLS and unix sockets.
 */
#ifndef QUORATE_NET_HTTP1_H
#define QUORATE_NET_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"
#include "net/failure.h"
#include "net/loop.h"
#include "net/tls.h"

enum http1_method { HTTP1_GET, HTTP1_PUT, HTTP1_POST, HTTP1_DELETE };

struct http1_options {
    const char *endpoint;    /* URL without path: see net/endpoint.h */
    const char *path;        /* "/health?serializable=true" */
    struct tls_context *tls; /* may be NULL */
    int64_t timeout_ms;      /* for all of it; 0: 5 s */
    size_t limit_bytes;      /* of the body; 0: 1 MiB */

    /* A plain GET leaves the rest zero. */
    enum http1_method method;
    const char *content_type;   /* of the body; NULL: there is none */
    struct bytes body;          /* copied */
    const struct secret *basic; /* "USER:PASSWORD" for basic authorization; NULL: none */
    bool long_poll; /* the time-out is for the answer's head; its body may take forever */
};

/* "GET", ... */
const char *http1_method_word(enum http1_method method);

struct http1_request;

struct http1_exchange {
    struct http1_request *request; /* NULL when done */
    bool done;
    unsigned status;   /* 200; 0 when there was no answer */
    struct bytes head; /* for http1_header; like the body in the arena given at the start */
    struct bytes body;
    bool unsent;                /* it failed before the first byte was sent: safe to repeat */
    int64_t date_s;             /* the server's clock, seconds since 1970 UTC; 0: it did not say */
    struct net_failure failure; /* kind NET_FAILURE_NONE: the server answered */
};

/*
 * Starts a request; 'ret_exchange' stays where it is until done. Many may go on side by side.
 *
 * e  ERROR_USAGE: the URL, or a path with blanks or control characters in it.
 */
MUST_CHECK bool http1_start(struct arena *mem, struct loop *loop,
                            const struct http1_options *options,
                            struct http1_exchange *ret_exchange, struct error *e);

/* Runs the loop until this one is done. True for any complete answer, whatever its status. */
MUST_CHECK bool http1_finish(struct loop *loop, struct http1_exchange *exchange, struct error *e);

/* Forgets it, done or not. */
void http1_cancel(struct http1_exchange *exchange);

/* The value of a header of the answer, by its name in any case; false when it is not there. */
bool http1_header(const struct http1_exchange *exchange, const char *name, struct bytes *ret_value);

#endif
