/* The failure table: calls that begin well. */
#include "failing_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
