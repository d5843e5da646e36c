#include "live_cluster.h"

#include <math.h>

#include "cli/live/live_columns.h"
#include "cli/live/live_spark.h"
#include "cli/text.h"

#define EXPECT_LINE(c, i, text) assert_string_equal(screen_line((c), (i)), (text))

static void
test_a_cluster_that_is_well(void **state)
{
    struct live_cluster c;

    (void)state;
    cluster_init(&c);
    cluster_look(&c, 0);
    cluster_look(&c, 50);
    cluster_look(&c, 100);
    cluster_show(&c);
    assert_int_equal(c.page.rows.count, 24);
    EXPECT_LINE(&c, 0,
                "prod  cluster beef                                           every 2s  22:13:20Z");
    EXPECT_LINE(&c, 1, "WELL  3 of 3 voters serve; one member may fail");
    EXPECT_LINE(&c, 2, "writes 100/s                           ·▅█  revision 4150  leader m2");
    EXPECT_LINE(&c, 3, "");
    EXPECT_LINE(&c, 4,
                "MEMBER^  ROLE      HEALTH      VERSION    DB SIZE   IN USE     LAG   LATENCY");
    EXPECT_LINE(&c, 5,
                "m1       follower  well        3.6.16       20 MB    19 MB       0    1.2 ms");
    EXPECT_LINE(&c, 6,
                "m2       leader    well        3.6.16       19 MB    19 MB       0    2.2 ms");
    EXPECT_LINE(&c, 7,
                "m10      follower  well        3.6.16       18 MB    19 MB       0    3.2 ms");
    EXPECT_LINE(&c, 8, "");
    assert_true(strncmp(screen_line(&c, 23), "q quit  ? help", 14) == 0);
    arena_release(&c.mem);
}

/* Columns come in by importance, lines never exceed the terminal, and what a narrow one has a wide one has, too. */
static void
test_widths(void **state)
{
    struct live_choice before = {.count = 0}, now;

    (void)state;
    for (size_t width = 1; width <= 300; width++) {
        struct live_cluster c;
        size_t sum = 0;

        cluster_init(&c);
        cluster_look(&c, 3);
        c.picture.width = width;
        cluster_show(&c);
        for (size_t i = 0; i < c.page.rows.count; i++)
            assert_true(text_width(screen_line(&c, i)) <= width);
        arena_release(&c.mem);

        live_columns_choose(width, 12, true, &now);
        for (size_t i = 0; i < now.count; i++)
            sum += now.widths[i] + (i > 0 ? 2 : 0);
        assert_true(sum <= width);
        for (size_t i = 0, k = 0; i < before.count; i++) {
            while (k < now.count && now.columns[k] != before.columns[i])
                k++;
            assert_true(k < now.count);
        }
        before = now;
    }
    for (size_t i = 0; live_column_at(i) != NULL; i++)
        assert_ptr_equal(now.columns[i], live_column_at(i));
}

static void
test_120_and_200_columns(void **state)
{
    struct disk_reading reading = {.member_id = 0xa0, .pace = {3.5, 7.25}};
    const struct disk_readings readings = {.items = {.items = &reading, .count = 1}};
    struct live_cluster c;

    (void)state;
    cluster_init(&c);
    c.members[0].certificate_end_s = TAKEN_S + 10 * 24 * 3600;
    cluster_look(&c, 3);
    cluster_look(&c, 3);
    history_pace_add(&c.history, &readings);
    c.picture.width = 120;
    cluster_show(&c);
    assert_non_null(strstr(screen_row(&c, "m1 "), "  3.5 ms  "));
    assert_null(strstr(screen_row(&c, "m2 "), "  3.5 ms  "));
    assert_non_null(strstr(screen_row(&c, "m1 "), "10 d"));
    c.members[0].certificate_end_s = 0; /* makes room */
    cluster_show(&c);
    assert_non_null(screen_find(&c, "LATENCY, SO FAR"));
    assert_null(screen_find(&c, "REVISION"));
    c.picture.width = 200;
    cluster_show(&c);
    assert_non_null(strstr(screen_find(&c, "HEALTH"), "APPLIED, SO FAR"));
    assert_non_null(strstr(screen_row(&c, "m1 "), "  7.2 ms  "));
    assert_non_null(strstr(screen_row(&c, "m1 "), "  1 % "));
    assert_non_null(strstr(screen_row(&c, "m1 "), "  3.0/s"));
    c.picture.width = 240;
    cluster_show(&c);
    assert_non_null(strstr(screen_row(&c, "m1 "), "  http://10.0.0.1:2379  "));
    arena_release(&c.mem);
}

static void
test_a_member_that_is_silent(void **state)
{
    struct live_cluster c;

    (void)state;
    cluster_init(&c);
    c.members[2].known = false;
    error_set(&c.members[2].unknown_because, ERROR_TIMEOUT,
              "endpoint 'http://10.0.0.1:2379': no complete answer within 2 s \u202e");
    cluster_look(&c, 0);
    cluster_show(&c);
    EXPECT_LINE(&c, 1, "WARNING  2 of 3 voters serve; no further member may fail");
    assert_true(strncmp(screen_line(&c, 2), "warning: member m10 does not answer", 35) == 0);
    assert_string_equal(
        screen_find(&c, "no answer"),
        "m10      follower  no answer   -                -        -       -         -");
    c.picture.width = 200;
    screen_key(&c, 'G');
    screen_key(&c, LIVE_KEY_ENTER);
    assert_non_null(screen_find(&c, "no complete answer within 2 s \\xe2\\x80\\xae"));
    screen_key(&c, 'w');
    assert_non_null(screen_find(&c, "Why"));
    assert_non_null(screen_find(&c, "within 2 s \\xe2\\x80\\xae"));
    arena_release(&c.mem);
}

/* On a low terminal the reasons have one line, and the table the rest. */
static void
test_reasons_have_their_room(void **state)
{
    struct live_cluster c;

    (void)state;
    cluster_init(&c);
    for (size_t i = 0; i < MEMBERS; i++) {
        c.members[i].known = i == 0;
        error_set(&c.members[i].unknown_because, ERROR_TIMEOUT,
                  "no complete answer within 2 s, which is a reason of more than a line");
    }
    cluster_look(&c, 0);
    c.picture.height = 10;
    cluster_show(&c);
    EXPECT_LINE(&c, 1, "CRITICAL  1 of 3 voters serve; quorum is lost");
    assert_true(strncmp(screen_line(&c, 2), "critical: ", 10) == 0);
    assert_true(strncmp(screen_line(&c, 3), "writes", 6) == 0);
    c.picture.height = 18;
    cluster_show(&c);
    assert_true(strncmp(screen_line(&c, 2), "critical: ", 10) == 0);
    EXPECT_LINE(&c, 4, "  and more: w tells all");
    assert_true(strncmp(screen_line(&c, 5), "writes", 6) == 0);
    arena_release(&c.mem);
}

static void
test_nobody_answers(void **state)
{
    struct live_cluster c;

    (void)state;
    cluster_init(&c);
    c.picture.view = NULL;
    c.picture.looked_ms = 0;
    cluster_show(&c);
    EXPECT_LINE(&c, 1, "looking");
    c.picture.silence = "endpoint '10.0.0.1:2379': connection refused";
    for (int key = 0; key < 4; key++) {
        c.picture.height = key == 3 ? 1 : 24;
        screen_key(&c, "w?\r\r"[key]);
        assert_int_equal(c.page.rows.count, c.picture.height);
    }
    c.picture.height = 24;
    cluster_show(&c);
    EXPECT_LINE(&c, 1, "NO ANSWER  endpoint '10.0.0.1:2379': connection refused");
    c.picture.width = 40;
    cluster_show(&c);
    EXPECT_LINE(&c, 1, "NO ANSWER  endpoint '10.0.0.1:2379':");
    EXPECT_LINE(&c, 2, "  connection refused");
    c.picture.width = 80;
    /* The members are still known, and that none of them answers. */
    c.picture.view = &c.view;
    c.view.leader_id = 0;
    for (size_t i = 0; i < MEMBERS; i++)
        c.members[i].known = false;
    cluster_show(&c);
    assert_true(strncmp(screen_line(&c, 2), "CRITICAL  0 of 3 voters serve", 29) == 0);
    assert_non_null(screen_find(&c, "leader unknown"));
    arena_release(&c.mem);
}

static void
test_health_words(void **state)
{
    struct live_cluster c;
    struct etcd_alarm alarm = {0xa0, ETCD_ALARM_NOSPACE};

    (void)state;
    cluster_init(&c);
    c.view.alarms = &alarm;
    c.view.alarm_count = 1;
    c.members[1].status.leader = 0;
    c.members[2].status.raft_applied_index -= CAUGHT_UP_ENTRIES + 1;
    cluster_look(&c, 0);
    cluster_show(&c);
    assert_non_null(strstr(screen_row(&c, "m1 "), "NOSPACE"));
    assert_non_null(strstr(screen_row(&c, "m2 "), "no leader"));
    assert_non_null(strstr(screen_row(&c, "m10 "), "lags"));
    c.members[2].status.leader = 0xa0;
    alarm.type = ETCD_ALARM_CORRUPT;
    cluster_show(&c);
    assert_non_null(strstr(screen_row(&c, "m1 "), "CORRUPT"));
    assert_non_null(strstr(screen_row(&c, "m10 "), "old leader"));
    arena_release(&c.mem);
}

static void
test_sorting(void **state)
{
    struct live_cluster c;
    size_t steps = 0;

    (void)state;
    cluster_init(&c);
    c.picture.width = 200;
    cluster_look(&c, 0);
    cluster_show(&c);
    assert_int_equal(c.shown.ids[2], 0xa2); /* m10 comes behind m2 */
    while (strcmp(live_column_at(c.state.sort)->heading, "DB SIZE") != 0 && steps++ < 20)
        screen_key(&c, 's');
    assert_int_equal(c.shown.ids[0], 0xa2);
    assert_non_null(screen_find(&c, "DB SIZE^"));
    screen_key(&c, 'r');
    assert_int_equal(c.shown.ids[0], 0xa0);
    assert_non_null(screen_find(&c, "DB SIZEv"));
    /* Who does not answer has no size, and is last both ways. */
    c.members[0].known = false;
    cluster_show(&c);
    assert_int_equal(c.shown.ids[2], 0xa0);
    screen_key(&c, 'r');
    assert_int_equal(c.shown.ids[2], 0xa0);
    screen_key(&c, '<');
    screen_key(&c, '>');
    assert_string_equal(live_column_at(c.state.sort)->heading, "DB SIZE");
    for (steps = 0; steps < 40; steps++) {
        screen_key(&c, '<');
        assert_false(live_column_at(c.state.sort)->spark);
    }
    arena_release(&c.mem);
}

static void
test_selection_stays_with_the_member(void **state)
{
    struct live_cluster c;

    (void)state;
    cluster_init(&c);
    cluster_look(&c, 0);
    cluster_show(&c);
    screen_key(&c, LIVE_KEY_UP);
    assert_true(c.page.rows.items[5].selected);
    screen_key(&c, LIVE_KEY_DOWN);
    screen_key(&c, 'j');
    screen_key(&c, 'j');
    assert_true(c.page.rows.items[7].selected);
    c.members[2].member.name = "a"; /* sorted first now */
    cluster_show(&c);
    assert_true(c.page.rows.items[5].selected);
    screen_key(&c, LIVE_KEY_ENTER);
    assert_non_null(screen_find(&c, "Raft index          5000, applied 5000, 0 behind"));
    EXPECT_LINE(&c, 4, "a");
    screen_key(&c, LIVE_KEY_ESCAPE);
    assert_false(c.state.quit);
    /* On a low terminal the selected row is one of those that are seen. */
    c.picture.height = 6;
    screen_key(&c, 'g');
    screen_key(&c, 'G');
    assert_int_equal(c.page.rows.count, 6);
    assert_true(c.page.rows.items[4].selected);
    arena_release(&c.mem);
}

static void
test_faces_scroll(void **state)
{
    struct live_cluster c;

    (void)state;
    cluster_init(&c);
    cluster_look(&c, 0);
    cluster_show(&c);
    screen_key(&c, '?');
    assert_null(screen_find(&c, "until its certificate ends"));
    screen_key(&c, LIVE_KEY_END);
    assert_non_null(screen_find(&c, "until its certificate ends"));
    assert_null(screen_find(&c, "select a member"));
    screen_key(&c, LIVE_KEY_PAGE_UP);
    screen_key(&c, LIVE_KEY_PAGE_UP);
    assert_non_null(screen_find(&c, "select a member"));
    screen_key(&c, LIVE_KEY_PAGE_DOWN);
    assert_null(screen_find(&c, "select a member"));
    screen_key(&c, '?');
    assert_non_null(screen_find(&c, "MEMBER"));
    arena_release(&c.mem);
}

static void
test_pace(void **state)
{
    static const int64_t longer[] = {5000, 10000, 30000, 60000, 300000, 3600000, 3600000};
    struct live_cluster c;

    (void)state;
    cluster_init(&c);
    cluster_look(&c, 0);
    for (size_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++) {
        screen_key(&c, '+');
        assert_int_equal(c.state.interval_ms, longer[i]);
    }
    assert_non_null(screen_find(&c, "every 1h0m0s"));
    for (int i = 0; i < 12; i++)
        screen_key(&c, '-');
    assert_int_equal(c.state.interval_ms, LIVE_INTERVAL_LEAST_MS);
    screen_key(&c, 'p');
    assert_non_null(screen_find(&c, "PAUSED"));
    screen_key(&c, ' ');
    assert_true(c.state.look_now);
    c.picture.waiting_ms = 1700;
    cluster_show(&c);
    assert_non_null(screen_find(&c, "waiting for answers, 2 s"));
    screen_key(&c, LIVE_KEY_OTHER);
    screen_key(&c, 'q');
    assert_true(c.state.quit);
    arena_release(&c.mem);
}

static void
test_sparklines(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct series s = {.count = 0};

    (void)state;
    assert_string_equal(live_spark(&mem, &s, 3, true), "   ");
    for (int i = 0; i <= 7; i++)
        series_add(&s, i);
    series_add(&s, NAN);
    series_add(&s, -3);
    assert_string_equal(live_spark(&mem, &s, 11, true), " ▁▂▃▄▅▆▇█·▁");
    assert_string_equal(live_spark(&mem, &s, 11, false), " _,-~=+*#._");
    assert_string_equal(live_spark(&mem, &s, 4, true), "▇█·▁"); /* by the largest that is shown */
    assert_string_equal(live_spark(&mem, &s, 1, true), "▁");
}

static void
test_without_utf8_all_is_ascii(void **state)
{
    struct live_cluster c;

    (void)state;
    cluster_init(&c);
    c.members[0].member.name = "größe";
    c.picture.utf8 = false;
    c.picture.width = 200;
    cluster_look(&c, 0);
    cluster_look(&c, 5);
    for (int key = 0; key < 4; key++) {
        screen_key(&c, "\r?ww"[key]);
        for (size_t i = 0; i < c.page.rows.count; i++) {
            for (const char *at = screen_line(&c, i); *at != '\0'; at++)
                assert_true(*at >= ' ' && *at <= '~');
        }
    }
    arena_release(&c.mem);
}

static void
test_text_is_fitted_and_wrapped(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct page_lines p = {.mem = &mem, .width = 10, .utf8 = true};

    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    assert_string_equal(page_fit(&mem, "abc", 5, PAGE_LEFT), "abc  ");
    assert_string_equal(page_fit(&mem, "abc", 5, PAGE_RIGHT), "  abc");
    assert_string_equal(page_fit(&mem, "abcdef", 5, PAGE_RIGHT), "abcd~");
    assert_string_equal(page_fit(&mem, "größe", 5, PAGE_LEFT), "größe");
    assert_string_equal(page_fit(&mem, "a漢字", 3, PAGE_LEFT), "a~ ");
    assert_string_equal(page_fit(&mem, "ab", 0, PAGE_LEFT), "");
    page_wrapped(&p, MARK_NONE, 2, "one two three-and-more-of-it four");
    assert_int_equal(p.rows.count, 5);
    assert_string_equal(page_line_text(&p, &p.rows.items[0]), "one two");
    assert_string_equal(page_line_text(&p, &p.rows.items[1]), "  three-an");
    assert_string_equal(page_line_text(&p, &p.rows.items[2]), "  d-more-o");
    assert_string_equal(page_line_text(&p, &p.rows.items[3]), "  f-it");
    assert_string_equal(page_line_text(&p, &p.rows.items[4]), "  four");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cluster_that_is_well),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_120_and_200_columns),
        cmocka_unit_test(test_a_member_that_is_silent),
        cmocka_unit_test(test_reasons_have_their_room),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_health_words),
        cmocka_unit_test(test_sorting),
        cmocka_unit_test(test_selection_stays_with_the_member),
        cmocka_unit_test(test_faces_scroll),
        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_sparklines),
        cmocka_unit_test(test_without_utf8_all_is_ascii),
        cmocka_unit_test(test_text_is_fitted_and_wrapped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
