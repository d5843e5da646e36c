/* Streams on endpoints that answer, refuse tokens, break, or are not there. */
#include "etcd/stream.h"

#include <string.h>

#include "etcd/fake_etcd.h"
#include "expect.h"

struct scene {
    struct fake_cluster cluster;
    struct etcd_stream stream;
    const char *good_token; /* what the server takes; NULL: anything */
    char seen[256];         /* by the server */
    char got[256];          /* by us */
    unsigned calls;
    bool pauses;
    bool drops;
    bool ended;
    bool flag;
};

static void
note(char *text, struct bytes message)
{
    snprintf(text + strlen(text), 256 - strlen(text), "%.*s;", (int)message.size,
             (const char *)message.data);
}

/* Echoes; "bye" ends the call. */
static void
server_message(struct fake_member *m, struct fake_stream *stream, struct bytes message)
{
    struct scene *s = m->cluster->note;

    if (stream->finishing)
        return;
    if (s->good_token != NULL && strcmp(stream->token, s->good_token) != 0) {
        s->calls++;
        stream->finishing = true;
        fake_answer_trailers_only(stream, "16", "etcdserver: invalid auth token");
        return;
    }
    note(s->seen, message);
    if (bytes_equal_text(message, "bye"))
        fake_answer_end(stream, "0", "");
    else if (bytes_equal_text(message, "fail"))
        fake_answer_end(stream, "8", "etcdserver: too many requests");
    else
        fake_send(stream, message);
}

static void
on_message(void *context, struct bytes message)
{
    struct scene *s = context;

    note(s->got, message);
    if (s->pauses)
        etcd_stream_pause(&s->stream);
    if (s->drops)
        etcd_stream_release(&s->stream);
    s->flag = true;
}

static void
on_end(void *context)
{
    struct scene *s = context;

    s->ended = true;
    s->flag = true;
}

static void
scene_open(struct scene *s, const char *user)
{
    const struct etcd_stream_options options = {
        .path = "/test.Service/Stream",
        .on_message = on_message,
        .on_end = on_end,
        .context = s,
    };

    *s = (struct scene){.calls = 0};
    fake_cluster_open(&s->cluster, 1, user, server_message);
    s->cluster.note = s;
    etcd_stream_start(&s->stream, s->cluster.client, 0, &options);
}

static void
scene_close(struct scene *s)
{
    etcd_stream_release(&s->stream);
    etcd_stream_release(&s->stream); /* twice is fine */
    fake_cluster_close(&s->cluster);
}

static void
send_text(struct scene *s, const char *text)
{
    etcd_stream_send(&s->stream, bytes_of_text(text));
}

static void
messages_go_both_ways(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, NULL);
    send_text(&s, "a");
    fake_run_until(&s.cluster, &s.flag);
    send_text(&s, "b");
    send_text(&s, "bye");
    etcd_stream_half_close(&s.stream);
    fake_run_until(&s.cluster, &s.ended);
    assert_string_equal(s.seen, "a;b;bye;");
    assert_string_equal(s.got, "a;b;");
    assert_true(etcd_stream_ok(&s.stream));
    assert_false(etcd_stream_is_open(&s.stream));
    scene_close(&s);
}

static void
a_refused_token_is_fetched_anew_and_all_is_sent_again(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, "root");
    s.good_token = "token-2";
    send_text(&s, "a");
    send_text(&s, "b");
    send_text(&s, "bye");
    fake_run_until(&s.cluster, &s.ended);
    assert_string_equal(s.got, "a;b;");
    assert_int_equal(s.calls, 1);
    assert_true(etcd_stream_ok(&s.stream));
    scene_close(&s);
}

static void
a_token_is_renewed_once(void **state UNUSED)
{
    struct scene s;
    struct error e;

    scene_open(&s, "root");
    s.good_token = "none";
    send_text(&s, "a");
    fake_run_until(&s.cluster, &s.ended);
    assert_int_equal(s.calls, 2);
    assert_false(etcd_stream_ok(&s.stream));
    assert_false(etcd_stream_error(&s.stream, &e));
    assert_int_equal(e.code, ERROR_AUTH);
    assert_non_null(strstr(e.text, ": invalid auth token"));
    assert_null(s.stream.endpoint->token.text);
    scene_close(&s);
}

static void
failures_name_the_endpoint(void **state UNUSED)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct scene s;
    struct error e;

    scene_open(&s, NULL);
    send_text(&s, "a");
    send_text(&s, "fail");
    fake_run_until(&s.cluster, &s.ended);
    assert_true(etcd_stream_may_move(&s.stream));
    EXPECT_ERROR(
        etcd_stream_error(&s.stream, &e), ERROR_UNAVAILABLE,
        arena_printf(&tmp, "endpoint 'unix://%s': too many requests", s.cluster.members[0].path));
    scene_close(&s);
}

static void
nobody_there_is_known_at_once(void **state UNUSED)
{
    struct scene s;
    struct error e;

    scene_open(&s, NULL);
    fake_member_kill(&s.cluster.members[0]);
    send_text(&s, "a");
    fake_run_until(&s.cluster, &s.ended);
    assert_false(etcd_stream_ok(&s.stream));
    assert_true(etcd_stream_may_move(&s.stream));
    assert_false(etcd_stream_error(&s.stream, &e));
    assert_int_equal(e.code, ERROR_CONNECTION);
    scene_close(&s);
}

static void
a_paused_stream_is_silent_until_resumed(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, NULL);
    s.pauses = true;
    send_text(&s, "a");
    send_text(&s, "b");
    fake_run_until(&s.cluster, &s.flag);
    fake_run_for(&s.cluster, 50);
    assert_string_equal(s.got, "a;");
    s.flag = false;
    etcd_stream_resume(&s.stream);
    fake_run_until(&s.cluster, &s.flag);
    assert_string_equal(s.got, "a;b;");
    scene_close(&s);
}

static void
a_cancelled_stream_ends_and_says_so(void **state UNUSED)
{
    struct scene s;
    struct error e;

    scene_open(&s, NULL);
    send_text(&s, "a");
    fake_run_until(&s.cluster, &s.flag);
    etcd_stream_cancel(&s.stream);
    fake_run_until(&s.cluster, &s.ended);
    assert_false(etcd_stream_ok(&s.stream));
    assert_false(etcd_stream_may_move(&s.stream));
    assert_false(etcd_stream_error(&s.stream, &e));
    assert_int_equal(e.code, ERROR_CANCELLED);
    scene_close(&s);
}

static void
a_released_stream_calls_nobody(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, NULL); /* before anything came */
    scene_close(&s);
    scene_open(&s, "root"); /* while the token is fetched */
    etcd_stream_release(&s.stream);
    assert_int_equal(s.cluster.client->open_calls, 0);
    fake_run_for(&s.cluster, 50);
    assert_false(s.flag);
    scene_close(&s);
    scene_open(&s, NULL); /* in its own callback */
    s.drops = true;
    send_text(&s, "a");
    send_text(&s, "b");
    fake_run_until(&s.cluster, &s.flag);
    fake_run_for(&s.cluster, 50);
    assert_string_equal(s.got, "a;");
    assert_false(s.ended);
    scene_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_go_both_ways),
        cmocka_unit_test(a_refused_token_is_fetched_anew_and_all_is_sent_again),
        cmocka_unit_test(a_token_is_renewed_once),
        cmocka_unit_test(failures_name_the_endpoint),
        cmocka_unit_test(nobody_there_is_known_at_once),
        cmocka_unit_test(a_paused_stream_is_silent_until_resumed),
        cmocka_unit_test(a_cancelled_stream_ends_and_says_so),
        cmocka_unit_test(a_released_stream_calls_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
