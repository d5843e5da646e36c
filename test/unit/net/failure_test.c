/* The failure table: for each way in which a server fails us, what the caller is told. */
#include "net/failure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/time.h"
#include "certs.h"
#include "fake_server.h"
#include "net/grpc.h"

struct scene {
    struct arena mem;
    struct loop loop;
    struct fake_server server;
    char dir[64];
    struct test_ca ca;
    struct grpc_unary u;
    struct error e;
    int64_t took_ms;
};

static struct scene *
scene_open(void)
{
    static struct scene scene;
    struct scene *s = &scene;

    *s = (struct scene){.dir = "/tmp/quorate-net-XXXXXX"};
    loop_init(&s->loop);
    assert_non_null(mkdtemp(s->dir));
    test_ca_make(&s->mem, s->dir, "test CA", &s->ca);
    return s;
}

static void
scene_close(struct scene *s)
{
    struct error e = ERROR_INIT;

    arena_release(&s->mem);
    if (s->server.loop != NULL)
        fake_server_stop(&s->server);
    test_ca_release(&s->ca);
    assert_true(tree_remove(s->dir, &e));
    loop_release(&s->loop);
}

struct attempt {
    const char *url;               /* NULL: the fake server's */
    const struct tls_options *tls; /* NULL: none given */
    int64_t deadline_ms;           /* 0: 5 s */
    int64_t connect_timeout_ms;
    int64_t keepalive_ms; /* the time, and the time-out unless that is given */
    int64_t keepalive_timeout_ms;
    uint64_t receive_limit_bytes;
};

/* One unary call that is to fail; what it says is in s->e and s->u.result. */
static void
attempt(struct scene *s, const struct attempt *a)
{
    struct grpc_channel_options o = {
        .endpoint = a->url != NULL ? a->url : s->server.url,
        .tls = a->tls != NULL ? tls_context_new(&s->mem, a->tls) : NULL,
        .connect_timeout_ms = a->connect_timeout_ms,
        .keepalive_time_ms = a->keepalive_ms,
        .keepalive_timeout_ms =
            a->keepalive_timeout_ms > 0 ? a->keepalive_timeout_ms : a->keepalive_ms,
        .receive_limit_bytes = a->receive_limit_bytes,
    };
    struct grpc_call_options call = {.method = "/test.Service/Call",
                                     .deadline_ms = a->deadline_ms > 0 ? a->deadline_ms : 5000};
    struct grpc_channel *channel;
    int64_t started_ms = time_monotonic_ms();

    assert_true(grpc_channel_new(&s->mem, &s->loop, &o, &channel, &s->e));
    grpc_unary_start(&s->mem, channel, &call, BYTES_LITERAL("ping"), &s->u);
    assert_false(grpc_unary_finish(&s->u, &s->e));
    s->took_ms = time_monotonic_ms() - started_ms;
}

static void
assert_told(const struct scene *s, enum net_failure_kind kind, enum error_code code,
            const char *text)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *url = grpc_channel_endpoint(s->u.channel);

    assert_string_equal(s->e.text, arena_printf(&tmp, "endpoint '%s': %s", url, text));
    assert_int_equal(s->u.result.failure.kind, kind);
    assert_int_equal(s->e.code, code);
}

/* What is known at once is told at once. */
static void
assert_quick(const struct scene *s)
{
    assert_true(s->took_ms < 2000);
}

static void
test_nothing_listens(void **state)
{
    struct scene *s = scene_open();
    char url[128];

    (void)state;
    fake_url_refused(url, "http");
    attempt(s, &(struct attempt){.url = url});
    assert_told(s, NET_FAILURE_REFUSED, ERROR_CONNECTION, "connection refused");
    assert_string_equal(error_hint_text(&s->e),
                        "is etcd running there, and is this its client port?");
    assert_int_equal(s->u.result.status.code, GRPC_UNAVAILABLE);
    assert_true(s->u.result.failure.not_processed);
    assert_true(s->u.result.failure.elapsed_ms < 1000);
    assert_quick(s);
    scene_close(s);
}

static void
test_nothing_listens_on_any_address_of_a_name(void **state)
{
    struct scene *s = scene_open();
    char url[128];
    char *port;

    (void)state;
    fake_url_refused(url, "http");
    port = strrchr(url, ':');
    attempt(s, &(struct attempt){.url = arena_printf(&s->mem, "http://localhost%s", port)});
    assert_int_equal(s->u.result.failure.kind, NET_FAILURE_REFUSED);
    assert_non_null(
        strstr(s->e.text, arena_printf(&s->mem, "127.0.0.1%s: Connection refused", port)));
    assert_quick(s);
    scene_close(s);
}

static void
test_no_such_socket(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    attempt(s, &(struct attempt){.url = "unix:///nowhere/etcd.sock"});
    assert_told(s, NET_FAILURE_NO_SOCKET, ERROR_CONNECTION,
                "cannot connect: No such file or directory");
    scene_close(s);
}

static void
test_no_such_name(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    /* RFC 6761: no name under "invalid" exists; without any name server it is EAI_AGAIN. */
    attempt(s, &(struct attempt){.url = "http://quorate.invalid:2379"});
    if (s->u.result.failure.kind != NET_FAILURE_NAME_TIMEOUT)
        assert_told(s, NET_FAILURE_NAME_NOT_FOUND, ERROR_CONNECTION,
                    "the name 'quorate.invalid' has no address: Name or service not known");
    scene_close(s);
}

static void
test_connected_but_never_an_answer(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_SILENT, NULL);
    attempt(s, &(struct attempt){.deadline_ms = 200});
    assert_told(s, NET_FAILURE_NO_ANSWER, ERROR_TIMEOUT,
                "connected, but no HTTP/2 answer within 200 ms");
    assert_int_equal(s->u.result.status.code, GRPC_DEADLINE_EXCEEDED);
    scene_close(s);
}

static void
test_the_connect_timeout_comes_before_the_deadline(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_SILENT, NULL);
    attempt(s, &(struct attempt){.connect_timeout_ms = 150});
    assert_told(s, NET_FAILURE_NO_ANSWER, ERROR_TIMEOUT,
                "connected, but no HTTP/2 answer within 150 ms");
    assert_int_equal(s->u.result.status.code, GRPC_UNAVAILABLE);
    assert_quick(s);
    scene_close(s);
}

static void
test_the_tls_handshake_never_ends(void **state)
{
    struct scene *s = scene_open();
    struct tls_options o = {.ca_file = s->ca.file}; /* the system's take long to load */

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_SILENT, NULL);
    attempt(s,
            &(struct attempt){.url = arena_printf(&s->mem, "https://127.0.0.1:%u", s->server.port),
                              .tls = &o,
                              .deadline_ms = 400});
    assert_told(s, NET_FAILURE_TLS_TIMEOUT, ERROR_TIMEOUT,
                "connected, but no answer in the TLS handshake within 400 ms");
    scene_close(s);
}

static void
answer_half(struct fake_stream *stream)
{
    fake_answer_begin(stream);
    fake_answer_raw(stream, BYTES_LITERAL("\0\0\0\1\0half"));
}

static void
test_an_answer_that_stops_takes_the_deadline(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
    s->server.request = answer_half;
    attempt(s, &(struct attempt){.deadline_ms = 200});
    assert_told(s, NET_FAILURE_DEADLINE, ERROR_TIMEOUT,
                "no complete answer within 200 ms after 9 bytes of the answer");
    assert_int_equal(s->u.result.failure.received_bytes, 9);
    assert_int_equal(s->u.result.status.code, GRPC_DEADLINE_EXCEEDED);
    scene_close(s);
}

static void
answer_half_and_hang(struct fake_stream *stream)
{
    struct fake_connection *c = stream->connection;

    answer_half(stream);
    nghttp2_session_send(c->session);
    loop_watch_change(&c->watch, 0); /* as a stopped process: TCP stays up */
    stream->connection->server->mode = FAKE_SILENT;
}

static void
test_only_the_keep_alive_notices_a_stopped_server(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
    s->server.request = answer_half_and_hang;
    attempt(s, &(struct attempt){.deadline_ms = 10000, .keepalive_ms = 100});
    assert_told(s, NET_FAILURE_KEEPALIVE, ERROR_TIMEOUT,
                "no answer to the keep-alive ping within 100 ms after 9 bytes of the answer");
    assert_quick(s);
    scene_close(s);
}

static void
test_a_keep_alive_that_is_answered_goes_on(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
    s->server.request = answer_half;
    attempt(
        s, &(struct attempt){.deadline_ms = 500, .keepalive_ms = 50, .keepalive_timeout_ms = 5000});
    assert_int_equal(s->u.result.failure.kind, NET_FAILURE_DEADLINE);
    /* Each answer starts the next interval, however long the time-out would have been. */
    assert_in_range(s->server.connections->pings, 4, 10);
    scene_close(s);
}

static void
close_without_trailers(void *context)
{
    fake_close(context);
}

static struct loop_timer close_timer;

/* After what was written has gone out. */
static void
close_soon(struct fake_connection *c)
{
    struct loop *loop = c->server->loop;

    loop_timer_set(loop, &close_timer, loop_now_ms(loop) + 20, close_without_trailers, c);
}

static void
answer_half_and_close(struct fake_stream *stream)
{
    answer_half(stream);
    close_soon(stream->connection);
}

static void
test_closed_in_mid_stream(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
    s->server.request = answer_half_and_close;
    attempt(s, &(struct attempt){.url = NULL});
    assert_told(s, NET_FAILURE_CLOSED, ERROR_CONNECTION,
                "connection closed by the server after 9 bytes of the answer");
    assert_false(s->u.result.failure.not_processed);
    assert_quick(s);
    scene_close(s);
}

static void
answer_cut(struct fake_stream *stream)
{
    answer_half(stream);
    fake_answer_end(stream, "0", "");
}

static void
test_a_good_status_does_not_hide_half_a_message(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
    s->server.request = answer_cut;
    attempt(s, &(struct attempt){.url = NULL});
    assert_told(s, NET_FAILURE_PROTOCOL, ERROR_CONNECTION,
                "the answer ended in the middle of a message");
    assert_int_equal(s->u.result.status.code, GRPC_INTERNAL);
    scene_close(s);
}

static void
answer_nothing_ok(struct fake_stream *stream)
{
    fake_answer_begin(stream);
    fake_answer_end(stream, "0", "");
}

static void
test_a_good_status_without_an_answer(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
    s->server.request = answer_nothing_ok;
    attempt(s, &(struct attempt){.url = NULL});
    assert_told(s, NET_FAILURE_PROTOCOL, ERROR_CONNECTION, "no message in the answer");
    scene_close(s);
}

static void
answer_twice(struct fake_stream *stream)
{
    fake_answer_begin(stream);
    fake_answer_message(stream, BYTES_LITERAL("a"));
    fake_answer_message(stream, BYTES_LITERAL("b"));
    fake_answer_end(stream, "0", "");
}

static void
test_two_answers_to_one_question(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
    s->server.request = answer_twice;
    attempt(s, &(struct attempt){.url = NULL});
    assert_told(s, NET_FAILURE_PROTOCOL, ERROR_CONNECTION, "more than one message in the answer");
    scene_close(s);
}

static void
answer_without_status(struct fake_stream *stream)
{
    fake_answer_begin(stream);
    fake_answer_message(stream, BYTES_LITERAL("a"));
    fake_answer_end(stream, NULL, NULL);
}

static void
test_no_grpc_status(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
    s->server.request = answer_without_status;
    attempt(s, &(struct attempt){.url = NULL});
    assert_told(s, NET_FAILURE_NO_STATUS, ERROR_CONNECTION,
                "the answer ended without a gRPC status");
    assert_int_equal(s->u.result.status.code, GRPC_UNKNOWN);
    scene_close(s);
}

static void
answer_page(struct fake_stream *stream)
{
    fake_answer_with(stream, "404", "text/html");
    fake_answer_raw(stream, BYTES_LITERAL("<html>no such page</html>"));
    fake_answer_end(stream, NULL, NULL);
}

static void
test_a_web_server(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
    s->server.request = answer_page;
    attempt(s, &(struct attempt){.url = NULL});
    assert_told(s, NET_FAILURE_NO_STATUS, ERROR_CONNECTION,
                "the server answered HTTP status 404, not gRPC");
    assert_int_equal(s->u.result.status.code, GRPC_UNIMPLEMENTED);
    scene_close(s);
}

static void
answer_compressed(struct fake_stream *stream)
{
    fake_answer_begin(stream);
    fake_answer_raw(stream, BYTES_LITERAL("\1\0\0\0\1x"));
}

static void
test_a_compressed_answer(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
    s->server.request = answer_compressed;
    attempt(s, &(struct attempt){.url = NULL});
    assert_told(s, NET_FAILURE_PROTOCOL, ERROR_CONNECTION,
                "the answer is compressed, though that was not offered");
    scene_close(s);
}

static void
answer_large(struct fake_stream *stream)
{
    fake_answer_begin(stream);
    fake_answer_raw(stream, BYTES_LITERAL("\0\0\0\4\1x"));
}

static void
test_an_answer_above_the_limit(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
    s->server.request = answer_large;
    attempt(s, &(struct attempt){.receive_limit_bytes = 1024});
    assert_told(s, NET_FAILURE_TOO_LARGE, ERROR_LIMIT,
                "a message of 1025 bytes is above the limit of 1024");
    assert_int_equal(s->u.result.status.code, GRPC_RESOURCE_EXHAUSTED);
    assert_quick(s);
    scene_close(s);
}

/* A header that the compression tables hold, 120 times: 3 KB on the wire, 350 KB in memory. */
static void
answer_huge_headers(struct fake_stream *stream)
{
    static char value[2901]; /* nghttp2 indexes up to 3/4 of a table of 4 KiB */
    nghttp2_nv nv[121] = {fake_nv(":status", "200")};

    memset(value, 'v', sizeof(value) - 1);
    for (int i = 1; i < 121; i++)
        nv[i] = fake_nv("x-large", value);
    nghttp2_submit_response(stream->connection->session, stream->id, nv, 121, NULL);
}

static void
test_huge_headers(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
    s->server.request = answer_huge_headers;
    attempt(s, &(struct attempt){.url = NULL});
    assert_told(s, NET_FAILURE_PROTOCOL, ERROR_CONNECTION,
                "the headers of the answer are too large");
    assert_quick(s);
    scene_close(s);
}

static uint32_t reset_with;

static void
answer_reset(struct fake_stream *stream)
{
    nghttp2_submit_rst_stream(stream->connection->session, NGHTTP2_FLAG_NONE, stream->id,
                              reset_with);
}

static void
test_a_reset_stream(void **state)
{
    static const struct {
        uint32_t http2_error;
        enum grpc_code code;
        const char *name;
    } resets[] = {
        {NGHTTP2_REFUSED_STREAM, GRPC_UNAVAILABLE, "REFUSED_STREAM"},
        {NGHTTP2_CANCEL, GRPC_CANCELLED, "CANCEL"},
        {NGHTTP2_INTERNAL_ERROR, GRPC_INTERNAL, "INTERNAL_ERROR"},
        {NGHTTP2_ENHANCE_YOUR_CALM, GRPC_RESOURCE_EXHAUSTED, "ENHANCE_YOUR_CALM"},
        {NGHTTP2_INADEQUATE_SECURITY, GRPC_PERMISSION_DENIED, "INADEQUATE_SECURITY"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(resets) / sizeof(resets[0]); i++) {
        struct scene *s = scene_open();

        reset_with = resets[i].http2_error;
        fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
        s->server.request = answer_reset;
        attempt(s, &(struct attempt){.url = NULL});
        assert_told(s, NET_FAILURE_RESET, ERROR_CONNECTION,
                    arena_printf(&s->mem, "the server broke off the call: HTTP/2 error %s",
                                 resets[i].name));
        assert_int_equal(s->u.result.status.code, resets[i].code);
        assert_int_equal(s->u.result.failure.not_processed,
                         resets[i].http2_error == NGHTTP2_REFUSED_STREAM);
        scene_close(s);
    }
}

static struct {
    uint32_t http2_error;
    int32_t last_stream;
    const char *reason;
} goaway_with;

static void
answer_goaway(struct fake_stream *stream)
{
    nghttp2_submit_goaway(stream->connection->session, NGHTTP2_FLAG_NONE, goaway_with.last_stream,
                          goaway_with.http2_error, (const uint8_t *)goaway_with.reason,
                          strlen(goaway_with.reason));
    if (goaway_with.last_stream > 0)
        close_soon(stream->connection);
}

static void
goaway(struct scene *s, uint32_t http2_error, int32_t last_stream, const char *reason)
{
    goaway_with.http2_error = http2_error;
    goaway_with.last_stream = last_stream;
    goaway_with.reason = reason;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, NULL);
    s->server.request = answer_goaway;
    attempt(s, &(struct attempt){.url = NULL});
}

static void
test_goaway_above_the_last_stream_is_not_processed(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    goaway(s, NGHTTP2_NO_ERROR, 0, "graceful_stop");
    assert_told(s, NET_FAILURE_SHUTTING_DOWN, ERROR_UNAVAILABLE,
                "the server is shutting down (graceful_stop)");
    assert_true(s->u.result.failure.not_processed);
    assert_int_equal(s->u.result.status.code, GRPC_UNAVAILABLE);
    scene_close(s);
}

static void
test_goaway_and_close_with_the_call_open(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    goaway(s, NGHTTP2_NO_ERROR, INT32_MAX, "");
    assert_told(s, NET_FAILURE_SHUTTING_DOWN, ERROR_UNAVAILABLE, "the server is shutting down");
    assert_false(s->u.result.failure.not_processed);
    scene_close(s);
}

static void
test_too_many_pings(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    goaway(s, NGHTTP2_ENHANCE_YOUR_CALM, INT32_MAX, "too_many_pings");
    assert_told(s, NET_FAILURE_TOO_MANY_PINGS, ERROR_CONNECTION,
                "the server ended the connection: too many keep-alive pings");
    scene_close(s);
}

static void
test_goaway_with_an_error(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    goaway(s, NGHTTP2_PROTOCOL_ERROR, INT32_MAX, "bad\nframe");
    assert_told(s, NET_FAILURE_CLOSED, ERROR_CONNECTION,
                "the server ended the connection: PROTOCOL_ERROR: bad\\x0aframe");
    scene_close(s);
}

static void
raw(struct scene *s, struct bytes bytes, bool then_close)
{
    fake_server_start(&s->server, &s->loop, FAKE_RAW, NULL);
    s->server.raw = bytes;
    s->server.raw_close = then_close;
    attempt(s, &(struct attempt){.connect_timeout_ms = 400});
}

static void
test_an_http1_server(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    raw(s, BYTES_LITERAL("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nno"), false);
    assert_told(s, NET_FAILURE_HTTP1_SERVER, ERROR_CONNECTION,
                "an HTTP/1 server answered: 'HTTP/1.1 400 Bad Request'");
    assert_string_equal(s->u.result.failure.server_line, "HTTP/1.1 400 Bad Request");
    assert_true(s->took_ms < 300);
    scene_close(s);
}

static void
test_an_http1_server_that_says_little(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    raw(s, BYTES_LITERAL("HTTP/1.0 505"), true);
    assert_told(s, NET_FAILURE_HTTP1_SERVER, ERROR_CONNECTION,
                "an HTTP/1 server answered: 'HTTP/1.0 505'");
    scene_close(s);
}

static void
test_a_server_of_another_protocol(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    raw(s, BYTES_LITERAL("SSH-2.0-OpenSSH_9.2p1\r\n"), false);
    assert_told(s, NET_FAILURE_NOT_HTTP2, ERROR_CONNECTION,
                "the server does not speak HTTP/2: it sent 'SSH-2.0-OpenSSH_9.2p1\\x0d\\x0a'");
    assert_true(s->took_ms < 300);
    scene_close(s);
}

static void
test_a_short_answer_of_another_protocol(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    raw(s, BYTES_LITERAL("+OK\r\n"), true);
    assert_told(s, NET_FAILURE_NOT_HTTP2, ERROR_CONNECTION,
                "the server does not speak HTTP/2: it sent '+OK\\x0d\\x0a'");
    scene_close(s);
}

static void
test_garbage_frames(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    /* Good SETTINGS, then a WINDOW_UPDATE of the wrong size. */
    raw(s,
        BYTES_LITERAL("\0\0\0\4\0\0\0\0\0"
                      "\0\0\1\x8\0\0\0\0\0x"),
        false);
    assert_told(s, NET_FAILURE_PROTOCOL, ERROR_CONNECTION,
                "the server broke the HTTP/2 protocol: FRAME_SIZE_ERROR");
    assert_true(s->took_ms < 300);
    scene_close(s);
}

static void
test_bad_settings(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    raw(s, BYTES_LITERAL("\0\0\5\4\0\0\0\0\0abcde"), false);
    assert_int_equal(s->u.result.failure.kind, NET_FAILURE_PROTOCOL);
    assert_int_equal(s->e.code, ERROR_CONNECTION);
    assert_true(s->took_ms < 300);
    scene_close(s);
}

static void
test_closed_without_a_byte(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_CLOSE, NULL);
    attempt(s, &(struct attempt){.url = NULL});
    assert_told(s, NET_FAILURE_CLOSED, ERROR_CONNECTION,
                "connection closed by the server before it answered");
    assert_int_equal(s->server.accepted, 2); /* the second was the probe */
    assert_quick(s);
    scene_close(s);
}

static struct test_pair
server_pair(struct scene *s, const char *sans)
{
    return test_pair_make(&s->mem, &s->ca, s->dir, "server", sans, -60, 3600);
}

static void
server_tls(struct scene *s, enum fake_mode mode, const char *sans, const struct test_ca *clients)
{
    fake_server_start(&s->server, &s->loop, mode,
                      test_server_tls(server_pair(s, sans), "h2", clients));
}

static void
test_plaintext_to_a_tls_port_that_answers(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    raw(s, BYTES_LITERAL("\x15\x03\x03\x00\x02\x02\x46"), true); /* an alert */
    assert_told(s, NET_FAILURE_PLAINTEXT_TO_TLS, ERROR_TLS,
                "the server speaks TLS, not plain HTTP/2");
    assert_string_equal(error_hint_text(&s->e), "the server speaks TLS here: use https://");
    scene_close(s);
}

static void
test_plaintext_to_a_tls_port_that_hangs_up(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    server_tls(s, FAKE_HTTP2, "IP:127.0.0.1", NULL);
    attempt(s,
            &(struct attempt){.url = arena_printf(&s->mem, "http://127.0.0.1:%u", s->server.port)});
    assert_told(s, NET_FAILURE_PLAINTEXT_TO_TLS, ERROR_TLS,
                "the server speaks TLS, not plain HTTP/2");
    assert_quick(s);
    scene_close(s);
}

static void
tls_to_plain(struct scene *s, enum fake_mode mode, struct bytes answer)
{
    fake_server_start(&s->server, &s->loop, mode, NULL);
    s->server.raw = answer;
    s->server.raw_close = true;
    attempt(
        s, &(struct attempt){.url = arena_printf(&s->mem, "https://127.0.0.1:%u", s->server.port)});
}

static void
test_tls_to_a_plaintext_port(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    tls_to_plain(s, FAKE_RAW, BYTES_LITERAL("HTTP/1.1 400 Bad Request\r\n\r\n"));
    assert_told(s, NET_FAILURE_TLS_TO_PLAINTEXT, ERROR_TLS,
                "the server does not speak TLS (wrong version number)");
    assert_string_equal(error_hint_text(&s->e), "the server speaks no TLS here: use http://");
    scene_close(s);
}

static void
test_tls_to_a_plaintext_http2_port_that_hangs_up(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    /* As etcd: a ClientHello is no HTTP/2 preface, so nghttp2's server ends the session. */
    tls_to_plain(s, FAKE_HTTP2, BYTES_NONE);
    assert_int_equal(s->u.result.failure.kind, NET_FAILURE_TLS_TO_PLAINTEXT);
    assert_int_equal(s->e.code, ERROR_TLS);
    assert_quick(s);
    scene_close(s);
}

static void
test_closed_in_the_tls_handshake(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    tls_to_plain(s, FAKE_CLOSE, BYTES_NONE);
    assert_told(s, NET_FAILURE_TLS_CLOSED, ERROR_TLS,
                "connection closed by the server in the TLS handshake");
    scene_close(s);
}

static void
test_an_unknown_authority(void **state)
{
    struct scene *s = scene_open();
    struct test_ca other;
    struct tls_options o;

    (void)state;
    test_ca_make(&s->mem, s->dir, "other CA", &other);
    o = (struct tls_options){.ca_file = other.file};
    server_tls(s, FAKE_HTTP2, "IP:127.0.0.1", NULL);
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_UNKNOWN_CA, ERROR_TLS,
                arena_printf(&s->mem,
                             "certificate verify failed: unable to get local issuer certificate: "
                             "issued by 'CN=test CA', which CA file '%s' does not hold",
                             other.file));
    assert_true(s->u.result.failure.certificate.seen);
    assert_string_equal(s->u.result.failure.certificate.subject, "CN=server");
    assert_string_equal(s->u.result.failure.certificate.names, "IP:127.0.0.1");
    assert_quick(s);
    test_ca_release(&other);
    scene_close(s);
}

static void
test_the_systems_authorities_do_not_know_it(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    server_tls(s, FAKE_HTTP2, "IP:127.0.0.1", NULL);
    attempt(s, &(struct attempt){.tls = NULL});
    assert_told(s, NET_FAILURE_TLS_UNKNOWN_CA, ERROR_TLS,
                "certificate verify failed: unable to get local issuer certificate: issued by "
                "'CN=test CA', which the system's list of authorities does not hold");
    scene_close(s);
}

static void
test_another_name(void **state)
{
    struct scene *s = scene_open();
    struct tls_options o = {.ca_file = s->ca.file};

    (void)state;
    server_tls(s, FAKE_HTTP2, "DNS:db1,IP:10.0.0.1,IP:fd00::1", NULL);
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_NAME_MISMATCH, ERROR_TLS,
                "certificate verify failed: IP address mismatch: '127.0.0.1' is not among "
                "DNS:db1, IP:10.0.0.1, IP:fd00::1");
    o.server_name = "db2";
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_NAME_MISMATCH, ERROR_TLS,
                "certificate verify failed: hostname mismatch: 'db2' is not among DNS:db1, "
                "IP:10.0.0.1, IP:fd00::1");
    scene_close(s);
}

static void
test_a_certificate_out_of_its_time(void **state)
{
    struct scene *s = scene_open();
    struct tls_options o = {.ca_file = s->ca.file};
    struct test_pair pair;
    const struct net_certificate *c = &s->u.result.failure.certificate;

    (void)state;
    pair = test_pair_make(&s->mem, &s->ca, s->dir, "old", "IP:127.0.0.1", -7200, -3600);
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, test_server_tls(pair, "h2", NULL));
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_EXPIRED, ERROR_TLS,
                arena_printf(&s->mem,
                             "certificate verify failed: certificate has expired: 'CN=old' ended "
                             "at %s",
                             time_rfc3339(&s->mem, c->not_after_s * 1000)));
    assert_in_range(time_wall_ms() / 1000 - c->not_after_s, 3590, 3660);
    fake_server_stop(&s->server);

    pair = test_pair_make(&s->mem, &s->ca, s->dir, "new", "IP:127.0.0.1", 3600, 7200);
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, test_server_tls(pair, "h2", NULL));
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_NOT_YET_VALID, ERROR_TLS,
                arena_printf(&s->mem,
                             "certificate verify failed: certificate is not yet valid: 'CN=new' "
                             "begins at %s",
                             time_rfc3339(&s->mem, c->not_before_s * 1000)));
    assert_in_range(c->not_before_s - time_wall_ms() / 1000, 3500, 3600);
    scene_close(s);
}

static void
test_a_client_certificate_is_required(void **state)
{
    struct scene *s = scene_open();
    struct tls_options o = {.ca_file = s->ca.file};

    (void)state;
    server_tls(s, FAKE_HTTP2, "IP:127.0.0.1", &s->ca);
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_CLIENT_REQUIRED, ERROR_TLS,
                "the server requires a client certificate (tlsv13 alert certificate required)");
    assert_string_equal(error_hint_text(&s->e), "give a client certificate with --cert and --key");
    assert_quick(s);
    scene_close(s);
}

static void
test_a_client_certificate_of_another_authority(void **state)
{
    struct scene *s = scene_open();
    struct test_ca other;
    struct test_pair client;
    struct tls_options o;

    (void)state;
    test_ca_make(&s->mem, s->dir, "other CA", &other);
    client = test_pair_make(&s->mem, &other, s->dir, "client", "", -60, 3600);
    o = (struct tls_options){
        .ca_file = s->ca.file, .cert_file = client.cert_file, .key_file = client.key_file};
    server_tls(s, FAKE_HTTP2, "IP:127.0.0.1", &s->ca);
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_CLIENT_REFUSED, ERROR_TLS,
                "the server does not trust this client certificate (tlsv1 alert unknown ca)");
    assert_quick(s);
    test_ca_release(&other);
    scene_close(s);
}

static void
test_tls_without_http2(void **state)
{
    struct scene *s = scene_open();
    struct tls_options o = {.ca_file = s->ca.file};
    struct test_pair pair = server_pair(s, "IP:127.0.0.1");

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, test_server_tls(pair, NULL, NULL));
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_NO_HTTP2, ERROR_TLS,
                "the server does not offer HTTP/2 over TLS");
    fake_server_stop(&s->server);
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, test_server_tls(pair, "http/1.1", NULL));
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_NO_HTTP2, ERROR_TLS,
                "the server does not offer HTTP/2 over TLS");
    scene_close(s);
}

static void
test_files_that_cannot_be_read(void **state)
{
    struct scene *s = scene_open();
    struct tls_options o = {.ca_file = "/nowhere/ca.crt"};

    (void)state;
    attempt(s, &(struct attempt){.url = "https://127.0.0.1:1", .tls = &o});
    assert_told(s, NET_FAILURE_TLS_FILES, ERROR_TLS,
                "CA file: '/nowhere/ca.crt': No such file or directory");
    scene_close(s);
}

static void
test_kinds_have_words(void **state)
{
    (void)state;
    assert_string_equal(net_failure_word(NET_FAILURE_REFUSED), "refused");
    assert_string_equal(net_failure_word(NET_FAILURE_CANCELLED), "cancelled");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_listens),
        cmocka_unit_test(test_nothing_listens_on_any_address_of_a_name),
        cmocka_unit_test(test_no_such_socket),
        cmocka_unit_test(test_no_such_name),
        cmocka_unit_test(test_connected_but_never_an_answer),
        cmocka_unit_test(test_the_connect_timeout_comes_before_the_deadline),
        cmocka_unit_test(test_the_tls_handshake_never_ends),
        cmocka_unit_test(test_an_answer_that_stops_takes_the_deadline),
        cmocka_unit_test(test_only_the_keep_alive_notices_a_stopped_server),
        cmocka_unit_test(test_a_keep_alive_that_is_answered_goes_on),
        cmocka_unit_test(test_closed_in_mid_stream),
        cmocka_unit_test(test_a_good_status_does_not_hide_half_a_message),
        cmocka_unit_test(test_a_good_status_without_an_answer),
        cmocka_unit_test(test_two_answers_to_one_question),
        cmocka_unit_test(test_no_grpc_status),
        cmocka_unit_test(test_a_web_server),
        cmocka_unit_test(test_a_compressed_answer),
        cmocka_unit_test(test_an_answer_above_the_limit),
        cmocka_unit_test(test_huge_headers),
        cmocka_unit_test(test_a_reset_stream),
        cmocka_unit_test(test_goaway_above_the_last_stream_is_not_processed),
        cmocka_unit_test(test_goaway_and_close_with_the_call_open),
        cmocka_unit_test(test_too_many_pings),
        cmocka_unit_test(test_goaway_with_an_error),
        cmocka_unit_test(test_an_http1_server),
        cmocka_unit_test(test_an_http1_server_that_says_little),
        cmocka_unit_test(test_a_server_of_another_protocol),
        cmocka_unit_test(test_a_short_answer_of_another_protocol),
        cmocka_unit_test(test_garbage_frames),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_closed_without_a_byte),
        cmocka_unit_test(test_plaintext_to_a_tls_port_that_answers),
        cmocka_unit_test(test_plaintext_to_a_tls_port_that_hangs_up),
        cmocka_unit_test(test_tls_to_a_plaintext_port),
        cmocka_unit_test(test_tls_to_a_plaintext_http2_port_that_hangs_up),
        cmocka_unit_test(test_closed_in_the_tls_handshake),
        cmocka_unit_test(test_an_unknown_authority),
        cmocka_unit_test(test_the_systems_authorities_do_not_know_it),
        cmocka_unit_test(test_another_name),
        cmocka_unit_test(test_a_certificate_out_of_its_time),
        cmocka_unit_test(test_a_client_certificate_is_required),
        cmocka_unit_test(test_a_client_certificate_of_another_authority),
        cmocka_unit_test(test_tls_without_http2),
        cmocka_unit_test(test_files_that_cannot_be_read),
        cmocka_unit_test(test_kinds_have_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
