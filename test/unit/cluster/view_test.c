#include "cluster/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_alarms_are_read_from_status_errors(void **state)
{
    struct etcd_alarm alarm;

    (void)state;
    assert_true(status_error_alarm("memberID:15306742208207408090 alarm:NOSPACE ", &alarm));
    assert_true(alarm.member_id == 15306742208207408090u);
    assert_int_equal(alarm.type, ETCD_ALARM_NOSPACE);
    assert_true(status_error_alarm("memberID:7 alarm:CORRUPT ", &alarm));
    assert_int_equal(alarm.member_id, 7);
    assert_int_equal(alarm.type, ETCD_ALARM_CORRUPT);
    /* So from 3.7 on. */
    assert_true(status_error_alarm("memberID:13169994726965988279  alarm:NOSPACE", &alarm));
    assert_true(alarm.member_id == 13169994726965988279u);
}

static void
test_other_errors_are_no_alarms(void **state)
{
    static const char *const texts[] = {
        "",
        "etcdserver: no leader",
        "memberID:",
        "memberID:7",
        "memberID:x alarm:NOSPACE",
        "memberID: alarm:NOSPACE",
        " alarm:NOSPACE",
        "memberID:7 alarm:FIRE ",
        "memberID:99999999999999999999 alarm:NOSPACE",
    };
    struct etcd_alarm alarm;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_false(status_error_alarm(texts[i], &alarm));
}

static void
test_lookups_and_counts(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct member_view members[] = {
        {.member = {.id = 0xa1, .name = "m1"}, .known = true, .status = {.leader = 0xa1}},
        {.member = {.id = 0xb2, .name = "m2"}, .known = true, .status = {.leader = 0}},
        {.member = {.id = 0xc3, .name = ""}, .known = false},
        {.member = {.id = 0xd4, .name = "m4", .is_learner = true},
         .known = true,
         .status = {.leader = 0xa1, .raft_applied_index = 40}},
    };
    const struct cluster_view view = {
        .leader_id = 0xa1, .members = members, .member_count = 4, .applied_most = 100};

    (void)state;
    assert_ptr_equal(view_member_by_id(&view, 0xb2), &members[1]);
    assert_null(view_member_by_id(&view, 1));
    assert_ptr_equal(view_member_by_name(&view, "m4"), &members[3]);
    assert_null(view_member_by_name(&view, "m9"));
    assert_string_equal(view_member_label(&tmp, &view, 0xa1), "m1");
    assert_string_equal(view_member_label(&tmp, &view, 0xc3), "c3");
    assert_string_equal(view_member_label(&tmp, &view, 0xff), "ff");
    assert_int_equal(view_voter_count(&view), 3);
    assert_int_equal(view_voters_serving(&view), 1);
    assert_int_equal(view_lag(&view, &members[3]), 60);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alarms_are_read_from_status_errors),
        cmocka_unit_test(test_other_errors_are_no_alarms),
        cmocka_unit_test(test_lookups_and_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
