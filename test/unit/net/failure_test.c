/* The failure table: servers that cannot be reached, are silent, or speak another protocol. */
#include "failing_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"

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
test_an_http1_server(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    answer_raw(s, BYTES_LITERAL("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nno"),
               false);
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
    answer_raw(s, BYTES_LITERAL("HTTP/1.0 505"), true);
    assert_told(s, NET_FAILURE_HTTP1_SERVER, ERROR_CONNECTION,
                "an HTTP/1 server answered: 'HTTP/1.0 505'");
    scene_close(s);
}

static void
test_a_server_of_another_protocol(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    answer_raw(s, BYTES_LITERAL("SSH-2.0-OpenSSH_9.2p1\r\n"), false);
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
    answer_raw(s, BYTES_LITERAL("+OK\r\n"), true);
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
    answer_raw(s,
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
    answer_raw(s, BYTES_LITERAL("\0\0\5\4\0\0\0\0\0abcde"), false);
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
        cmocka_unit_test(test_an_http1_server),
        cmocka_unit_test(test_an_http1_server_that_says_little),
        cmocka_unit_test(test_a_server_of_another_protocol),
        cmocka_unit_test(test_a_short_answer_of_another_protocol),
        cmocka_unit_test(test_garbage_frames),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_closed_without_a_byte),
        cmocka_unit_test(test_kinds_have_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
