#include "cluster/rules_lock.h"

#include <string.h>

#include "expect.h"

static struct error e;

enum { SINCE_S = 1764194400 }; /* 2025-11-26T22:00:00Z */

static const struct lock_record record = {
    .plan = "20251126T220000Z-member-grow-1a2b",
    .title = "grow cluster 'prod' from 1 to 3 voters: m2, m3",
    .user = "root",
    .host = "db1",
    .pid = 4711,
    .since_ms = (int64_t)SINCE_S * 1000,
    .boot_id = "b-1",
    .state_dir = "/var/lib/quorate",
    .cluster = "prod",
};

static const struct lock_facts foreign = {
    .held = true, .record = &record, .lease = 7, .ttl_s = 12, .here = false};

static bool
may(const struct lock_facts *facts, bool take_over)
{
    return rule_may_take_lock(facts, "mine", take_over, (int64_t)(SINCE_S + 200) * 1000, &e);
}

static void
test_free_own_and_ended_locks_are_taken(void **state)
{
    const struct lock_facts none = {.ttl_s = -1};
    struct lock_facts ended = foreign;

    (void)state;
    EXPECT_OK(may(&none, false));
    EXPECT_OK(rule_may_take_lock(&foreign, record.plan, false, 0, &e));
    ended.ended = true;
    EXPECT_OK(may(&ended, false));
}

static void
test_a_foreign_lock_is_explained(void **state)
{
    (void)state;
    EXPECT_ERROR(
        may(&foreign, false), ERROR_LOCKED,
        "the cluster is locked (key '/quorate/lock') by plan "
        "'20251126T220000Z-member-grow-1a2b' (grow cluster 'prod' from 1 to 3 voters: m2, "
        "m3) of root at db1, process 4711, since 2025-11-26T22:00:00Z, 3 min 20 s ago; its "
        "lease ends in 12 s unless it is renewed");
    assert_string_equal(e.hint, "wait until it ends; when process 4711 at db1 is certainly dead or "
                                "stuck: the same command with --take-over");
    EXPECT_OK(may(&foreign, true));
}

static void
test_a_stale_lock_is_explained(void **state)
{
    struct lock_facts stale = foreign;

    (void)state;
    stale.here = true;
    assert_false(may(&stale, false));
    assert_string_equal(e.hint,
                        "that process has ended: quorate plan resume "
                        "20251126T220000Z-member-grow-1a2b goes on with it; for another plan "
                        "wait until the lease ends, or: the same command with --take-over");
    stale.runs = true;
    assert_false(may(&stale, false));
    assert_non_null(strstr(e.hint, "wait until it ends"));
    /* Restored with the keys: it never ends. */
    stale.lease = 0;
    assert_false(may(&stale, false));
    assert_non_null(strstr(e.text, "; it has no lease and never ends by itself"));
    assert_string_equal(e.hint,
                        "when nobody works on the cluster: the same command with --take-over");
    EXPECT_OK(may(&stale, true));
}

static void
test_what_is_no_record_is_not_passed_by(void **state)
{
    const struct lock_facts other = {.held = true, .lease = 7, .ttl_s = -1};

    (void)state;
    EXPECT_ERROR(may(&other, false), ERROR_LOCKED,
                 "the cluster is locked (key '/quorate/lock') by somebody who is not quorate, or a "
                 "newer one; how long its lease has left is not known");
    EXPECT_OK(may(&other, true));
}

static void
test_a_record_is_read_as_it_was_written(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF text = BUF_INIT;
    struct lock_record got;

    (void)state;
    lock_record_encode(&record, &text);
    assert_string_equal(
        buf_text(&text),
        "{\"format\":1,\"plan\":\"20251126T220000Z-member-grow-1a2b\",\"title\":\"grow cluster "
        "'prod' "
        "from 1 to 3 voters: m2, m3\",\"user\":\"root\",\"host\":\"db1\",\"pid\":4711,"
        "\"since\":\"2025-11-26T22:00:00Z\",\"bootId\":\"b-1\",\"stateDir\":\"/var/lib/quorate\","
        "\"cluster\":\"prod\"}");
    EXPECT_OK(lock_record_decode(&tmp, buf_bytes(&text), &got, &e));
    assert_string_equal(got.plan, record.plan);
    assert_string_equal(got.title, record.title);
    assert_string_equal(got.user, "root");
    assert_string_equal(got.host, "db1");
    assert_int_equal(got.pid, 4711);
    assert_true(got.since_ms == record.since_ms);
    assert_string_equal(got.boot_id, "b-1");
    assert_string_equal(got.state_dir, "/var/lib/quorate");
    assert_string_equal(got.cluster, "prod");
}

static void
test_what_is_none_is_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    static const char *const texts[] = {
        "", "{}", "[1]", "hello", "{\"plan\":1}", "{\"plan\":\"p\",\"title\":\"t\"}"};
    struct lock_record got;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(lock_record_decode(&tmp, bytes_of_text(texts[i]), &got, &e));
        assert_int_equal(e.code, ERROR_FORMAT);
    }
    EXPECT_ERROR(lock_record_decode(&tmp, bytes_of(texts[0], (size_t)65 * 1024), &got, &e),
                 ERROR_FORMAT, "a lock's record of 66560 bytes");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_free_own_and_ended_locks_are_taken),
        cmocka_unit_test(test_a_foreign_lock_is_explained),
        cmocka_unit_test(test_a_stale_lock_is_explained),
        cmocka_unit_test(test_what_is_no_record_is_not_passed_by),
        cmocka_unit_test(test_a_record_is_read_as_it_was_written),
        cmocka_unit_test(test_what_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
