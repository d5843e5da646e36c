/*
 * A server that misbehaves on request, on the same loop as the client under test: no threads, no
 * sleeps, every order of events is the loop's. It speaks HTTP/2 by nghttp2's server side, or sends
 * whatever bytes it is told to.
 */
#ifndef QUORATE_TEST_FAKE_SERVER_H
#define QUORATE_TEST_FAKE_SERVER_H

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "net/loop.h"

enum fake_mode {
    FAKE_HTTP2,  /* calls 'request' for each stream */
    FAKE_SILENT, /* accepts, reads, never says a word */
    FAKE_CLOSE,  /* reads once, then closes */
    FAKE_RAW,    /* reads once, sends 'raw'; closes when 'raw_close' */
};

struct fake_connection;

struct fake_stream {
    struct fake_stream *next;
    struct fake_connection *connection;
    int32_t id;
    char path[128];
    char authority[128];
    char timeout[32];
    char token[64];
    struct buf request; /* the body so far */
    bool request_ended;
    struct buf body; /* to be sent */
    size_t body_taken;
    bool finishing;
    const char *status; /* of the trailers; NULL: none are sent */
    const char *message;
    void *note; /* the test's own */
};

struct fake_server {
    struct arena mem;
    struct loop *loop;
    struct loop_watch watch;
    int fd;
    uint16_t port;
    char url[128];
    enum fake_mode mode;
    struct bytes raw;
    bool raw_close;
    SSL_CTX *tls;                                /* NULL: plain */
    void (*request)(struct fake_stream *stream); /* headers and body have ended */
    void (*message)(struct fake_stream *stream); /* a piece of body came */
    char heard[2048]; /* FAKE_RAW: the start of the last request, as text */
    unsigned accepted;
    unsigned requests;
    struct fake_connection *connections;
    void *note;
};

struct fake_connection {
    struct fake_connection *next;
    struct fake_server *server;
    struct loop_watch watch;
    int fd;
    SSL *ssl;
    bool accepted;
    nghttp2_session *session;
    struct fake_stream *streams;
    uint32_t reset_error; /* the last RST_STREAM from the client */
    unsigned resets;
    unsigned pings;
    bool goaway_seen;
};

/* Listens on a free port of 127.0.0.1; 'url' says where. 'tls' becomes the server's. */
void fake_server_start(struct fake_server *s, struct loop *loop, enum fake_mode mode, SSL_CTX *tls);
/* The same on a unix socket. */
void fake_server_start_at(struct fake_server *s, struct loop *loop, const char *path);
void fake_server_stop(struct fake_server *s);
/* A port of 127.0.0.1 on which nothing listens, as a URL. */
void fake_url_refused(char ret_url[128], const char *scheme);

/* Headers of a gRPC answer; then body, then trailers. */
void fake_answer_begin(struct fake_stream *stream);
void fake_answer_with(struct fake_stream *stream, const char *http_status, const char *type);
void fake_answer_message(struct fake_stream *stream, struct bytes message); /* framed here */
void fake_answer_raw(struct fake_stream *stream, struct bytes bytes);       /* as it is */
void fake_answer_end(struct fake_stream *stream, const char *status, const char *message);
/* Everything in one header block. */
void fake_answer_trailers_only(struct fake_stream *stream, const char *status, const char *message);
/* Points to both; nghttp2 copies them. */
nghttp2_nv fake_nv(const char *name, const char *value);
void fake_flush(struct fake_connection *c);
void fake_close(struct fake_connection *c);

#endif
