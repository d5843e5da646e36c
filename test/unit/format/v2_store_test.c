#include "format/v2_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *
encode(struct arena *mem, struct initial_member *members, size_t count)
{
    AUTO_BUF out = BUF_INIT;
    struct initial_cluster cluster = {.members = members, .count = count};

    v2_store_encode(&out, &cluster);
    return arena_text(mem, buf_text(&out));
}

/* Names in the tree sort as text, indexes go by the number: an id with fewer digits shows it. */
static void
test_short_ids_stand_where_go_puts_them(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *urls[] = {"http://a:1", "http://b:1"};
    struct initial_member members[] = {
        {.name = "a", .id = 0xf, .urls = {&urls[0], 1}},
        {.name = "b", .id = 0x1e, .urls = {&urls[1], 1}, .is_learner = true},
    };
    const char *text = encode(&tmp, members, 2);
    const char *first = strstr(text, "\"1e\":{\"Path\":\"/0/members/1e\",\"CreatedIndex\":2,");
    const char *second = strstr(text, "\"f\":{\"Path\":\"/0/members/f\",\"CreatedIndex\":1,");
    const char *events = strstr(text, "\"Events\":[{\"action\":\"create\",\"node\":{\"key\":"
                                      "\"/0/members/f/raftAttributes\",\"value\":"
                                      "\"{\\\"peerURLs\\\":[\\\"http://a:1\\\"]}\","
                                      "\"modifiedIndex\":1,\"createdIndex\":1}},");

    (void)state;
    assert_non_null(first);
    assert_non_null(second);
    assert_true(first < second);
    assert_non_null(events);
    assert_non_null(strstr(text, "\"Value\":\"{\\\"peerURLs\\\":[\\\"http://b:1\\\"],"
                                 "\\\"isLearner\\\":true}\""));
}

static void
test_what_is_written_is_read(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *urls[] = {"http://a:1?x=<1>&y=\"", "http://b:1"};
    struct initial_member members[] = {
        {.name = "a", .id = 1, .urls = {urls, 2}},
        {.name = "b", .id = UINT64_MAX, .urls = {&urls[1], 1}, .is_learner = true},
    };
    struct v2_membership m;

    (void)state;
    assert_true(v2_store_decode(&tmp, bytes_of_text(encode(&tmp, members, 2)), &m, &e));
    assert_int_equal(m.member_count, 2);
    assert_int_equal(m.members[0].id, 1);
    assert_int_equal(m.members[0].peer_url_count, 2);
    assert_string_equal(m.members[0].peer_urls[0], urls[0]);
    assert_true(m.members[1].id == UINT64_MAX);
    assert_true(m.members[1].is_learner);
    /* Names come with the attributes that a started member publishes. */
    assert_string_equal(m.members[0].name, "");
    assert_null(m.cluster_version);
    assert_int_equal(m.removed_count, 0);
    assert_false(m.has_user_data);
}

#define NODE(children) "{\"Value\":\"\",\"Children\":" children "}"
#define STORE(zero, one)                                                                           \
    "{\"Root\":" NODE("{\"0\":" NODE("{" zero "}") ",\"1\":" NODE("{" one "}") "}") "}"

static void
test_user_data_are_noticed(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct v2_membership m;

    (void)state;
    assert_true(v2_store_decode(&tmp, BYTES_LITERAL(STORE("", "\"mine\":{}")), &m, &e));
    assert_true(m.has_user_data);
    assert_int_equal(m.member_count, 0);
    assert_true(v2_store_decode(
        &tmp, BYTES_LITERAL(STORE("\"removed_members\":" NODE("{\"ff\":{},\"1\":{}}"), "")), &m,
        &e));
    assert_false(m.has_user_data);
    assert_int_equal(m.removed_count, 2);
    assert_int_equal(m.removed[0], 1);
    assert_int_equal(m.removed[1], 255);
}

/* The rule of etcd's IsMetaStoreOnly. */
static void
test_content_that_3_6_refuses_is_told(void **state)
{
    static const struct {
        const char *root; /* the children of / */
        bool custom;
    } cases[] = {
        {"\"0\":" NODE("{\"members\":{}}"), false},
        {"\"0\":" NODE("{}") ",\"1\":" NODE("{}"), false},
        {"\"1\":" NODE("{\"a\":{}}"), true},
        {"\"1\":" NODE("{\"_hidden\":{}}"), false},
        {"\"_hidden\":" NODE("{\"a\":{}}"), false},
        {"\"2\":" NODE("{\"enabled\":{\"Value\":\"true\"},\"users\":" NODE("{}") "}"), false},
        {"\"2\":" NODE("{\"users\":" NODE("{\"root\":{}}") "}"), true},
        {"\"3\":" NODE("{\"a\":{}}"), true},
        {"\"3\":{\"Value\":\"a\",\"Children\":null}", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct v2_membership m;
        const char *store =
            arena_printf(&tmp, "{\"Root\":{\"Value\":\"\",\"Children\":{%s}}}", cases[i].root);

        if (!v2_store_decode(&tmp, bytes_of_text(store), &m, &e))
            fail_msg("%s", e.text);
        if (m.has_custom_content != cases[i].custom)
            fail_msg("%s", store);
    }
}

static void
check_refused(const char *store, const char *expected)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct v2_membership m;

    assert_false(v2_store_decode(&tmp, bytes_of_text(store), &m, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_string_equal(e.text, expected);
}

#define MEMBER(attributes)                                                                         \
    STORE("\"members\":" NODE("{\"ab\":" NODE("{\"raftAttributes\":" attributes "}") "}"), "")

static void
test_what_is_no_store_is_refused(void **state)
{
    (void)state;
    check_refused("{", "v2 store: line 1, column 2: unexpected end of data");
    check_refused("{}", "v2 store: no 'Root'");
    check_refused("[]", "v2 store: no 'Root'");
    check_refused(MEMBER("null"), "v2 store: /0/members/ab: no raftAttributes");
    check_refused(MEMBER("{}"), "v2 store: /0/members/ab: raftAttributes: 'Value' is missing");
    check_refused(MEMBER("{\"Value\":\"{\\\"peerURLs\\\":[1]}\"}"),
                  "v2 store: /0/members/ab: 'peerURLs': a value is not text");
    check_refused(MEMBER("{\"Value\":\"{\\\"isLearner\\\":1}\"}"),
                  "v2 store: /0/members/ab: 'isLearner' is not true or false");
    check_refused(STORE("\"version\":{\"Value\":3}", ""),
                  "v2 store: /0/version: 'Value' is not text");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_ids_stand_where_go_puts_them),
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_user_data_are_noticed),
        cmocka_unit_test(test_content_that_3_6_refuses_is_told),
        cmocka_unit_test(test_what_is_no_store_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
