#include "expect.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "base/time.h"

static struct error e;

static void
test_clocks(void **state)
{
    int64_t ms = time_monotonic_ms();
    int64_t us = time_monotonic_us();

    (void)state;
    assert_in_range(us / 1000 - ms, 0, 60000);
    assert_true(time_monotonic_us() >= us);
    assert_true(time_wall_ms() > 1700000000000);
    assert_in_range(time_cpu_ms(), 0, 60000);
}

static void
on_alarm(int number)
{
    (void)number;
}

static void
test_sleep_goes_on_after_a_signal(void **state)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval soon = {.it_value = {.tv_usec = 2000}, .it_interval = {.tv_usec = 2000}};
    struct itimerval never = {0};
    int64_t before = time_monotonic_us();

    (void)state;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    time_sleep_ms(20);
    setitimer(ITIMER_REAL, &never, NULL);
    assert_true(time_monotonic_us() - before >= 20000);
    time_sleep_ms(0);
    time_sleep_ms(-5);
}

static void
test_dates(void **state)
{
    static const struct {
        int64_t wall_ms;
        const char *text;
        const char *compact;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z", "19700101T000000Z"},
        {1795414544000, "2026-11-23T06:15:44Z", "20261123T061544Z"},
        {1709164800000, "2024-02-29T00:00:00Z", "20240229T000000Z"},
        {-1000, "1969-12-31T23:59:59Z", "19691231T235959Z"},
    };
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t wall_ms = 7;

        assert_string_equal(time_rfc3339(&tmp, cases[i].wall_ms), cases[i].text);
        assert_string_equal(time_rfc3339(&tmp, cases[i].wall_ms + 999), cases[i].text);
        assert_string_equal(time_compact(&tmp, cases[i].wall_ms), cases[i].compact);
        EXPECT_OK(time_parse_rfc3339(cases[i].text, &wall_ms, &e));
        assert_true(wall_ms == cases[i].wall_ms);
    }
}

static void
test_what_is_no_date(void **state)
{
    static const char *const texts[] = {
        "",
        "2026-11-23",
        "2026-11-23T06:15:44",
        "2026-11-23T06:15:44ZZ",
        "2026-11-23T06:15:44+01:00",
        "2026-11-23T06:15:44.5Z",
        " 2026-11-23T06:15:44Z",
        "2026-11-23 06:15:44Z",
        "2026-2-3T06:15:44Z",
        "2026-02-31T06:15:44Z",
        "2025-02-29T06:15:44Z",
        "2026-13-01T06:15:44Z",
        "2026-11-23T24:15:44Z",
        "2026-11-23T06:15:60Z",
        "26-11-23T06:15:44Z",
    };
    AUTO_ARENA tmp = ARENA_INIT;
    int64_t wall_ms = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        EXPECT_ERROR(time_parse_rfc3339(texts[i], &wall_ms, &e), ERROR_FORMAT,
                     arena_printf(&tmp, "'%s' is not a time like 2026-11-23T06:15:44Z", texts[i]));
    assert_true(wall_ms == 7);
}

static void
test_durations(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"0", 0},
        {"+0", 0},
        {"-0", 0},
        {"0s", 0},
        {"5s", 5000},
        {"1m30s", 90000},
        {"1.5h", 5400000},
        {"-1.5s", -1500},
        {"+3m", 180000},
        {"250ms", 250},
        {"1.1s", 1100},
        {"0.1s", 100},
        {".5s", 500},
        {"1.s", 1000},
        {"2us", 1},
        {"1ns", 1},
        {"1000000ns", 1},
        {"1000001ns", 2},
        {"-1ns", -1},
        {"1500\xc2\xb5s", 2},
        {"1500\xce\xbcs", 2},
        {"1h2m3s4ms5us6ns", 3723005},
        {"1s1s", 2000},
        {"0.00000000000000000000000001h", 0},
        {"0.3333333333333333333h", 1200000},
        {"2562047h47m16.854775807s", 9223372036855},
        {"9223372036854775807ns", 9223372036855},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = 77;

        EXPECT_OK(duration_parse(cases[i].text, &ms, &e));
        if (ms != cases[i].ms)
            fail_msg("'%s' gave %lld ms", cases[i].text, (long long)ms);
    }
}

static void
test_what_is_no_duration(void **state)
{
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"", "'' is not a duration like 5s, 1m30s or 250ms"},
        {"-", "'-' is not a duration like 5s, 1m30s or 250ms"},
        {"s", "'s' is not a duration like 5s, 1m30s or 250ms"},
        {".", "'.' is not a duration like 5s, 1m30s or 250ms"},
        {".s", "'.s' is not a duration like 5s, 1m30s or 250ms"},
        {" 5s", "' 5s' is not a duration like 5s, 1m30s or 250ms"},
        {"+-5s", "'+-5s' is not a duration like 5s, 1m30s or 250ms"},
        {"1m-5s", "'1m-5s' is not a duration like 5s, 1m30s or 250ms"},
        {"5s ", "'5s ' is not a duration like 5s, 1m30s or 250ms"},
        {"inf", "'inf' is not a duration like 5s, 1m30s or 250ms"},
        {"nans", "'nans' is not a duration like 5s, 1m30s or 250ms"},
        {"5", "'5': a duration needs a unit, as in 5s, 1m30s"},
        {"00", "'00': a duration needs a unit, as in 5s, 1m30s"},
        {"1m30", "'1m30': a duration needs a unit, as in 5s, 1m30s"},
        {"5d", "'5d': a duration needs a unit, as in 5s, 1m30s"},
        {"1e3s", "'1e3s': a duration needs a unit, as in 5s, 1m30s"},
        {"0x10s", "'0x10s': a duration needs a unit, as in 5s, 1m30s"},
        {"1,5s", "'1,5s': a duration needs a unit, as in 5s, 1m30s"},
        {"1..5s", "'1..5s': a duration needs a unit, as in 5s, 1m30s"},
        {"9223372036854775808ns", "'9223372036854775808ns': the duration is too long"},
        {"99999999999999999999999ns", "'99999999999999999999999ns': the duration is too long"},
        {"2562048h", "'2562048h': the duration is too long"},
        {"2562047h48m", "'2562047h48m': the duration is too long"},
        {"-2562048h", "'-2562048h': the duration is too long"},
    };
    int64_t ms = 77;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        EXPECT_ERROR(duration_parse(cases[i].text, &ms, &e), ERROR_USAGE, cases[i].error);
    assert_int_equal(ms, 77);
}

static void
test_duration_text_of_microseconds(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "0s"},
        {1, "1\u00b5s"},
        {999, "999\u00b5s"},
        {1000, "1ms"},
        {3056, "3.056ms"},
        {5100, "5.1ms"},
        {10000, "10ms"},
        {999999, "999.999ms"},
        {1000000, "1s"},
        {2001500, "2.001s"},
        {-3050, "-3.05ms"},
        {-1, "-1\u00b5s"},
        {90500000, "1m30.5s"},
    };
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(duration_text_us(&tmp, cases[i].us), cases[i].text);
}

static void
test_duration_text_is_gos(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "0s"},          {1, "1ms"},          {250, "250ms"},
        {999, "999ms"},     {1000, "1s"},        {1500, "1.5s"},
        {1005, "1.005s"},   {1050, "1.05s"},     {60000, "1m0s"},
        {90000, "1m30s"},   {3600000, "1h0m0s"}, {3723500, "1h2m3.5s"},
        {-90000, "-1m30s"}, {-5, "-5ms"},        {INT64_MIN, "-2562047788015h12m55.808s"},
    };
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms;

        assert_string_equal(duration_text(&tmp, cases[i].ms), cases[i].text);
        if (cases[i].ms == INT64_MIN)
            continue;
        EXPECT_OK(duration_parse(cases[i].text, &ms, &e));
        assert_true(ms == cases[i].ms);
    }
}

static void
test_duration_human(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "0 ms"},
        {350, "350 ms"},
        {999, "999 ms"},
        {1000, "1.0 s"},
        {4250, "4.2 s"},
        {59999, "59.9 s"},
        {60000, "1 min 0 s"},
        {200000, "3 min 20 s"},
        {18120000, "5 h 2 min"},
        {172799999, "47 h 59 min"},
        {172800000, "2 d"},
        {1036800000, "12 d"},
    };
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(duration_human(&tmp, cases[i].ms), cases[i].text);
}

/* The middle column is what etcdctl's library (go-humanize) prints; see docs/formats. */
static void
test_sizes_round_as_etcdctls(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {9, "9 B"},
        {10, "10 B"},
        {999, "999 B"},
        {1000, "1.0 kB"},
        {1049, "1.0 kB"},
        {1050, "1.1 kB"},
        {9949, "9.9 kB"},
        {9950, "10 kB"},
        {10000, "10 kB"},
        {10499, "10 kB"},
        {10500, "10 kB"}, /* 10.5 with no decimals: Go and C round half to even */
        {11500, "12 kB"},
        {20480, "20 kB"},
        {999949, "1000 kB"}, /* 999.9 kB without its decimal */
        {999499, "1000 kB"}, /* 999.5 kB, to even */
        {999449, "999 kB"},
        {1000000, "1.0 MB"},
        {2100000, "2.1 MB"},
        {82854982, "83 MB"},
        {1000000000, "1.0 GB"},
        {2000000000000, "2.0 TB"},
        {3000000000000000, "3.0 PB"},
        {UINT64_MAX, "18 EB"},
    };
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(size_human(&tmp, cases[i].bytes), cases[i].text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_sleep_goes_on_after_a_signal),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_what_is_no_date),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_what_is_no_duration),
        cmocka_unit_test(test_duration_text_is_gos),
        cmocka_unit_test(test_duration_text_of_microseconds),
        cmocka_unit_test(test_duration_human),
        cmocka_unit_test(test_sizes_round_as_etcdctls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
