/*
 * One HTTP/2 connection, client side, without any input or output of its own: bytes in, bytes out,
 * events in between. That makes it the same over TCP, TLS and in a fuzzer.
 *
 * Windows: the connection's is given back as data arrives, a stream's only when its owner has taken
 * the data, so a slow stream bounds its own memory and never blocks the others.
 */
#ifndef QUORATE_NET_HTTP2_H
#define QUORATE_NET_HTTP2_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "net/failure.h"

enum {
    HTTP2_STREAM_WINDOW_BYTES = 1 << 20,
    HTTP2_CONNECTION_WINDOW_BYTES = 4 << 20,
    HTTP2_HEADERS_MAX_BYTES = 256 << 10, /* of one answer: headers and trailers */
};

struct http2_events {
    /* 'stream' is what http2_request was given. */
    void (*header)(void *stream, struct bytes name, struct bytes value);
    void (*data)(void *stream, struct bytes data);
    /* Fills the request's body; 0 without ret_end: nothing now, http2_resume follows. */
    size_t (*produce)(void *stream, uint8_t *to, size_t room, bool *ret_end);
    /* The server has sent its last byte of this stream. No further event of it comes. */
    void (*finished)(void *stream);
    /* The stream was reset; no further event of it comes. */
    void (*closed)(void *stream, uint32_t http2_error);
    /* The request never left: the server takes no more of them. By id. */
    void (*not_sent)(void *connection, int32_t stream_id);
    void (*opened)(void *connection); /* the server's SETTINGS arrived */
    void (*goaway)(void *connection, uint32_t http2_error, struct bytes reason);
};

struct http2 {
    nghttp2_session *session;
    const struct http2_events *events;
    void *connection;
    bool open;                           /* the server's SETTINGS have arrived */
    uint8_t first[NET_SERVER_LINE_SIZE]; /* what arrived until then */
    size_t first_size;
    struct buf output;
    size_t output_taken;
    char library[160]; /* what nghttp2 said about the peer's last mistake */
};

struct http2_header {
    const char *name;
    struct bytes value;
    bool secret; /* kept out of the compression tables */
};

enum { HTTP2_REQUEST_HEADERS_MAX = 24 };

void http2_init(struct http2 *h, const struct http2_events *events, void *connection);
void http2_release(struct http2 *h);

/* False when the session is over: the peer broke the protocol ('library' says how) or is done. */
bool http2_receive(struct http2 *h, struct bytes input);

/* What waits to be sent, at most about 64 KiB; http2_output_take says how much was. */
struct bytes http2_output(struct http2 *h);
void http2_output_take(struct http2 *h, size_t size);

/* The stream's id, or -1 when this connection takes no more. */
int32_t http2_request(struct http2 *h, const struct http2_header *headers, size_t count,
                      void *stream);
void http2_resume(struct http2 *h, int32_t stream_id); /* there is something to produce again */
void http2_consume(struct http2 *h, int32_t stream_id, size_t size); /* the owner has taken it */
/* No event of this stream comes any more. */
void http2_forget(struct http2 *h, int32_t stream_id);
/* The same, and the server is told (CANCEL). */
void http2_cancel(struct http2 *h, int32_t stream_id);
void http2_ping(struct http2 *h);
void http2_goodbye(struct http2 *h);

#endif
