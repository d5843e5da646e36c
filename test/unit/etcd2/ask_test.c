/* Requests against servers that answer as they are told: who is asked next, and what is said. */
#include "etcd2/ask.h"

#include <string.h>

#include "../expect.h"
#include "../net/fake_server.h"
#include "etcd2/keys.h"
#include "etcd2/members.h"

#define HTTP(status, body)                                                                         \
    "HTTP/1.1 " status "\r\nX-Etcd-Index: 9\r\nConnection: close\r\n\r\n" body
#define NODE_A "{\"action\":\"get\",\"node\":{\"key\":\"/a\",\"value\":\"1\"}}"

struct scene {
    struct arena mem;
    struct etcd2_client *client;
    struct fake_server servers[2];
    size_t server_count;
    struct etcd2_response response;
    struct error e;
    char last_trace[256];
    char refused[128];
};

static void
note_trace(void *context, const char *line)
{
    struct scene *s = context;

    snprintf(s->last_trace, sizeof(s->last_trace), "%s", line);
}

static void
scene_open(struct scene *s)
{
    AUTO_SECRET basic = SECRET_INIT;
    const char *endpoint = "127.0.0.1:1/";
    const struct etcd2_options options = {
        .endpoints = &endpoint,
        .endpoint_count = 1,
        .basic = &basic,
        .timeout_ms = 200,
        .total_timeout_ms = 500,
        .trace = note_trace,
        .trace_context = s,
    };
    struct error e = ERROR_INIT;

    secret_set(&basic, BYTES_LITERAL("u:p"));
    *s = (struct scene){.server_count = 0};
    EXPECT_OK(etcd2_client_open(&options, &s->client, &e));
    assert_string_equal(etcd2_client_endpoints(&s->mem, s->client), "http://127.0.0.1:1");
    s->client->endpoints.count = 0;
}

static void
scene_server(struct scene *s, enum fake_mode mode, const char *raw)
{
    struct fake_server *server = &s->servers[s->server_count++];

    fake_server_start(server, &s->client->loop, mode, NULL);
    server->raw = bytes_of_text(raw);
    server->raw_close = true;
    *ARRAY_PUSH(&s->client->mem, &s->client->endpoints) = server->url;
}

static void
scene_close(struct scene *s)
{
    for (size_t i = 0; i < s->server_count; i++)
        fake_server_stop(&s->servers[i]);
    etcd2_client_close(&s->client);
    arena_release(&s->mem);
}

static bool
get(struct scene *s)
{
    const struct etcd2_get_options options = {.quorum = true};

    return etcd2_get(&s->mem, s->client, "/a", &options, &s->response, &s->e);
}

static bool
create(struct scene *s)
{
    const struct etcd2_set_options options = {.prev_exist = ETCD2_PREV_NO_EXIST};

    return etcd2_set(&s->mem, s->client, "/a", BYTES_LITERAL("x y"), &options, &s->response, &s->e);
}

static void
test_an_answer(void **state)
{
    struct scene s;

    (void)state;
    scene_open(&s);
    scene_server(&s, FAKE_RAW, HTTP("200 OK", NODE_A));
    assert_true(get(&s));
    assert_int_equal(s.response.index, 9);
    assert_true(bytes_equal_text(s.response.node->value, "1"));
    assert_string_equal(s.last_trace,
                        arena_printf(&s.mem,
                                     "cURL Command: curl -X GET %s/v2/keys/a?quorum=true&recursive="
                                     "false&sorted=false",
                                     s.servers[0].url));
    assert_non_null(strstr(s.servers[0].heard, "Authorization: Basic dTpw\r\n"));
    assert_true(create(&s));
    assert_non_null(strstr(s.servers[0].heard, "PUT /v2/keys/a?prevExist=false HTTP/1.1\r\n"));
    assert_non_null(strstr(s.servers[0].heard, "\r\n\r\nvalue=x+y"));
    scene_close(&s);
}

static void
test_a_member_without_leader_is_passed_by(void **state)
{
    struct scene s;

    (void)state;
    scene_open(&s);
    scene_server(&s, FAKE_RAW, HTTP("503 Service Unavailable", "x"));
    scene_server(&s, FAKE_RAW, HTTP("200 OK", NODE_A));
    assert_true(get(&s));
    assert_int_equal(s.client->pinned, 1);
    assert_true(get(&s));
    assert_int_equal(s.servers[0].accepted, 1);
    scene_close(&s);
}

static void
test_what_may_have_been_done_is_not_repeated(void **state)
{
    struct scene s;

    (void)state;
    scene_open(&s);
    scene_server(&s, FAKE_CLOSE, "");
    scene_server(&s, FAKE_RAW, HTTP("201 Created", NODE_A));
    assert_false(create(&s));
    assert_string_equal(s.e.text,
                        arena_printf(&s.mem,
                                     "outcome unknown: endpoint '%s': connection closed by "
                                     "the server before it answered",
                                     s.servers[0].url));
    assert_int_equal(s.servers[1].accepted, 0);
    /* The next one begins where that one stopped; a refused connection was certainly not asked. */
    assert_true(create(&s));
    fake_url_refused(s.refused, "http");
    s.client->endpoints.items[0] = s.refused;
    s.client->pinned = 0;
    assert_true(create(&s));
    scene_close(&s);
}

static void
expect_refusal(const char *raw, enum error_code code, const char *text, const char *hint)
{
    struct scene s;

    scene_open(&s);
    scene_server(&s, FAKE_RAW, raw);
    assert_false(get(&s));
    assert_string_equal(s.e.text, strstr(text, "%s") != NULL
                                      ? arena_printf(&s.mem, "endpoint '%s'%s", s.servers[0].url,
                                                     strstr(text, "%s") + 2)
                                      : text);
    assert_int_equal(s.e.code, code);
    assert_string_equal(s.e.hint, hint);
    scene_close(&s);
}

static void
test_refusals(void **state)
{
    (void)state;
    expect_refusal(HTTP("404 Not Found", "{\"errorCode\":100,\"message\":\"Key not found\","
                                         "\"cause\":\"/a\",\"index\":3}"),
                   ERROR_NOT_FOUND, "100: Key not found (/a) [3]", "see what is there with 'ls'");
    expect_refusal(HTTP("401 Unauthorized", "{\"message\":\"Insufficient credentials\"}"),
                   ERROR_AUTH, "Insufficient credentials",
                   "give a user that may do this: -u USER:PASSWORD");
    expect_refusal(HTTP("404 Not Found", "404 page not found\n"), ERROR_FEATURE,
                   "%s does not serve the v2 API",
                   "etcd 3.4 and 3.5 serve it with --enable-v2, later ones not at all");
    expect_refusal(HTTP("418 x", "tea"), ERROR_FORMAT,
                   "the answer (HTTP 418) is not what etcd's v2 API says: line 1, column 2: "
                   "boolean expected",
                   "is this an etcd's client port, and no proxy in between?");
    expect_refusal(HTTP("503 x", ""), ERROR_UNAVAILABLE, "%s: the member has no leader (HTTP 503)",
                   "see 'etcdctl cluster-health'; without a quorum of members nothing answers");
    expect_refusal(HTTP("500 x", ""), ERROR_UNAVAILABLE,
                   "%s: no leader, or too few healthy members for this (HTTP 500)",
                   "see 'etcdctl cluster-health', and the server's log for its reason");
    expect_refusal(HTTP("502 x", ""), ERROR_UNAVAILABLE, "%s: server error (HTTP 502)", "");
}

static void
test_members(void **state)
{
    struct scene s;
    struct etcd2_member *members;
    size_t count;
    size_t published;

    (void)state;
    scene_open(&s);
    scene_server(&s, FAKE_RAW,
                 HTTP("200 OK", "{\"members\":[{\"id\":\"a1\",\"name\":\"m1\",\"peerURLs\":[\"p\"],"
                                "\"clientURLs\":[\"http://127.0.0.1:9\",\"x\"]},"
                                "{\"id\":\"b2\",\"peerURLs\":[]}]}"));
    assert_true(etcd2_member_list(&s.mem, s.client, &members, &count, &s.e));
    assert_int_equal(count, 2);
    assert_string_equal(members[0].peer_urls.items[0], "p");
    assert_string_equal(members[1].name, "");
    /* The given endpoint stays, what is no URL is left out. */
    assert_true(etcd2_client_sync(s.client, &published, &s.e));
    assert_int_equal(published, 2);
    assert_string_equal(etcd2_client_endpoints(&s.mem, s.client),
                        arena_printf(&s.mem, "%s,http://127.0.0.1:9", s.servers[0].url));
    scene_close(&s);
}

static void
test_a_watch_goes_on_behind_the_index_it_began_at(void **state)
{
    struct scene s;
    struct etcd2_watch watch = {.key = "/a"};

    (void)state;
    scene_open(&s);
    scene_server(&s, FAKE_RAW, HTTP("200 OK", ""));
    scene_server(&s, FAKE_RAW,
                 HTTP("400 Bad Request", "{\"errorCode\":401,\"message\":\"The event in requested "
                                         "index is outdated and cleared\",\"cause\":\"c\","
                                         "\"index\":2000}"));
    s.client->endpoints.count = 1;
    s.servers[0].raw = BYTES_LITERAL(HTTP("200 OK", "{\"action\":\"set\",\"node\":{\"key\":\"/a\","
                                                    "\"modifiedIndex\":41}}"));
    assert_true(etcd2_watch_next(&s.mem, s.client, &watch, &s.response, &s.e));
    assert_int_equal(watch.next_index, 42);
    s.client->endpoints.items[0] = s.servers[1].url;
    assert_false(etcd2_watch_next(&s.mem, s.client, &watch, &s.response, &s.e));
    assert_string_equal(s.e.text,
                        "401: The event in requested index is outdated and cleared (c) [2000]");
    assert_non_null(strstr(s.servers[1].heard, "?recursive=false&wait=true&waitIndex=42 "));
    scene_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer),
        cmocka_unit_test(test_a_member_without_leader_is_passed_by),
        cmocka_unit_test(test_what_may_have_been_done_is_not_repeated),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_a_watch_goes_on_behind_the_index_it_began_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
