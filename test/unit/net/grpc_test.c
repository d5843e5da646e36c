/* Calls as they should go, and what callers may do to them; failures are in failure_test.c. */
#include "net/grpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "fake_server.h"

struct scene {
    struct arena mem;
    struct loop loop;
    struct fake_server server;
    struct grpc_channel *channel;
    struct grpc_call *call;
    size_t messages;
    uint64_t bytes;
    char text[256];
    struct grpc_result result;
    bool ended;
    bool flag;
    struct error e;
};

static struct scene *
scene_open(enum fake_mode mode, void (*request)(struct fake_stream *))
{
    static struct scene scene;
    struct scene *s = &scene;
    struct grpc_channel_options o = {.endpoint = s->server.url};

    *s = (struct scene){.messages = 0};
    loop_init(&s->loop);
    fake_server_start(&s->server, &s->loop, mode, NULL);
    s->server.request = request;
    s->server.note = s;
    assert_true(grpc_channel_new(&s->mem, &s->loop, &o, &s->channel, &s->e));
    return s;
}

static void
scene_close(struct scene *s)
{
    arena_release(&s->mem);
    fake_server_stop(&s->server);
    loop_release(&s->loop);
}

/* Runs until *done, and no longer than a test may take. */
static void
run_until(struct scene *s, const bool *done)
{
    assert_true(loop_run(&s->loop, done, time_monotonic_ms() + 20000));
}

static void
run_for(struct scene *s, int64_t ms)
{
    const bool never = false;

    assert_false(loop_run(&s->loop, &never, time_monotonic_ms() + ms));
}

static void
note_message(void *context, struct grpc_call *call UNUSED, struct bytes message)
{
    struct scene *s = context;
    size_t used = strlen(s->text);

    s->messages++;
    s->bytes += message.size;
    if (message.size < 32)
        snprintf(s->text + used, sizeof(s->text) - used, "%.*s;", (int)message.size,
                 (const char *)message.data);
}

static void
note_end(void *context, struct grpc_call *call UNUSED, const struct grpc_result *result)
{
    struct scene *s = context;

    assert_false(s->ended); /* once only */
    s->ended = true;
    s->call = NULL;
    s->result = *result;
}

static struct grpc_call *
start(struct scene *s, grpc_on_message *on_message, bool long_lived)
{
    struct grpc_call_options o = {.method = "/test.Service/Stream",
                                  .long_lived = long_lived,
                                  .on_message = on_message,
                                  .on_end = note_end,
                                  .context = s};

    s->ended = false;
    s->call = grpc_call_start(s->channel, &o);
    return s->call;
}

static void
echo(struct fake_stream *stream)
{
    fake_answer_begin(stream);
    fake_answer_raw(stream, buf_bytes(&stream->request));
    fake_answer_end(stream, "0", "");
}

static void
test_unary_call_brings_its_answer(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, echo);
    struct grpc_call_options o = {
        .method = "/test.Service/Echo", .metadata = {{"token", "t-123"}}, .deadline_ms = 5000};
    struct grpc_unary u;
    const struct fake_stream *seen;

    (void)state;
    grpc_unary_start(&s->mem, s->channel, &o, BYTES_LITERAL("ping"), &u);
    assert_true(grpc_unary_finish(&u, &s->e));
    assert_true(bytes_equal_text(u.response, "ping"));
    assert_int_equal(u.result.status.code, GRPC_OK);
    assert_int_equal(u.result.failure.kind, NET_FAILURE_NONE);
    seen = s->server.connections->streams;
    assert_string_equal(seen->path, "/test.Service/Echo");
    assert_string_equal(seen->authority, s->server.url + strlen("http://"));
    assert_string_equal(seen->token, "t-123");
    assert_non_null(strchr(seen->timeout, 'm'));
    scene_close(s);
}

static void
test_calls_share_one_connection(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, echo);
    struct grpc_call_options o = {.method = "/test.Service/Echo", .deadline_ms = 5000};
    struct grpc_unary u[50];

    (void)state;
    for (int i = 0; i < 50; i++)
        grpc_unary_start(&s->mem, s->channel, &o, BYTES_LITERAL("ping"), &u[i]);
    for (int i = 0; i < 50; i++)
        assert_true(grpc_unary_finish(&u[i], &s->e));
    assert_int_equal(s->server.accepted, 1);
    assert_int_equal(s->server.requests, 50);
    scene_close(s);
}

static void
test_large_messages_go_both_ways(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, echo);
    struct grpc_call_options o = {.method = "/test.Service/Echo", .deadline_ms = 20000};
    size_t size = 5 << 20; /* five stream windows */
    uint8_t *data = arena_alloc(&s->mem, size);
    struct grpc_unary u;

    (void)state;
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 7 >> 3);
    grpc_unary_start(&s->mem, s->channel, &o, bytes_of(data, size), &u);
    assert_true(grpc_unary_finish(&u, &s->e));
    assert_true(bytes_equal(u.response, bytes_of(data, size)));
    scene_close(s);
}

/* Each message of the client is answered at once; the stream stays open. */
static void
answer_each(struct fake_stream *stream)
{
    if (stream->note == NULL)
        fake_answer_begin(stream);
    stream->note = stream;
    fake_answer_raw(stream, buf_bytes(&stream->request));
    buf_clear(&stream->request);
}

static void
answer_ok_end(struct fake_stream *stream)
{
    fake_answer_end(stream, "0", "");
}

static void
send_next(void *context, struct grpc_call *call, struct bytes message)
{
    struct scene *s = context;

    note_message(context, call, message);
    if (s->messages < 3)
        grpc_call_send(call, BYTES_LITERAL("again"));
    else
        grpc_call_half_close(call);
}

static void
test_a_stream_goes_both_ways(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, answer_ok_end);

    (void)state;
    s->server.message = answer_each;
    grpc_call_send(start(s, send_next, false), BYTES_LITERAL("first"));
    run_until(s, &s->ended);
    assert_string_equal(s->text, "first;again;again;");
    assert_int_equal(s->result.status.code, GRPC_OK);
    scene_close(s);
}

static void
answer_status(struct fake_stream *stream)
{
    fake_answer_begin(stream);
    fake_answer_message(stream, BYTES_LITERAL("part"));
    fake_answer_end(stream, "14", "etcdserver%3A no leader%0a%zz%4");
}

static void
test_a_status_in_the_trailers_is_decoded(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, answer_status);

    (void)state;
    grpc_call_half_close(start(s, note_message, false));
    run_until(s, &s->ended);
    assert_string_equal(s->text, "part;");
    assert_int_equal(s->result.status.code, GRPC_UNAVAILABLE);
    assert_string_equal(s->result.status.message, "etcdserver: no leader %zz%4");
    assert_int_equal(s->result.failure.kind, NET_FAILURE_NONE);
    assert_false(grpc_result_error(s->channel, &s->result, &s->e));
    assert_int_equal(s->e.code, ERROR_UNAVAILABLE);
    scene_close(s);
}

static void
refuse_at_once(struct fake_stream *stream)
{
    if (stream->note == NULL)
        fake_answer_trailers_only(stream, "12", "unknown method Foo");
    stream->note = stream;
}

static void
test_trailers_only_end_a_call_that_is_still_sending(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, NULL);

    (void)state;
    s->server.message = refuse_at_once;
    grpc_call_send(start(s, note_message, false), BYTES_LITERAL("x"));
    run_until(s, &s->ended);
    assert_int_equal(s->result.status.code, GRPC_UNIMPLEMENTED);
    assert_false(grpc_result_error(s->channel, &s->result, &s->e));
    assert_int_equal(s->e.code, ERROR_RPC);
    assert_non_null(strstr(s->e.text, ": unknown method Foo"));
    /* Our half of the stream is given up, or the server would keep it. */
    while (s->server.connections->resets == 0)
        run_for(s, 1);
    assert_int_equal(s->server.connections->reset_error, NGHTTP2_CANCEL);
    scene_close(s);
}

static void
answer_endless(struct fake_stream *stream)
{
    static uint8_t chunk[32 << 10];

    fake_answer_begin(stream);
    for (int i = 0; i < 256; i++) /* 8 MiB */
        fake_answer_message(stream, bytes_of(chunk, sizeof(chunk)));
    fake_answer_end(stream, "0", "");
}

static void
pause_first(void *context, struct grpc_call *call, struct bytes message)
{
    struct scene *s = context;

    note_message(context, call, message);
    if (s->messages == 1)
        grpc_call_pause(call);
}

static void
serve_by_path(struct fake_stream *stream)
{
    if (strcmp(stream->path, "/test.Service/Echo") == 0)
        echo(stream);
    else
        answer_endless(stream);
}

static void
test_a_paused_call_bounds_what_is_held_and_hinders_nobody(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, serve_by_path);
    struct grpc_call_options o = {.method = "/test.Service/Echo", .deadline_ms = 5000};
    const struct fake_stream *sending;
    struct grpc_unary u;

    (void)state;
    grpc_call_half_close(start(s, pause_first, false));
    run_for(s, 100);
    assert_int_equal(s->messages, 1);
    sending = s->server.connections->streams;
    assert_in_range(sending->body_taken, 1, (1 << 20) + (64 << 10));
    grpc_unary_start(&s->mem, s->channel, &o, BYTES_LITERAL("ping"), &u);
    assert_true(grpc_unary_finish(&u, &s->e));

    grpc_call_resume(s->call);
    run_until(s, &s->ended);
    assert_int_equal(s->messages, 256);
    assert_int_equal(s->bytes, 8 << 20);
    assert_int_equal(s->result.status.code, GRPC_OK);
    scene_close(s);
}

static void
pause_each(void *context, struct grpc_call *call, struct bytes message)
{
    note_message(context, call, message);
    grpc_call_pause(call);
}

static void
answer_three(struct fake_stream *stream)
{
    fake_answer_begin(stream);
    for (int i = 0; i < 3; i++)
        fake_answer_message(stream, BYTES_LITERAL("m"));
    fake_answer_end(stream, "0", "");
}

static void
test_the_end_waits_for_paused_messages(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, answer_three);

    (void)state;
    grpc_call_half_close(start(s, pause_each, false));
    for (size_t i = 1; i <= 3; i++) {
        run_for(s, 20);
        assert_int_equal(s->messages, i);
        assert_false(s->ended);
        grpc_call_resume(s->call);
    }
    run_until(s, &s->ended);
    assert_int_equal(s->result.status.code, GRPC_OK);
    scene_close(s);
}

static void
cancel_first(void *context, struct grpc_call *call, struct bytes message)
{
    note_message(context, call, message);
    grpc_call_cancel(call);
    grpc_call_cancel(call);
    grpc_call_send(call, message);
    grpc_call_resume(call);
}

static void
test_cancel_from_inside_a_message(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, answer_endless);

    (void)state;
    grpc_call_half_close(start(s, cancel_first, false));
    run_until(s, &s->ended);
    assert_int_equal(s->messages, 1);
    assert_int_equal(s->result.status.code, GRPC_CANCELLED);
    assert_int_equal(s->result.failure.kind, NET_FAILURE_CANCELLED);
    while (s->server.connections->resets == 0)
        run_for(s, 1);
    assert_int_equal(s->server.connections->reset_error, NGHTTP2_CANCEL);
    scene_close(s);
}

static void
test_cancel_before_anything_was_sent(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, echo);

    (void)state;
    grpc_call_cancel(start(s, note_message, false));
    assert_false(s->ended); /* from the loop, never from inside a call */
    run_until(s, &s->ended);
    assert_int_equal(s->result.status.code, GRPC_CANCELLED);
    assert_int_equal(s->server.requests, 0);
    scene_close(s);
}

static void
test_close_drops_open_calls_without_a_word(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, answer_endless);

    (void)state;
    grpc_call_half_close(start(s, pause_first, false));
    run_for(s, 50);
    start(s, note_message, false); /* still waiting */
    grpc_channel_close(s->channel);
    grpc_channel_close(s->channel);
    assert_false(s->ended);
    run_for(s, 20);
    assert_false(s->ended);
    scene_close(s);
}

static void
test_a_lost_idle_connection_is_made_anew(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, echo);
    struct grpc_call_options o = {.method = "/test.Service/Echo", .deadline_ms = 5000};

    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        struct grpc_unary u;

        grpc_unary_start(&s->mem, s->channel, &o, BYTES_LITERAL("ping"), &u);
        assert_true(grpc_unary_finish(&u, &s->e));
        assert_int_equal(s->server.accepted, i);
        fake_close(s->server.connections);
        /* The next call starts before the loop has seen the end of the old connection. */
    }
    scene_close(s);
}

static void
test_a_unix_socket_is_an_endpoint(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, NULL);
    struct fake_server local;
    char dir[] = "/tmp/quorate-net-XXXXXX";
    struct grpc_channel_options o = {.endpoint = local.url};
    struct grpc_call_options call = {.method = "/test.Service/Echo", .deadline_ms = 5000};
    struct grpc_channel *channel;
    struct grpc_unary u;
    const char *path;

    (void)state;
    assert_non_null(mkdtemp(dir));
    path = arena_printf(&s->mem, "%s/etcd.sock", dir);
    fake_server_start_at(&local, &s->loop, path);
    local.request = echo;
    assert_true(grpc_channel_new(&s->mem, &s->loop, &o, &channel, &s->e));
    grpc_unary_start(&s->mem, channel, &call, BYTES_LITERAL("ping"), &u);
    assert_true(grpc_unary_finish(&u, &s->e));
    assert_string_equal(local.connections->streams->authority, "localhost");
    grpc_channel_close(channel);
    fake_server_stop(&local);
    unlink(path);
    rmdir(dir);
    scene_close(s);
}

static void
test_a_name_is_looked_up_and_all_its_addresses_tried(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, echo);
    struct grpc_call_options call = {.method = "/test.Service/Echo", .deadline_ms = 5000};
    struct grpc_channel_options o;
    struct grpc_channel *channel;
    struct grpc_unary u;

    (void)state;
    /* Where localhost is ::1 first, nothing listens there, and 127.0.0.1 has to be tried too. */
    o = (struct grpc_channel_options){
        .endpoint = arena_printf(&s->mem, "http://localhost:%u", s->server.port)};
    assert_true(grpc_channel_new(&s->mem, &s->loop, &o, &channel, &s->e));
    grpc_unary_start(&s->mem, channel, &call, BYTES_LITERAL("ping"), &u);
    assert_true(grpc_unary_finish(&u, &s->e));
    scene_close(s);
}

static void
test_a_bad_url_is_told_at_once(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, NULL);
    struct grpc_channel_options o = {.endpoint = "http://db1"};
    struct grpc_channel *channel;

    (void)state;
    assert_false(grpc_channel_new(&s->mem, &s->loop, &o, &channel, &s->e));
    assert_int_equal(s->e.code, ERROR_USAGE);
    assert_string_equal(s->e.text, "endpoint 'http://db1': no port");
    scene_close(s);
}

static void
goaway_then_watch(struct fake_stream *stream)
{
    if (strcmp(stream->path, "/test.Service/Echo") == 0) {
        echo(stream);
        return;
    }
    fake_answer_begin(stream);
    fake_answer_message(stream, BYTES_LITERAL("created"));
}

static void
test_goaway_drops_long_calls_and_lets_short_ones_finish(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, goaway_then_watch);
    struct scene short_one = {.messages = 0};
    struct grpc_call_options o = {.method = "/test.Service/Slow",
                                  .on_message = note_message,
                                  .on_end = note_end,
                                  .context = &short_one};
    struct fake_connection *c;
    struct fake_stream *slow;

    (void)state;
    grpc_call_half_close(start(s, note_message, true));
    grpc_call_half_close(grpc_call_start(s->channel, &o));
    while (s->messages == 0 || short_one.messages == 0)
        run_for(s, 1);
    c = s->server.connections;
    slow = c->streams; /* the latest is first */
    nghttp2_submit_goaway(c->session, NGHTTP2_FLAG_NONE, INT32_MAX, NGHTTP2_NO_ERROR,
                          (const uint8_t *)"graceful_stop", 13);
    fake_flush(c);
    run_until(s, &s->ended);
    assert_int_equal(s->result.status.code, GRPC_UNAVAILABLE);
    assert_int_equal(s->result.failure.kind, NET_FAILURE_SHUTTING_DOWN);
    assert_string_equal(s->result.failure.server_line, "graceful_stop");
    assert_false(short_one.ended);
    /* A new call takes a new connection meanwhile. */
    o = (struct grpc_call_options){.method = "/test.Service/Echo", .deadline_ms = 5000};
    struct grpc_unary u;
    grpc_unary_start(&s->mem, s->channel, &o, BYTES_LITERAL("ping"), &u);
    assert_true(grpc_unary_finish(&u, &s->e));
    assert_int_equal(s->server.accepted, 2);
    fake_answer_end(slow, "0", "");
    fake_flush(c);
    run_until(s, &short_one.ended);
    assert_int_equal(short_one.result.status.code, GRPC_OK);
    scene_close(s);
}

static void
test_a_hung_endpoint_delays_no_other(void **state)
{
    struct scene *s = scene_open(FAKE_HTTP2, echo);
    struct fake_server hung;
    struct grpc_channel_options o = {.endpoint = hung.url};
    struct grpc_call_options call = {.method = "/test.Service/Echo", .deadline_ms = 400};
    struct grpc_channel *channel;
    struct grpc_unary slow, quick;
    int64_t started_ms = time_monotonic_ms();

    (void)state;
    fake_server_start(&hung, &s->loop, FAKE_SILENT, NULL);
    assert_true(grpc_channel_new(&s->mem, &s->loop, &o, &channel, &s->e));
    grpc_unary_start(&s->mem, channel, &call, BYTES_LITERAL("ping"), &slow);
    grpc_unary_start(&s->mem, s->channel, &call, BYTES_LITERAL("ping"), &quick);
    assert_true(grpc_unary_finish(&quick, &s->e));
    assert_true(time_monotonic_ms() - started_ms < 400);
    assert_false(slow.done);
    assert_false(grpc_unary_finish(&slow, &s->e));
    assert_true(time_monotonic_ms() - started_ms >= 400);
    assert_int_equal(slow.result.status.code, GRPC_DEADLINE_EXCEEDED);
    arena_release(&s->mem);
    fake_server_stop(&hung);
    scene_close(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unary_call_brings_its_answer),
        cmocka_unit_test(test_calls_share_one_connection),
        cmocka_unit_test(test_large_messages_go_both_ways),
        cmocka_unit_test(test_a_stream_goes_both_ways),
        cmocka_unit_test(test_a_status_in_the_trailers_is_decoded),
        cmocka_unit_test(test_trailers_only_end_a_call_that_is_still_sending),
        cmocka_unit_test(test_a_paused_call_bounds_what_is_held_and_hinders_nobody),
        cmocka_unit_test(test_the_end_waits_for_paused_messages),
        cmocka_unit_test(test_cancel_from_inside_a_message),
        cmocka_unit_test(test_cancel_before_anything_was_sent),
        cmocka_unit_test(test_close_drops_open_calls_without_a_word),
        cmocka_unit_test(test_a_lost_idle_connection_is_made_anew),
        cmocka_unit_test(test_a_unix_socket_is_an_endpoint),
        cmocka_unit_test(test_a_name_is_looked_up_and_all_its_addresses_tried),
        cmocka_unit_test(test_a_bad_url_is_told_at_once),
        cmocka_unit_test(test_goaway_drops_long_calls_and_lets_short_ones_finish),
        cmocka_unit_test(test_a_hung_endpoint_delays_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
