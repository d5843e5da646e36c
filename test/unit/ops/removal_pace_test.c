/* How fast a removal goes, by what it is told. */
#include "ops/removal_pace.h"

#include "expect.h"

static void
test_quick_answers_make_larger_pieces(UNUSED void **state)
{
    struct removal_pace p;
    uint64_t before;

    removal_pace_init(&p, 0, 0);
    before = p.keys;
    for (int i = 0; i < 20; i++)
        removal_pace_answered(&p, p.keys, 5000, 0);
    assert_true(p.keys > before);
    assert_in_range(p.keys, 1, 600);
    assert_int_equal(p.rest_ms, 0);
    assert_int_equal(p.slowed, 0);
}

static void
test_slow_answers_make_smaller_pieces_and_a_rest(UNUSED void **state)
{
    struct removal_pace p;
    uint64_t before;

    removal_pace_init(&p, 0, 0);
    before = p.keys;
    removal_pace_answered(&p, before, 80000, 0);
    assert_int_equal(p.keys, before / 2);
    assert_int_equal(p.rest_ms, 80);
    assert_int_equal(p.slowed, 1);
    for (int i = 1; i <= 20; i++)
        removal_pace_answered(&p, p.keys, 60000000, i * INT64_C(60000000));
    assert_in_range(p.keys, 10, 50);
    assert_in_range(p.rest_ms, 1000, 5000);
    removal_pace_answered(&p, p.keys, 30000, 0); /* neither slow nor quick */
    assert_int_equal(p.rest_ms, 0);
}

/* Two on their way at a time: what both have waited for is one reason. */
static void
test_slow_answers_together(UNUSED void **state)
{
    struct removal_pace p;
    uint64_t before;

    removal_pace_init(&p, 0, 0);
    before = p.keys;
    removal_pace_answered(&p, before, 80000, 100000);
    removal_pace_answered(&p, before, 90000, 120000);
    assert_int_equal(p.keys, before / 2);
    assert_int_equal(p.slowed, 1);
    assert_int_equal(p.rest_ms, 90);
    removal_pace_answered(&p, p.keys, 80000, 200000);
    assert_int_equal(p.keys, before / 4);
    assert_int_equal(p.slowed, 2);
}

/* All answers take long where members are far away; that makes nobody wait. */
static void
test_members_far_away(UNUSED void **state)
{
    struct removal_pace p;
    uint64_t before;

    removal_pace_init(&p, 0, 0);
    before = p.keys;
    for (int i = 0; i < 4; i++)
        removal_pace_answered(&p, p.keys, 45000, i * 45000);
    assert_true(p.keys > before);
    assert_int_equal(p.rest_ms, 0);
    before = p.keys;
    removal_pace_answered(&p, p.keys, 72000, 300000);
    assert_int_equal(p.keys, before / 2);
    assert_int_equal(p.rest_ms, 72);
}

static void
test_members_that_fall_behind(UNUSED void **state)
{
    struct removal_pace p;
    uint64_t before;

    removal_pace_init(&p, 0, 0);
    before = p.keys;
    removal_pace_lag(&p, 400);
    assert_int_equal(p.keys, before);
    assert_int_equal(p.rest_ms, 0);
    removal_pace_lag(&p, 900);
    assert_int_equal(p.keys, before / 2);
    assert_int_equal(p.rest_ms, 900);
    removal_pace_lag(&p, UINT64_MAX / 4);
    assert_in_range(p.rest_ms, 900, 5000);
}

/* However quick the answers are, and whatever the pieces: not more than that in all. */
static void
test_rate(UNUSED void **state)
{
    struct removal_pace p;
    int64_t now_us = 1000;
    uint64_t removed = 0;

    removal_pace_init(&p, 500, now_us);
    for (int i = 0; i < 100; i++) {
        assert_in_range(p.keys, 1, 51);
        removed += p.keys;
        now_us += 1000;
        removal_pace_answered(&p, p.keys, 1000, now_us);
        now_us += p.rest_ms * 1000;
    }
    assert_true((double)removed <= 500.0 * (double)now_us / 1e6 + 60);
    assert_true((double)removed >= 500.0 * (double)now_us / 1e6 * 0.9);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quick_answers_make_larger_pieces),
        cmocka_unit_test(test_slow_answers_make_smaller_pieces_and_a_rest),
        cmocka_unit_test(test_slow_answers_together),
        cmocka_unit_test(test_members_far_away),
        cmocka_unit_test(test_members_that_fall_behind),
        cmocka_unit_test(test_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
