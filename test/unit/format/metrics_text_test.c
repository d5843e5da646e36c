#include "expect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "format/metrics_histogram.h"

static struct error e;

static struct bytes
golden(struct arena *mem, const char *name)
{
    const char *dir = getenv("QUORATE_GOLDEN");
    struct bytes text;

    assert_non_null(dir);
    EXPECT_OK(file_read_all(mem, arena_printf(mem, "%s/http/%s", dir, name), 1 << 20, &text, &e));
    return text;
}

static void
test_samples(void **state)
{
    static const char text[] =
        "# HELP a b\n"
        "# TYPE a counter\n"
        "\n"
        "a 1\n"
        "a:b_2{x=\"1\",y = \"two\\\"\\\\\\n\\q\" , } 2.5e+07 1700000000000\r\n"
        "\t a { }-3\n"
        "n NaN\n"
        "p +Inf\n"
        "m -Inf";
    AUTO_ARENA mem = ARENA_INIT;
    struct metrics page;
    const struct metric *m;
    struct bytes value;
    double sum;

    (void)state;
    EXPECT_OK(metrics_parse(&mem, bytes_of_text(text), &page, &e));
    assert_int_equal(page.count, 6);
    m = metrics_next(&page, "a:b_2", NULL);
    assert_non_null(m);
    assert_true(m->value == 2.5e7);
    assert_true(metric_label(m, "y", &value));
    assert_true(bytes_equal_text(value, "two\"\\\n\\q"));
    assert_false(metric_label(m, "z", &value));
    assert_null(metrics_next(&page, "a:b_2", m));
    assert_true(metrics_sum(&page, "a", &sum));
    assert_true(sum == -2);
    assert_false(metrics_sum(&page, "A", &sum));
    assert_true(isnan(metrics_next(&page, "n", NULL)->value));
    assert_true(isinf(metrics_next(&page, "m", NULL)->value));
    EXPECT_OK(metrics_parse(&mem, BYTES_NONE, &page, &e));
    assert_int_equal(page.count, 0);
}

static void
test_lines_that_are_none(void **state)
{
    static const struct {
        const char *text;
        const char *error;
    } rows[] = {
        {"a 1\n1a 2\n", "metrics, line 2: it begins with no name"},
        {"<html>", "metrics, line 1: it begins with no name"},
        {"a", "metrics, line 1: its value is no number"},
        {"a 0x10", "metrics, line 1: its value is no number"},
        {"a inf", "metrics, line 1: its value is no number"},
        {"a{", "metrics, line 1: a label has no name"},
        {"a{x} 1", "metrics, line 1: a label has no value"},
        {"a{x=1} 1", "metrics, line 1: a label's value is not quoted to its end"},
        {"a{x=\"1} 1", "metrics, line 1: a label's value is not quoted to its end"},
        {"a{x=\"1\\", "metrics, line 1: a label's value is not quoted to its end"},
        {"a{x=\"1\" y=\"2\"} 1", "metrics, line 1: its labels have no end"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_ARENA mem = ARENA_INIT;
        struct metrics page;

        EXPECT_ERROR(metrics_parse(&mem, bytes_of_text(rows[i].text), &page, &e), ERROR_FORMAT,
                     rows[i].error);
    }
}

static void
test_a_hostile_page_ends(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    const size_t lines = METRICS_SAMPLES_MOST + 1;
    char *text = arena_alloc(&mem, 4 * lines);
    char *labels = arena_alloc(&mem, 6 * (METRIC_LABELS_MOST + 1) + 2);
    struct metrics page;

    (void)state;
    for (size_t i = 0; i < lines; i++)
        memcpy(text + 4 * i, "a 1\n", 4);
    EXPECT_ERROR(metrics_parse(&mem, bytes_of(text, 4 * lines), &page, &e), ERROR_LIMIT,
                 "metrics: more than 65536 samples");
    memcpy(labels, "a{", 2);
    for (size_t i = 0; i <= METRIC_LABELS_MOST; i++)
        memcpy(labels + 2 + 6 * i, "x=\"1\",", 6);
    EXPECT_ERROR(metrics_parse(&mem, bytes_of(labels, 6 * (METRIC_LABELS_MOST + 1) + 2), &page, &e),
                 ERROR_LIMIT, "metrics, line 1: more than 32 labels");
    /* A value that is no text. */
    EXPECT_ERROR(metrics_parse(&mem, bytes_of("a 1\0", 4), &page, &e), ERROR_FORMAT,
                 "metrics, line 1: its value is no number");
}

static void
test_etcds_own_pages(void **state)
{
    static const char *const names[] = {"metrics-3.4.23.txt", "metrics-3.5.16.txt",
                                        "metrics-3.5.30.txt"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        AUTO_ARENA mem = ARENA_INIT;
        struct metrics page;
        struct histogram h;
        double value;

        EXPECT_OK(metrics_parse(&mem, golden(&mem, names[i]), &page, &e));
        assert_true(metrics_sum(&page, "etcd_server_has_leader", &value));
        assert_true(value == 1);
        assert_true(metrics_histogram(&mem, &page, "etcd_disk_wal_fsync_duration_seconds", NULL,
                                      BYTES_NONE, &h));
        assert_int_equal(h.bucket_count, 15);
        assert_true(metrics_sum(&page, "etcd_disk_wal_fsync_duration_seconds_count", &value));
        assert_true(h.count == value);
        assert_true(histogram_quantile(&h, 0.5) <= histogram_quantile(&h, 0.99));
    }
}

#define BUCKET(le, count) "h_bucket{to=\"a\",le=\"" le "\"} " count "\n"

static void
test_quantiles(void **state)
{
    static const char text[] =
        BUCKET("0.001", "50") BUCKET("0.002", "90") BUCKET("0.004", "90") BUCKET("+Inf", "100");
    AUTO_ARENA mem = ARENA_INIT;
    struct metrics page;
    struct histogram h;

    (void)state;
    EXPECT_OK(metrics_parse(&mem, bytes_of_text(text), &page, &e));
    assert_true(metrics_histogram(&mem, &page, "h", NULL, BYTES_NONE, &h));
    assert_true(h.count == 100);
    assert_true(fabs(histogram_quantile(&h, 0.25) - 0.0005) < 1e-9);
    assert_true(fabs(histogram_quantile(&h, 0.5) - 0.001) < 1e-9);
    assert_true(fabs(histogram_quantile(&h, 0.7) - 0.0015) < 1e-9);
    assert_true(histogram_quantile(&h, 0.99) == 0.004); /* above the last bound: that */
    assert_false(metrics_histogram(&mem, &page, "h", "to", bytes_of_text("b"), &h));
    assert_true(metrics_histogram(&mem, &page, "h", "to", bytes_of_text("a"), &h));
    assert_false(metrics_histogram(&mem, &page, "g", NULL, BYTES_NONE, &h));
}

static void
test_a_histogram_since(void **state)
{
    static const char before[] = BUCKET("1", "5") BUCKET("+Inf", "5");
    static const char now[] = BUCKET("1", "5") BUCKET("+Inf", "9");
    static const char other[] = BUCKET("2", "5") BUCKET("+Inf", "9");
    AUTO_ARENA mem = ARENA_INIT;
    struct metrics pages[3];
    struct histogram h[3], since;

    (void)state;
    EXPECT_OK(metrics_parse(&mem, bytes_of_text(before), &pages[0], &e));
    EXPECT_OK(metrics_parse(&mem, bytes_of_text(now), &pages[1], &e));
    EXPECT_OK(metrics_parse(&mem, bytes_of_text(other), &pages[2], &e));
    for (size_t i = 0; i < 3; i++)
        assert_true(metrics_histogram(&mem, &pages[i], "h", NULL, BYTES_NONE, &h[i]));
    assert_true(histogram_since(&mem, &h[1], &h[0], &since));
    assert_true(since.count == 4);
    assert_true(histogram_quantile(&since, 0.5) == 1);
    assert_false(histogram_since(&mem, &h[0], &h[1], &since)); /* started anew */
    assert_false(histogram_since(&mem, &h[2], &h[0], &since));
    assert_true(histogram_since(&mem, &h[0], &h[0], &since));
    assert_true(histogram_quantile(&since, 0.99) == 0);
}

static void
test_histograms_that_are_none(void **state)
{
    static const char *const texts[] = {
        BUCKET("1", "5"),                     /* no bucket for all */
        BUCKET("1", "5") BUCKET("+Inf", "4"), /* counts go down */
        BUCKET("1", "NaN") BUCKET("+Inf", "4"),
        BUCKET("1", "1") BUCKET("+Inf", "+Inf"),
        BUCKET("x", "1") BUCKET("+Inf", "1"),
        BUCKET("", "1") BUCKET("+Inf", "1"),
        "h_bucket 4\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        AUTO_ARENA mem = ARENA_INIT;
        struct metrics page;
        struct histogram h;

        EXPECT_OK(metrics_parse(&mem, bytes_of_text(texts[i]), &page, &e));
        assert_false(metrics_histogram(&mem, &page, "h", NULL, BYTES_NONE, &h));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_lines_that_are_none),
        cmocka_unit_test(test_a_hostile_page_ends),
        cmocka_unit_test(test_etcds_own_pages),
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_a_histogram_since),
        cmocka_unit_test(test_histograms_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
