/* The judgement of a load, and its pace. */
#include "expect.h"

#include <math.h>

#include "ops/load_check.h"
#include "ops/load_pacer.h"

static void
near(double value, double wanted)
{
    if (fabs(value - wanted) > 1e-9)
        fail_msg("%.12f, not %.12f", value, wanted);
}

static void
times_add_up(void **state UNUSED)
{
    struct load_stats s = {0};

    /* 2, 4, 4, 4, 5, 5, 7, 9: mean 5, deviation 2. */
    static const int64_t seconds[] = {2, 4, 4, 4, 5, 5, 7, 9};

    for (size_t i = 0; i < 8; i++)
        load_stats_add(&s, seconds[i] * 1000000);
    assert_int_equal(s.calls, 8);
    near(s.slowest_s, 9);
    near(s.mean_s, 5);
    near(load_stats_deviation(&s), 2);
    near(load_stats_rate(&s, 16000000), 0.5);
}

static void
no_calls_are_no_numbers(void **state UNUSED)
{
    struct load_stats s = {0};

    assert_true(isnan(load_stats_deviation(&s)));
    near(load_stats_rate(&s, 1000000), 0);
    near(load_stats_rate(&s, 0), 0);
}

static void
errors_are_counted_by_their_text(void **state UNUSED)
{
    struct load_stats s = {0};
    char text[16];

    load_stats_add_error(&s, "one");
    load_stats_add_error(&s, "two");
    load_stats_add_error(&s, "one");
    assert_int_equal(s.error_kinds, 2);
    assert_string_equal(s.errors[0].text, "one");
    assert_int_equal(s.errors[0].count, 2);
    assert_int_equal(s.errors[1].count, 1);
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof(text), "%d", i);
        load_stats_add_error(&s, text);
    }
    assert_int_equal(s.error_kinds, LOAD_ERRORS_MAX);
    assert_int_equal(s.errors[LOAD_ERRORS_MAX - 1].count, 100 - (LOAD_ERRORS_MAX - 2) + 1);
}

static void
pace_is_kept(void **state UNUSED)
{
    struct load_pacer p;
    uint64_t taken = 0;
    int64_t now_us = 1000;

    load_pacer_init(&p, 150, now_us);
    assert_int_equal(load_pacer_take(&p, now_us, 100), 1);
    assert_int_equal(load_pacer_take(&p, now_us, 100), 0);
    while (now_us < 60 * 1000000 + 1000) {
        int64_t next_us = load_pacer_next_us(&p);

        assert_true(next_us > now_us);
        now_us = next_us;
        taken += load_pacer_take(&p, now_us, 100);
    }
    assert_true(taken >= 8999 && taken <= 9001);
}

static void
lost_time_stays_lost(void **state UNUSED)
{
    struct load_pacer p;

    load_pacer_init(&p, 8000, 0);
    assert_int_equal(load_pacer_take(&p, 0, 100), 1);
    /* A second too late: what is made up for is what comes in a few milliseconds. */
    assert_int_equal(load_pacer_take(&p, 1000000, 100), 33);
    assert_int_equal(load_pacer_take(&p, 1001000, 3), 3);
    assert_int_equal(load_pacer_take(&p, 1001000, 100), 5);
}

static void
models_have_two_names(void **state UNUSED)
{
    assert_int_equal(load_model_find("s")->connections, 50);
    assert_ptr_equal(load_model_find("small"), load_model_find("s"));
    assert_ptr_equal(load_model_find("xLarge"), load_model_find("xl"));
    assert_int_equal(load_model_find("l")->puts_per_second, 8000);
    assert_null(load_model_find("XL"));
    assert_null(load_model_find(""));
}

static void
each_connection_is_an_endpoint(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    const char *const endpoints[] = {"a:1", "b:1"};
    struct etcd_options options = ETCD_OPTIONS_INIT;
    struct etcd_options wide;

    options.endpoints = endpoints;
    options.endpoint_count = 2;
    load_client_options(&mem, &options, 5, &wide);
    assert_int_equal(wide.endpoint_count, 5);
    assert_string_equal(wide.endpoints[0], "a:1");
    assert_string_equal(wide.endpoints[3], "b:1");
    assert_string_equal(wide.endpoints[4], "a:1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_add_up),
        cmocka_unit_test(no_calls_are_no_numbers),
        cmocka_unit_test(errors_are_counted_by_their_text),
        cmocka_unit_test(pace_is_kept),
        cmocka_unit_test(lost_time_stays_lost),
        cmocka_unit_test(models_have_two_names),
        cmocka_unit_test(each_connection_is_an_endpoint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
