#include "expect.h"

#include <math.h>

#include "cluster/history.h"

enum { SECOND_US = 1000000 };

/* A cluster of two that answers. */
struct looked {
    struct member_view members[2];
    struct cluster_view view;
};

static void
look(struct looked *l, int64_t revision, uint64_t applied, int64_t size_bytes, int64_t took_us)
{
    *l = (struct looked){.view = {.members = l->members, .member_count = 2}};
    for (size_t i = 0; i < 2; i++)
        l->members[i] = (struct member_view){.member = {.id = i + 1},
                                             .known = true,
                                             .took_us = took_us,
                                             .status = {.header = {.revision = revision},
                                                        .raft_applied_index = applied,
                                                        .db_size_bytes = size_bytes}};
}

#define EXPECT_NUMBER(value, expected) assert_true(fabs((value) - (expected)) < 1e-6)

static void
test_series_is_a_ring(void **state)
{
    struct series s = {.count = 0};

    (void)state;
    assert_true(isnan(series_at(&s, 0)));
    EXPECT_NUMBER(series_most(&s, 10), 0);
    for (int i = 1; i <= HISTORY_LOOKS + 3; i++)
        series_add(&s, i);
    EXPECT_NUMBER(series_at(&s, 0), HISTORY_LOOKS + 3);
    EXPECT_NUMBER(series_at(&s, 1), HISTORY_LOOKS + 2);
    EXPECT_NUMBER(series_at(&s, HISTORY_LOOKS - 1), 4);
    assert_true(isnan(series_at(&s, HISTORY_LOOKS)));
    series_add(&s, NAN);
    assert_true(isnan(series_at(&s, 0)));
    series_add(&s, -5);
    EXPECT_NUMBER(series_most(&s, 2), 0);
    EXPECT_NUMBER(series_most(&s, 3), HISTORY_LOOKS + 3);
}

static void
test_rates_between_two_looks(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct looked l;
    struct history h;
    const struct member_history *m;

    (void)state;
    history_init(&h, &mem);
    assert_null(history_member(&h, 1));
    look(&l, 100, 1000, 40960, 1500);
    history_add(&h, &l.view, SECOND_US);
    assert_true(isnan(series_at(&h.writes_per_s, 0)));
    look(&l, 160, 1100, 20480, 800);
    history_add(&h, &l.view, 3 * SECOND_US);
    EXPECT_NUMBER(series_at(&h.writes_per_s, 0), 30);
    m = history_member(&h, 2);
    EXPECT_NUMBER(series_at(&m->latency_ms, 0), 0.8);
    EXPECT_NUMBER(series_at(&m->latency_ms, 1), 1.5);
    EXPECT_NUMBER(series_at(&m->applied_per_s, 0), 50);
    EXPECT_NUMBER(series_at(&m->growth_per_s, 0), -10240);
    assert_true(isnan(series_at(&m->growth_per_s, 1)));
    /* Twice at the same time: no rate, and no division. */
    history_add(&h, &l.view, 3 * SECOND_US);
    assert_true(isnan(series_at(&h.writes_per_s, 0)));
}

static void
test_silence_and_a_new_start(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct looked l;
    struct history h;
    const struct member_history *m;

    (void)state;
    history_init(&h, &mem);
    look(&l, 100, 1000, 4096, 1000);
    history_add(&h, &l.view, SECOND_US);
    look(&l, 110, 1010, 4096, 1000);
    l.members[0].known = false;
    history_add(&h, &l.view, 2 * SECOND_US);
    m = history_member(&h, 1);
    assert_true(isnan(series_at(&m->latency_ms, 0)) && isnan(series_at(&m->applied_per_s, 0)));
    EXPECT_NUMBER(series_at(&h.writes_per_s, 0), 10); /* as the other one tells */
    /* Nobody at all; the writes of that time are counted by the next look that has an answer. */
    history_add(&h, NULL, 3 * SECOND_US);
    assert_true(isnan(series_at(&h.writes_per_s, 0)));
    assert_true(isnan(series_at(&history_member(&h, 2)->latency_ms, 0)));
    assert_int_equal(history_member(&h, 2)->latency_ms.count, 3);
    look(&l, 150, 1050, 4096, 1000);
    history_add(&h, &l.view, 4 * SECOND_US);
    EXPECT_NUMBER(series_at(&h.writes_per_s, 0), 20);
    assert_true(isnan(series_at(&m->applied_per_s, 0))); /* its last answer was not the last look */
    /* Restored from a backup: the counters go back, which is no negative rate. */
    look(&l, 20, 10, 4096, 1000);
    history_add(&h, &l.view, 5 * SECOND_US);
    assert_true(isnan(series_at(&h.writes_per_s, 0)) && isnan(series_at(&m->applied_per_s, 0)));
    assert_true(isnan(series_at(&m->growth_per_s, 0)));
}

static void
test_members_come_and_go(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct looked l;
    struct history h;

    (void)state;
    history_init(&h, &mem);
    for (uint64_t id = 10; id < 1000; id++) {
        look(&l, 1, 1, 1, 1);
        l.members[1].member.id = id;
        history_add(&h, &l.view, (int64_t)id * SECOND_US);
        assert_int_equal(history_member(&h, 1)->latency_ms.count,
                         id - 9 < HISTORY_LOOKS ? id - 9 : HISTORY_LOOKS);
        assert_int_equal(history_member(&h, id)->latency_ms.count, 1);
    }
    assert_int_equal(h.members.count, 2);
    assert_null(history_member(&h, 11));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_series_is_a_ring),
        cmocka_unit_test(test_rates_between_two_looks),
        cmocka_unit_test(test_silence_and_a_new_start),
        cmocka_unit_test(test_members_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
