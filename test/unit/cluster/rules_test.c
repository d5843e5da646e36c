#include "expect.h"

#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "cluster/rules.h"

static struct error e;

/* What a row of the tables says about one member; none further when 'name' is NULL. */
struct cast {
    const char *name;
    uint64_t applied; /* 0: does not answer */
    uint64_t leader;  /* whom it names; ids are 1, 2, 3, ... in the order of the row */
    bool learner;
    bool unasked;        /* not among the endpoints that were given */
    const char *version; /* NULL: 3.5.16 */
};

#define MEMBER(name_, applied_, leader_, ...)                                                      \
    {                                                                                              \
        .name = name_, .applied = applied_, .leader = leader_, ##__VA_ARGS__                       \
    }

enum { CAST_MOST = 8 };

static struct cluster_view
view_of(struct arena *mem, const struct cast *cast)
{
    static const char *const urls[] = {"http://127.0.0.1:2379"};
    struct cluster_view view = {.cluster_id = 0xc};

    view.members = arena_zero(mem, CAST_MOST * sizeof(*view.members));
    for (size_t i = 0; i < CAST_MOST && cast[i].name != NULL; i++) {
        struct member_view *m = &view.members[view.member_count++];

        m->member.id = i + 1;
        m->member.name = cast[i].name;
        m->member.is_learner = cast[i].learner;
        m->member.client_urls = urls;
        m->member.client_url_count = 1;
        m->endpoint = urls[0];
        m->given = !cast[i].unasked;
        m->asked = true;
        m->known = cast[i].applied != 0;
        m->status.raft_applied_index = cast[i].applied;
        m->status.leader = cast[i].leader;
        m->status.is_learner = cast[i].learner;
        m->status.version = cast[i].version != NULL ? cast[i].version : "3.5.16";
        if (!m->known)
            error_set(&m->unknown_because, ERROR_CONNECTION, "connection refused");
        if (cast[i].applied > view.applied_most)
            view.applied_most = cast[i].applied;
    }
    view.leader_id = view.members[0].known ? view.members[0].status.leader : 2;
    return view;
}

static void
test_quorum(void **state)
{
    static const size_t sizes[][3] = {{1, 1, 0}, {2, 2, 0}, {3, 2, 1}, {4, 3, 1},
                                      {5, 3, 2}, {6, 4, 2}, {7, 4, 3}};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(quorum_size(sizes[i][0]), sizes[i][1]);
        assert_int_equal(quorum_tolerance(sizes[i][0]), sizes[i][2]);
    }
    assert_int_equal(quorum_tolerance(0), 0);
}

/* Names of the sources, or the refusal. */
static const char *
sources_text(struct arena *mem, const struct cluster_view *view)
{
    const struct member_view **sources;
    AUTO_BUF text = BUF_INIT;
    size_t count;

    error_clear(&e);
    if (!rule_backup_sources(mem, view, &sources, &count, &e)) {
        assert_int_equal(e.code, ERROR_REFUSED);
        return arena_text(mem, e.text);
    }
    assert_int_equal(e.code, ERROR_NONE);
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%s", i > 0 ? " " : "", sources[i]->member.name);
    return arena_text(mem, buf_text(&text));
}

static void
test_sources(void **state)
{
    static const struct {
        struct cast cast[CAST_MOST];
        const char *sources;
    } cases[] = {
        /* Followers before the leader, the more advanced first, equals as they come. */
        {{MEMBER("a", 50, 1), MEMBER("b", 49, 1), MEMBER("c", 50, 1)}, "c b a"},
        {{MEMBER("a", 50, 2), MEMBER("b", 50, 2), MEMBER("c", 50, 2)}, "a c b"},
        {{MEMBER("a", 50, 1)}, "a"},
        /* Only those that were given. */
        {{MEMBER("a", 50, 1), MEMBER("b", 50, 1, .unasked = true)}, "a"},
        /* The limit of the lag is still caught up. */
        {{MEMBER("a", 5000, 1), MEMBER("b", 4000, 1), MEMBER("c", 3999, 1)}, "b a"},
        {{MEMBER("a", 50, 1), MEMBER("b", 50, 1, .learner = true), MEMBER("c", 0, 1)}, "a"},
        {{MEMBER("a", 5000, 1, .unasked = true), MEMBER("b", 0, 1),
          MEMBER("c", 60, 1, .learner = true), MEMBER("d", 7, 1)},
         "no member to take a backup from: 'b': connection refused; 'c' is a learner; 'd' is 4993 "
         "raft entries behind"},
        {{MEMBER("", 0, 0)}, "no member to take a backup from: '1': connection refused"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct cluster_view view = view_of(&tmp, cases[i].cast);

        assert_string_equal(sources_text(&tmp, &view), cases[i].sources);
    }
}

static void
test_alarms_and_strays(void **state)
{
    static const struct cast cast[CAST_MOST] = {MEMBER("a", 50, 1), MEMBER("b", 50, 1)};
    AUTO_ARENA tmp = ARENA_INIT;
    struct cluster_view view = view_of(&tmp, cast);
    struct etcd_alarm alarms[] = {{2, ETCD_ALARM_CORRUPT}, {1, ETCD_ALARM_NOSPACE}};
    struct stray_endpoint strays[2] = {{.endpoint = "x:1"}, {.endpoint = "y:1", .member_id = 9}};

    (void)state;
    error_set(&strays[0].error, ERROR_TIMEOUT, "no answer");
    view.alarms = alarms;
    view.alarm_count = 2;
    view.strays = strays;
    view.stray_count = 2;
    /* A full member's data is good; a corrupt one's is not. */
    assert_string_equal(sources_text(&tmp, &view), "a");
    EXPECT_ERROR(rule_may_back_up_from(&view, &view.members[1], &e), ERROR_REFUSED,
                 "'b' has a CORRUPT alarm");
    EXPECT_OK(rule_may_back_up_from(&view, &view.members[0], &e));
    view.members[0].given = false;
    assert_string_equal(sources_text(&tmp, &view),
                        "no member to take a backup from: 'b' has a CORRUPT alarm; 'x:1': no "
                        "answer; 'y:1': belongs to another cluster");
}

/* What one row of rule_judge's table gave: "word: summary | remark | remark". */
static const char *
judgement_text(struct arena *mem, const struct cluster_view *view)
{
    AUTO_BUF text = BUF_INIT;
    struct judgement j;

    rule_judge(mem, view, (struct judge_days){.warning = 30, .critical = 7}, &j);
    buf_printf(&text, "%s: %s", verdict_word(j.verdict), j.summary);
    for (size_t i = 0; i < j.remarks.count; i++) {
        buf_printf(&text, " | %s", j.remarks.items[i].text);
        assert_true(j.remarks.items[i].weight <= j.verdict);
    }
    return arena_text(mem, buf_text(&text));
}

static void
test_judgements(void **state)
{
    static const struct {
        struct cast cast[CAST_MOST];
        const char *text;
    } cases[] = {
        {{MEMBER("a", 50, 1), MEMBER("b", 50, 1), MEMBER("c", 50, 1)},
         "well: 3 of 3 voters serve; one member may fail"},
        {{MEMBER("a", 50, 1)}, "well: 1 of 1 voters serve; no further member may fail"},
        {{MEMBER("a", 9, 1), MEMBER("b", 9, 1), MEMBER("c", 9, 1), MEMBER("d", 9, 1),
          MEMBER("e", 9, 1)},
         "well: 5 of 5 voters serve; 2 members may fail"},
        /* A learner is no voter. */
        {{MEMBER("a", 9, 1), MEMBER("b", 9, 1, .learner = true)},
         "well: 1 of 1 voters serve; no further member may fail"},
        {{MEMBER("a", 50, 1), MEMBER("b", 0, 1), MEMBER("c", 50, 1)},
         "warning: 2 of 3 voters serve; no further member may fail | "
         "member b does not answer: connection refused"},
        {{MEMBER("a", 50, 0), MEMBER("b", 0, 0), MEMBER("c", 0, 0)},
         "critical: 0 of 3 voters serve; quorum is lost | "
         "quorum is lost: 0 of 3 voters serve, 2 are needed | member a knows no leader | "
         "member b does not answer: connection refused | "
         "member c does not answer: connection refused"},
        {{MEMBER("a", 50, 1), MEMBER("b", 50, 1), MEMBER("c", 50, 2)},
         "warning: 2 of 3 voters serve; no further member may fail | "
         "member c names another leader (2)"},
        {{MEMBER("a", 5000, 1), MEMBER("b", 5000, 1), MEMBER("c", 1, 1)},
         "warning: 3 of 3 voters serve; one member may fail | "
         "member c is 4999 raft entries behind"},
        {{MEMBER("a", 9, 1), MEMBER("b", 9, 1, .version = "3.6.0"),
          MEMBER("c", 9, 1, .version = "3.6.0")},
         "warning: 3 of 3 voters serve; one member may fail | "
         "members run different versions (3.5.16 and 3.6.0)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct cluster_view view = view_of(&tmp, cases[i].cast);

        assert_string_equal(judgement_text(&tmp, &view), cases[i].text);
    }
}

static void
test_judgement_of_alarms_strays_and_the_never_started(void **state)
{
    static const struct cast cast[CAST_MOST] = {MEMBER("a", 9, 1), MEMBER("b", 9, 1),
                                                MEMBER("", 0, 0)};
    AUTO_ARENA tmp = ARENA_INIT;
    struct cluster_view view = view_of(&tmp, cast);
    struct etcd_alarm alarms[] = {{1, ETCD_ALARM_NOSPACE}, {2, ETCD_ALARM_CORRUPT}};
    struct stray_endpoint strays[2] = {{.endpoint = "x:1"},
                                       {.endpoint = "y:1", .member_id = 9, .cluster_id = 0xdd}};

    (void)state;
    view.members[2].member.client_url_count = 0;
    assert_string_equal(judgement_text(&tmp, &view),
                        "warning: 2 of 3 voters serve; no further member may fail | "
                        "member 3 was added but never started");
    error_set(&strays[0].error, ERROR_TIMEOUT, "no answer");
    view.alarms = alarms;
    view.alarm_count = 2;
    view.strays = strays;
    view.stray_count = 2;
    assert_string_equal(judgement_text(&tmp, &view),
                        "critical: 2 of 3 voters serve; no further member may fail | "
                        "member 3 was added but never started | endpoint x:1: no answer | "
                        "endpoint y:1 belongs to another cluster (dd) | "
                        "alarm NOSPACE by member a: writes are refused | "
                        "alarm CORRUPT by member b: its data differs");
}

/* Any cluster: who is a source is known, a voter, caught up, not corrupt; who is left out is not. */
static void
test_no_random_source_is_unfit(void **state)
{
    (void)state;
    for (int round = 0; round < 5000; round++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct cast cast[CAST_MOST] = {{0}};
        const struct member_view **sources;
        struct etcd_alarm alarms[2] = {{0}};
        struct cluster_view view;
        uint8_t dice[3 * CAST_MOST];
        size_t count = 0;
        size_t fit = 0;

        random_bytes(dice, sizeof(dice));
        for (size_t i = 0; i < 1u + dice[0] % 7; i++) {
            cast[i] =
                (struct cast){.name = "m",
                              .applied = dice[3 * i + 1] % 4 == 0 ? 0 : 3000u + dice[3 * i] * 9u,
                              .leader = 1u + dice[1] % 3,
                              .learner = dice[3 * i + 1] % 5 == 0,
                              .unasked = dice[3 * i + 2] % 3 == 0};
        }
        view = view_of(&tmp, cast);
        alarms[0] = (struct etcd_alarm){1u + dice[2] % 7, ETCD_ALARM_CORRUPT};
        alarms[1] = (struct etcd_alarm){1u + dice[4] % 7, ETCD_ALARM_NOSPACE};
        view.alarms = alarms;
        view.alarm_count = dice[5] % 3;
        for (size_t i = 0; i < view.member_count; i++) {
            const struct member_view *m = &view.members[i];

            fit += m->given && m->known && !m->member.is_learner &&
                   view.applied_most - m->status.raft_applied_index <= CAUGHT_UP_ENTRIES &&
                   !(view.alarm_count > 0 && m->member.id == alarms[0].member_id);
        }
        error_clear(&e);
        assert_int_equal(rule_backup_sources(&tmp, &view, &sources, &count, &e), fit > 0);
        assert_int_equal(count, fit);
        for (size_t i = 0; i < count; i++) {
            assert_true(sources[i]->given && sources[i]->known && !sources[i]->member.is_learner);
            assert_true(view_lag(&view, sources[i]) <= CAUGHT_UP_ENTRIES);
            assert_false(view_has_alarm(&view, sources[i]->member.id, ETCD_ALARM_CORRUPT));
            /* The leader, if at all, comes last. */
            assert_true(sources[i]->member.id != view.leader_id || i + 1 == count);
        }
    }
}

/* Followers name a leader that has just died until they elect another. */
static void
test_a_silent_leader_is_critical(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct member_view members[] = {
        {.member = {.id = 1, .name = "m1", .client_url_count = 1}, .asked = true},
        {.member = {.id = 2, .name = "m2"}, .asked = true, .known = true, .status = {.leader = 1}},
        {.member = {.id = 3, .name = "m3"}, .asked = true, .known = true, .status = {.leader = 1}},
    };
    const struct cluster_view view = {.leader_id = 1, .members = members, .member_count = 3};
    struct judgement j;

    (void)state;
    members[1].status.version = members[2].status.version = "3.5.30";
    rule_judge(&tmp, &view, (struct judge_days){0}, &j);
    assert_int_equal(j.verdict, VERDICT_CRITICAL);
    assert_string_equal(j.remarks.items[0].text,
                        "the leader, m1, does not answer: writes wait for an election");
}

static void
test_certificates_that_end_are_told(void **state)
{
    enum { NOW_S = 1700000000, DAY_S = 86400 };
    static const struct {
        int64_t end_s;
        const char *text; /* behind the summary */
    } rows[] = {
        {0, "well"},
        {NOW_S + 30 * DAY_S, "well"},
        {NOW_S + 30 * DAY_S - 1, "warning | the certificate of member m1 ends in 29 days"},
        {NOW_S + 7 * DAY_S, "warning | the certificate of member m1 ends in 7 days"},
        {NOW_S + 7 * DAY_S - 1, "critical | the certificate of member m1 ends in 6 days"},
        {NOW_S - 1, "critical | the certificate of member m1 has ended"},
    };
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct member_view member = {.member = {.id = 1, .name = "m1", .client_url_count = 1},
                                     .known = true,
                                     .status = {.leader = 1, .version = "3.5.30"},
                                     .certificate_end_s = rows[i].end_s};
        const struct cluster_view view = {
            .taken_s = NOW_S, .leader_id = 1, .members = &member, .member_count = 1};
        struct judgement j;

        rule_judge(&tmp, &view, (struct judge_days){.warning = 30, .critical = 7}, &j);
        assert_string_equal(arena_printf(&tmp, "%s%s%s", verdict_word(j.verdict),
                                         j.remarks.count > 0 ? " | " : "",
                                         j.remarks.count > 0 ? j.remarks.items[0].text : ""),
                            rows[i].text);
    }
}

static struct etcd_member
member_at(uint64_t id, const char *name, const char *const *peer_urls, size_t count)
{
    return (struct etcd_member){
        .id = id, .name = name, .peer_urls = peer_urls, .peer_url_count = count};
}

static void
test_a_recovery_is_of_all_members(void **state)
{
    static const char *const urls_1[] = {"http://10.0.0.1:2380", "http://old:2380"};
    static const char *const urls_2[] = {"http://10.0.0.2:2380"};
    const char *configured[] = {"http://10.0.0.1:2380"};
    struct inventory_member members[1] = {{.name = "db1", .peer_urls = {configured, 1}}};
    struct inventory inventory = {.name = "prod", .members = {members, 1, 1}};
    struct member_view views[2] = {{.member = member_at(1, "db1", urls_1, 2)},
                                   {.member = member_at(2, "db2", urls_2, 1)}};
    struct cluster_view view = {.members = views, .member_count = 1};

    (void)state;
    error_clear(&e);
    assert_true(rule_may_recover(&view, &inventory, &e));
    view.member_count = 2;
    assert_false(rule_may_recover(&view, &inventory, &e));
    assert_int_equal(e.code, ERROR_REFUSED);
    assert_non_null(strstr(e.text, "member db2 (http://10.0.0.2:2380)"));
    assert_non_null(strstr(e.text, "'prod'"));
    /* Who told no list has no URLs. */
    views[1].member.peer_url_count = 0;
    error_clear(&e);
    assert_true(rule_may_recover(&view, &inventory, &e));
}

static void
test_releases_that_lose_data_when_defragmented(void **state)
{
    static const struct {
        const char *version;
        bool may;
    } versions[] = {{"3.4.23", true}, {"3.5.0", false},      {"3.5.5", false}, {"3.5.6", true},
                    {"3.6.0", true},  {"3.5.5-rc.0", false}, {"3.5.30", true}, {"three", false}};

    (void)state;
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        AUTO_ARENA mem = ARENA_INIT;
        const struct cast cast[CAST_MOST] = {MEMBER("m1", 10, 1, .version = versions[i].version)};
        struct cluster_view view = view_of(&mem, cast);

        if (rule_may_defragment(&view, &view.members[0], &e) != versions[i].may)
            fail_msg("etcd %s", versions[i].version);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_silent_leader_is_critical),
        cmocka_unit_test(test_certificates_that_end_are_told),
        cmocka_unit_test(test_quorum),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_alarms_and_strays),
        cmocka_unit_test(test_judgements),
        cmocka_unit_test(test_judgement_of_alarms_strays_and_the_never_started),
        cmocka_unit_test(test_no_random_source_is_unfit),
        cmocka_unit_test(test_a_recovery_is_of_all_members),
        cmocka_unit_test(test_releases_that_lose_data_when_defragmented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
