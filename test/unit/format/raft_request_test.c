#include "format/raft/raft_request.h"

#include <string.h>

#include "base/buf.h"
#include "expect.h"
#include "format/proto.h"
#include "format/raft/raft.h"
#include "format/wal/wal_summary.h"
#include "scratch.h"

static void
message_put(struct buf *out, uint32_t number, struct bytes message)
{
    proto_put_bytes_always(out, number, message);
}

/* A request of the v2 API: id, method, path, value, and a flag. */
static void
v2_put(struct buf *out, const char *method, const char *path)
{
    proto_put_u64_always(out, 1, 7);
    proto_put_bytes_always(out, 2, bytes_of_text(method));
    proto_put_bytes_always(out, 3, bytes_of_text(path));
    proto_put_bytes_always(out, 4, BYTES_LITERAL("value"));
    proto_put_u64_always(out, 5, 0);
    proto_put_u64_always(out, 17, 0);
}

static void
test_a_v3_request_is_told_by_its_header(void **state)
{
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    struct raft_request request;

    (void)state;
    message_put(&out, 100, BYTES_LITERAL("\x08\x01"));
    message_put(&out, 4, BYTES_LITERAL("\x0a\x01k"));
    EXPECT_OK(raft_request_decode(buf_bytes(&out), &request, &e));
    assert_true(request.has_header);
    assert_false(request.has_v2 || request.sets_member_attributes || request.has_version_test);

    buf_clear(&out);
    message_put(&out, 100, BYTES_LITERAL("\x08\x01"));
    message_put(&out, 1301, BYTES_NONE);
    message_put(&out, 9900,
                BYTES_LITERAL("\x0a\x05"
                              "3.6.0"));
    EXPECT_OK(raft_request_decode(buf_bytes(&out), &request, &e));
    assert_true(request.sets_member_attributes && request.has_version_test);
    assert_true(bytes_equal_text(request.version_test, "3.6.0"));
}

static void
test_a_v2_request_stands_inside_or_alone(void **state)
{
    static const char *const methods[] = {"PUT", "POST", "GET", "QGET", "DELETE", "SYNC", "HEAD"};

    (void)state;
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
        AUTO_BUF alone = BUF_INIT;
        AUTO_BUF inside = BUF_INIT;
        struct error e = ERROR_INIT;
        struct raft_request request;

        v2_put(&alone, methods[i], "/1/a/b");
        message_put(&inside, 2, buf_bytes(&alone));
        EXPECT_OK(raft_request_decode(buf_bytes(&alone), &request, &e));
        assert_true(request.has_v2 && !request.has_header);
        assert_true(bytes_equal_text(request.v2.method, methods[i]));
        assert_true(bytes_equal_text(request.v2.path, "/1/a/b"));
        EXPECT_OK(raft_request_decode(buf_bytes(&inside), &request, &e));
        assert_true(request.has_v2);
        assert_true(bytes_equal_text(request.v2.method, methods[i]));
    }
}

static void
test_what_is_neither_is_refused(void **state)
{
    struct error e = ERROR_INIT;
    struct raft_request request;

    (void)state;
    EXPECT_ERROR(raft_request_decode(BYTES_LITERAL("\xff"), &request, &e), ERROR_FORMAT,
                 "raft request: malformed");
    /* Its method is a number. */
    EXPECT_ERROR(raft_request_decode(BYTES_LITERAL("\x10\x01"), &request, &e), ERROR_FORMAT,
                 "raft request: malformed");
}

static void
test_members_own_requests_are_known(void **state)
{
    static const struct {
        const char *method;
        const char *path;
        bool attributes;
        bool own;
    } cases[] = {
        {"PUT", "/0/members/8e9e05c52164694d/attributes", true, true},
        {"PUT", "/0/members/A/attributes", true, true},
        {"PUT", "/1/0/members/1/attributes", true, true}, /* etcd's pattern has no anchor */
        {"PUT", "/0/members//attributes", false, false},
        {"PUT", "/0/members/8e9e05c52164694d1/attributes", false, false},
        {"PUT", "/0/members/8e9e05c52164694d/raftAttributes", false, false},
        {"PUT", "/0/members/xyz/0/members/1/attributes", true, true},
        {"PUT", "/0/version", false, true},
        {"PUT", "/0/version/x", false, false},
        {"PUT", "", false, false},
        {"DELETE", "/0/members/1/attributes", false, false},
        {"QGET", "", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct v2_request request = {bytes_of_text(cases[i].method),
                                           bytes_of_text(cases[i].path)};

        assert_int_equal(v2_request_sets_attributes(&request), cases[i].attributes);
        assert_int_equal(v2_request_is_members_own(&request), cases[i].own);
    }
    /* One that has no path at all. */
    assert_false(
        v2_request_sets_attributes(&(struct v2_request){BYTES_LITERAL("PUT"), BYTES_NONE}));
}

struct counted {
    unsigned v2;
    unsigned own;
    unsigned v3;
};

static bool
entry_count(void *context, const struct raft_entry *entry, struct error *e)
{
    struct counted *counted = context;
    struct raft_request request;

    if (entry->type != RAFT_ENTRY_NORMAL || entry->data.size == 0)
        return true;
    if (!raft_request_decode(entry->data, &request, e))
        return false;
    counted->v2 += request.has_v2;
    counted->own += request.has_v2 && v2_request_is_members_own(&request.v2);
    counted->v3 += request.has_header;
    return true;
}

/* Logs of real servers: 3.4 and 3.5 say names and the cluster version by the v2 API. */
static void
test_real_logs_are_read(void **state)
{
    static const char *const names[] = {"wal/rich-3.4.23.wal", "wal/rich-3.5.30.wal"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct counted counted = {0, 0, 0};
        struct wal_summary summary;

        EXPECT_OK(
            wal_read_file(&tmp, golden_path(&tmp, names[i]), entry_count, &counted, &summary, &e));
        assert_true(counted.v2 >= counted.own);
        assert_true(counted.own >= 1);
        assert_true(counted.v3 > 200);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_v3_request_is_told_by_its_header),
        cmocka_unit_test(test_a_v2_request_stands_inside_or_alone),
        cmocka_unit_test(test_what_is_neither_is_refused),
        cmocka_unit_test(test_members_own_requests_are_known),
        cmocka_unit_test(test_real_logs_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
