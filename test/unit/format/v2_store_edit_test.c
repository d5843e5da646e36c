#include "format/v2_store_edit.h"

#include <string.h>

#include "base/json.h"
#include "expect.h"
#include "format/raft/raft_snap.h"
#include "format/v2_store.h"
#include "scratch.h"

static struct initial_member
member_of(void)
{
    static const char *urls[] = {"http://a:1"};

    return (struct initial_member){.name = "one", .urls = {urls, 1}, .id = UINT64_MAX};
}

/* The .snap of a real member with a voter, a learner and a removed member. */
static void
test_a_real_store_gets_another_membership(void **state)
{
    static const char name[] = "raftsnap/live-3.5.30-0000000000000002-0000000000000016.snap";
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    struct initial_member member = member_of();
    const struct json *before;
    const struct json *after;
    struct v2_membership m;
    struct raft_snap snap;
    uint64_t index_before;
    uint64_t index_after;

    (void)state;
    EXPECT_OK(raft_snap_load(&tmp, golden_path(&tmp, name), &snap, &e));
    EXPECT_OK(v2_store_replace_members(&out, snap.store, &member, &e));
    EXPECT_OK(v2_store_decode(&tmp, buf_bytes(&out), &m, &e));
    assert_int_equal(m.member_count, 1);
    assert_true(m.members[0].id == UINT64_MAX);
    assert_string_equal(m.members[0].peer_urls[0], "http://a:1");
    assert_int_equal(m.removed_count, 0);
    assert_string_equal(m.cluster_version, "3.5.0");

    /* All else is as it was, and the index went on. */
    EXPECT_OK(json_parse(&tmp, snap.store, &before, &e));
    EXPECT_OK(json_parse(&tmp, buf_bytes(&out), &after, &e));
    assert_true(bytes_equal(json_print(&tmp, json_get(before, "WatcherHub")),
                            json_print(&tmp, json_get(after, "WatcherHub"))));
    EXPECT_OK(json_get_u64(before, "CurrentIndex", &index_before, &e));
    EXPECT_OK(json_get_u64(after, "CurrentIndex", &index_after, &e));
    assert_int_equal(index_after, index_before + 1);
}

#define STORE(one)                                                                                 \
    "{\"Root\":{\"Path\":\"/\",\"Children\":{\"0\":{\"Path\":\"/0\",\"Children\":{"                \
    "\"members\":{\"Children\":{}},\"x\":null}},\"1\":" one "}},\"CurrentIndex\":9}"

static void
test_users_keys_stay(void **state)
{
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    struct initial_member member = member_of();

    (void)state;
    EXPECT_OK(v2_store_replace_members(
        &out,
        BYTES_LITERAL(
            STORE("{\"Path\":\"/1\",\"Value\":\"a\\n\\u00fc\",\"N\":18446744073709551615}")),
        &member, &e));
    assert_string_equal(
        buf_text(&out),
        "{\"Root\":{\"Path\":\"/\",\"Children\":{\"0\":{\"Path\":\"/0\",\"Children\":{\"members\":"
        "{\"Path\":\"/0/members\",\"CreatedIndex\":10,\"ModifiedIndex\":10,\"ExpireTime\":"
        "\"0001-01-01T00:00:00Z\",\"Value\":\"\",\"Children\":{\"ffffffffffffffff\":{\"Path\":"
        "\"/0/members/ffffffffffffffff\",\"CreatedIndex\":10,\"ModifiedIndex\":10,\"ExpireTime\":"
        "\"0001-01-01T00:00:00Z\",\"Value\":\"\",\"Children\":{\"raftAttributes\":{\"Path\":"
        "\"/0/members/ffffffffffffffff/raftAttributes\",\"CreatedIndex\":10,\"ModifiedIndex\":10,"
        "\"ExpireTime\":\"0001-01-01T00:00:00Z\",\"Value\":\"{\\\"peerURLs\\\":[\\\"http://"
        "a:1\\\"]}\","
        "\"Children\":null}}}}},\"x\":null}},\"1\":{\"Path\":\"/1\",\"Value\":\"a\\n\xc3\xbc\","
        "\"N\":18446744073709551615}}},\"CurrentIndex\":10}");
}

static void
test_what_is_no_store_is_refused(void **state)
{
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    struct initial_member member = member_of();

    (void)state;
    EXPECT_ERROR(v2_store_replace_members(&out, BYTES_LITERAL("{}"), &member, &e), ERROR_FORMAT,
                 "v2 store: no '/0'");
    assert_false(v2_store_replace_members(&out, BYTES_LITERAL("nonsense"), &member, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_false(v2_store_replace_members(
        &out, BYTES_LITERAL("{\"Root\":{\"Children\":{\"0\":{}}}}"), &member, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_real_store_gets_another_membership),
        cmocka_unit_test(test_users_keys_stay),
        cmocka_unit_test(test_what_is_no_store_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
