#include "net/http1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/io.h"
#include "certs.h"
#include "fake_server.h"
#include "net/http1_answer.h"

struct answer_case {
    const char *raw;
    const char *body; /* NULL: not complete */
    enum http1_progress end;
    unsigned status;
};

static const struct answer_case answers[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", HTTP1_COMPLETE, 200},
    {"HTTP/1.1 200 OK\ncontent-length:5\n\nhello, and more", "hello", HTTP1_COMPLETE, 200},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "", HTTP1_COMPLETE, 204},
    {"HTTP/1.0 503 x\r\n\r\nuntil the end", "until the end", HTTP1_COMPLETE, 503},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
     "chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
     "hello0123456789", HTTP1_COMPLETE, 200},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", NULL, HTTP1_MORE, 200},
    {"HTTP/1.1 200 OK\r\nContent-Le", NULL, HTTP1_MORE, 200},
    {"", NULL, HTTP1_MORE, 0},
    {"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", "", HTTP1_COMPLETE, 204},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", NULL, HTTP1_MORE, 200},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello", NULL, HTTP1_MORE, 200},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloworld\r\n", NULL, HTTP1_BROKEN,
     200},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", NULL, HTTP1_BROKEN, 200},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n", NULL,
     HTTP1_BROKEN, 200},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n", NULL, HTTP1_LARGE, 200},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", NULL, HTTP1_BROKEN, 200},
    {"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", NULL, HTTP1_LARGE, 200},
    {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", NULL, HTTP1_BROKEN, 200},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", NULL, HTTP1_BROKEN, 200},
    {"HTTP/1.1 20 OK\r\n\r\n", NULL, HTTP1_BROKEN, 0},
    {"SSH-2.0-OpenSSH_9.2p1\r\n", NULL, HTTP1_BROKEN, 0},
};

static void
test_answers_in_any_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        const struct answer_case *c = &answers[i];
        size_t size = strlen(c->raw);

        for (size_t piece = 1; piece <= size + 1; piece++) {
            struct http1_answer a = {.status = 0};
            enum http1_progress progress = HTTP1_MORE;
            struct bytes body = BYTES_NONE;

            for (size_t at = 0; at < size && progress == HTTP1_MORE; at += piece) {
                buf_append(&a.raw, c->raw + at, size - at < piece ? size - at : piece);
                progress = http1_answer_look(&a, false, 100, &body);
            }
            if (progress == HTTP1_MORE)
                progress = http1_answer_look(&a, true, 100, &body);
            assert_int_equal(progress, c->end);
            if (c->body != NULL) {
                assert_true(bytes_equal_text(body, c->body));
                assert_int_equal(a.status, c->status);
            }
            http1_answer_release(&a);
        }
    }
}

static void
test_a_head_without_end_is_bounded(void **state)
{
    struct http1_answer a = {.status = 0};
    struct bytes body;

    (void)state;
    buf_append_text(&a.raw, "HTTP/1.1 200 OK\r\nx: ");
    buf_append_zeros(&a.raw, HTTP1_HEAD_MAX_BYTES);
    assert_int_equal(http1_answer_look(&a, false, 100, &body), HTTP1_LARGE);
    http1_answer_release(&a);
}

struct scene {
    struct arena mem;
    struct loop loop;
    struct fake_server server;
    struct http1_exchange get;
    struct error e;
};

/* One GET from a server that answers with these bytes. */
static bool
get(struct scene *s, enum fake_mode mode, struct bytes raw, const struct http1_options *options)
{
    struct http1_options o = *options;

    *s = (struct scene){.get = {.done = false}};
    loop_init(&s->loop);
    fake_server_start(&s->server, &s->loop, mode, NULL);
    s->server.raw = raw;
    s->server.raw_close = true;
    o.endpoint = s->server.url;
    if (o.path == NULL)
        o.path = "/health";
    return http1_start(&s->mem, &s->loop, &o, &s->get, &s->e) &&
           http1_finish(&s->loop, &s->get, &s->e);
}

static void
scene_close(struct scene *s)
{
    fake_server_stop(&s->server);
    arena_release(&s->mem);
    loop_release(&s->loop);
}

static void
assert_told(struct scene *s, enum error_code code, const char *text)
{
    assert_string_equal(s->e.text, arena_printf(&s->mem, "endpoint '%s': %s", s->server.url, text));
    assert_int_equal(s->e.code, code);
}

static void
test_a_get_brings_status_and_body(void **state)
{
    struct scene s;

    (void)state;
    assert_true(get(&s, FAKE_RAW,
                    BYTES_LITERAL("HTTP/1.1 503 Unavailable\r\n\r\n{\"health\":\"false\"}"),
                    &(struct http1_options){.path = "/health?exclude=NOSPACE"}));
    assert_int_equal(s.get.status, 503);
    assert_true(bytes_equal_text(s.get.body, "{\"health\":\"false\"}"));
    scene_close(&s);
}

static void
test_failures_of_a_get(void **state)
{
    struct scene s;

    (void)state;
    assert_false(get(&s, FAKE_RAW, BYTES_LITERAL("SSH-2.0\r\n"), &(struct http1_options){0}));
    assert_told(&s, ERROR_CONNECTION, "/health: the answer is not HTTP/1");
    scene_close(&s);
    assert_false(get(&s, FAKE_CLOSE, BYTES_NONE, &(struct http1_options){0}));
    assert_told(&s, ERROR_CONNECTION, "connection closed by the server before it answered");
    scene_close(&s);
    assert_false(get(&s, FAKE_SILENT, BYTES_NONE, &(struct http1_options){.timeout_ms = 100}));
    assert_told(&s, ERROR_TIMEOUT, "/health: no complete answer within 100 ms");
    scene_close(&s);
    assert_false(get(&s, FAKE_RAW, BYTES_LITERAL("HTTP/1.1 200 OK\r\n\r\n0123456789a"),
                     &(struct http1_options){.limit_bytes = 10}));
    assert_told(&s, ERROR_LIMIT, "/health: the answer is above the limit of 10 bytes");
    scene_close(&s);
    assert_false(get(&s, FAKE_SILENT, BYTES_NONE, &(struct http1_options){.path = "/a b"}));
    assert_string_equal(s.e.text, "path '/a b': blanks and special characters");
    scene_close(&s);
}

static void
test_a_get_over_tls(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    char dir[] = "/tmp/quorate-net-XXXXXX";
    struct test_ca ca;
    struct loop loop;
    struct fake_server server;
    struct http1_exchange got;
    struct tls_options tls;
    struct http1_options o = {.endpoint = server.url, .path = "/version"};
    struct error e = ERROR_INIT;
    struct test_pair pair;

    (void)state;
    assert_non_null(mkdtemp(dir));
    loop_init(&loop);
    test_ca_make(&tmp, dir, "ca", &ca);
    pair = test_pair_make(&tmp, &ca, dir, "server", "IP:127.0.0.1", -60, 3600);
    tls = (struct tls_options){.ca_file = ca.file};
    o.tls = tls_context_new(&tmp, &tls);
    fake_server_start(&server, &loop, FAKE_RAW, test_server_tls(pair, "http/1.1", NULL));
    server.raw = BYTES_LITERAL("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_true(http1_start(&tmp, &loop, &o, &got, &e));
    assert_true(http1_finish(&loop, &got, &e));
    assert_true(bytes_equal_text(got.body, "ok"));
    fake_server_stop(&server);
    loop_release(&loop);
    test_ca_release(&ca);
    assert_true(tree_remove(dir, &e));
}

static void
test_a_put_carries_body_and_password(void **state)
{
    AUTO_SECRET basic = SECRET_INIT;
    struct scene s;
    struct bytes value;

    (void)state;
    secret_set(&basic, BYTES_LITERAL("root:secret"));
    assert_true(
        get(&s, FAKE_RAW,
            BYTES_LITERAL("HTTP/1.1 201 Created\r\nX-Etcd-Index: 7\r\nContent-Length: 2\r\n\r\n{}"),
            &(struct http1_options){.path = "/v2/keys/a?prevExist=false",
                                    .method = HTTP1_PUT,
                                    .content_type = "application/x-www-form-urlencoded",
                                    .body = BYTES_LITERAL("value=1"),
                                    .basic = &basic}));
    assert_int_equal(s.get.status, 201);
    assert_true(bytes_equal_text(s.get.body, "{}"));
    assert_true(http1_header(&s.get, "x-etcd-index", &value));
    assert_true(bytes_equal_text(value, "7"));
    assert_false(http1_header(&s.get, "X-Etcd", &value));
    assert_string_equal(
        s.server.heard,
        arena_printf(&s.mem,
                     "PUT /v2/keys/a?prevExist=false HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                     "User-Agent: quorate/" QUORATE_VERSION "\r\n"
                     "Authorization: Basic cm9vdDpzZWNyZXQ=\r\n"
                     "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n"
                     "Connection: close\r\n\r\nvalue=1",
                     s.server.port));
    scene_close(&s);
}

static void
test_a_query_is_not_in_the_error(void **state)
{
    struct scene s;

    (void)state;
    assert_false(get(&s, FAKE_SILENT, BYTES_NONE,
                     &(struct http1_options){.path = "/v2/keys/a?prevValue=x", .timeout_ms = 50}));
    assert_told(&s, ERROR_TIMEOUT, "/v2/keys/a: no complete answer within 50 ms");
    assert_false(s.get.unsent);
    scene_close(&s);
}

static void
test_what_was_never_sent_is_known(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct loop loop;
    struct http1_exchange got;
    char url[128];
    struct http1_options o = {.endpoint = url, .path = "/", .method = HTTP1_DELETE};
    struct error e = ERROR_INIT;

    (void)state;
    fake_url_refused(url, "http");
    loop_init(&loop);
    assert_true(http1_start(&tmp, &loop, &o, &got, &e));
    assert_false(http1_finish(&loop, &got, &e));
    assert_int_equal(got.failure.kind, NET_FAILURE_REFUSED);
    assert_true(got.unsent);
    loop_release(&loop);
}

/* The time-out is for the head: a silent server is found out, a silent key is waited for. */
static void
test_a_long_poll_waits_behind_its_head(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct loop loop;
    struct fake_server server;
    struct http1_exchange got;
    struct http1_options o = {.path = "/v2/keys/a?wait=true", .long_poll = true, .timeout_ms = 50};
    struct error e = ERROR_INIT;
    const bool never = false;

    (void)state;
    loop_init(&loop);
    fake_server_start(&server, &loop, FAKE_RAW, NULL);
    server.raw = BYTES_LITERAL("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    o.endpoint = server.url;
    assert_true(http1_start(&tmp, &loop, &o, &got, &e));
    assert_false(loop_run(&loop, &never, loop_now_ms(&loop) + 200));
    assert_false(got.done);
    fake_server_stop(&server);
    assert_false(http1_finish(&loop, &got, &e));
    assert_int_equal(e.code, ERROR_CONNECTION);
    fake_server_start(&server, &loop, FAKE_SILENT, NULL);
    assert_true(http1_start(&tmp, &loop, &o, &got, &e));
    assert_false(http1_finish(&loop, &got, &e));
    assert_int_equal(e.code, ERROR_TIMEOUT);
    fake_server_stop(&server);
    loop_release(&loop);
}

static void
test_a_cancelled_get_is_forgotten(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct loop loop;
    struct http1_exchange got;
    struct http1_options o = {.endpoint = "http://127.0.0.1:1", .path = "/"};
    struct error e = ERROR_INIT;
    const bool never = false;

    (void)state;
    loop_init(&loop);
    assert_true(http1_start(&tmp, &loop, &o, &got, &e));
    http1_cancel(&got);
    http1_cancel(&got);
    assert_false(loop_run(&loop, &never, LOOP_FOREVER));
    assert_false(got.done);
    loop_release(&loop);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_in_any_pieces),
        cmocka_unit_test(test_a_head_without_end_is_bounded),
        cmocka_unit_test(test_a_get_brings_status_and_body),
        cmocka_unit_test(test_failures_of_a_get),
        cmocka_unit_test(test_a_get_over_tls),
        cmocka_unit_test(test_a_put_carries_body_and_password),
        cmocka_unit_test(test_a_query_is_not_in_the_error),
        cmocka_unit_test(test_what_was_never_sent_is_known),
        cmocka_unit_test(test_a_long_poll_waits_behind_its_head),
        cmocka_unit_test(test_a_cancelled_get_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
