#include "expect.h"

#include <string.h>

#include "base/hash.h"
#include "cluster/rules.h"
#include "cluster/rules_membership.h"

static struct error e;

enum { CAST_MOST = 8 };

/*
 * A cluster in letters, one for each member in order; ids are 1, 2, ..., names m1, m2, ..., peer URLs
 * http://h1:2380, ...: L leads, F follows, D is a dead voter, N was added as a voter and never
 * started, l is a learner that is caught up, s one that is slow, x one that does not answer.
 */
static struct cluster_view
view_of(struct arena *mem, const char *cast)
{
    struct cluster_view view = {.cluster_id = 0xc, .applied_most = 5000};

    view.members = arena_zero(mem, CAST_MOST * sizeof(*view.members));
    for (size_t i = 0; cast[i] != '\0'; i++) {
        struct member_view *m = &view.members[view.member_count++];
        const char **urls = arena_zero(mem, sizeof(*urls));

        urls[0] = arena_printf(mem, "http://h%zu:2380", i + 1);
        m->member = (struct etcd_member){.id = i + 1, .peer_urls = urls, .peer_url_count = 1};
        m->member.name = cast[i] == 'N' ? "" : arena_printf(mem, "m%zu", i + 1);
        m->member.is_learner = strchr("lsx", cast[i]) != NULL;
        m->known = strchr("LFls", cast[i]) != NULL;
        m->status.raft_applied_index = cast[i] == 's' ? 1000 : 5000;
        m->status.version = "3.5.16";
        if (!m->known)
            error_set(&m->unknown_because, ERROR_CONNECTION, "connection refused");
        if (cast[i] == 'L')
            view.leader_id = i + 1;
    }
    for (size_t i = 0; i < view.member_count; i++)
        view.members[i].status.leader = view.members[i].known ? view.leader_id : 0;
    return view;
}

/* "yes", or the refusal. */
static const char *
verdict_text(bool yes)
{
    return yes ? "yes" : e.text;
}

static void
test_quorum_text(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    assert_string_equal(quorum_text(&tmp, 1), "1 voter: quorum 1, none may fail");
    assert_string_equal(quorum_text(&tmp, 3), "3 voters: quorum 2, one may fail");
    assert_string_equal(quorum_text(&tmp, 5), "5 voters: quorum 3, 2 may fail");
}

static void
test_may_add_learner(void **state)
{
    static const struct {
        const char *cast;
        const char *name;
        const char *url;
        const char *version;
        const char *verdict;
    } cases[] = {
        {"L", "m9", "http://h9:2380", "3.5.30", "yes"},
        {"LFF", "m9", "http://h9:2380", NULL, "yes"},
        {"LFF", "m2", "http://h9:2380", NULL, "'m2' is the name of member 2 already"},
        {"LFF", "a=b", "http://h9:2380", NULL,
         "'a=b' cannot name a member: no ',' and no '=' in it"},
        {"LFF", "m9", "http://h3:2380", NULL, "peer URL http://h3:2380 is member 'm3' already"},
        {"LFF", "m9", "https://h9:2380", NULL,
         "peer URL https://h9:2380 and the members' (http://h1:2380) do not speak the same "
         "protocol"},
        {"LFD", "m9", "http://h9:2380", NULL, "voter 'm3' does not serve: connection refused"},
        {"LD", "m9", "http://h9:2380", NULL,
         "quorum is lost: 1 of 2 voters serve, 2 are needed to change the membership"},
        {"LFN", "m9", "http://h9:2380", NULL,
         "member 3 was added as a voter and never started: it counts for the quorum and cannot "
         "vote"},
        {"LFl", "m9", "http://h9:2380", NULL, "'m3' is a learner still: one joins at a time"},
        {"L", "m9", "http://h9:2380", "3.4.23",
         "'m9' would run etcd 3.4.23, and the members run 3.5.16"},
        {"L", "m9", "http://h9:2380", "3.6.1",
         "'m9' would run etcd 3.6.1, and the members run 3.5.16"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        const struct cluster_view view = view_of(&tmp, cases[i].cast);
        const struct joiner joiner = {.name = cases[i].name,
                                      .peer_urls = &cases[i].url,
                                      .peer_url_count = 1,
                                      .version = cases[i].version};

        error_clear(&e);
        assert_string_equal(verdict_text(rule_may_add_learner(&view, &joiner, &e)),
                            cases[i].verdict);
    }
}

static void
test_what_answers_is_the_cluster(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct cluster_view view = view_of(&tmp, "LFF");
    struct stray_endpoint strays[] = {{.endpoint = "http://h7:2379"}, /* silent */
                                      {.endpoint = "http://h8:2379"}};

    (void)state;
    EXPECT_OK(rule_endpoints_belong(&view, &e));
    view.strays = strays;
    view.stray_count = 1;
    EXPECT_OK(rule_endpoints_belong(&view, &e));
    view.stray_count = 2;
    strays[1].member_id = 0xab;
    strays[1].cluster_id = 0xc;
    EXPECT_ERROR(
        rule_endpoints_belong(&view, &e), ERROR_REFUSED,
        "member ab answers at http://h8:2379 and is not in the member list: it was removed, "
        "and still runs");
    strays[1].cluster_id = 0xd;
    EXPECT_ERROR(rule_endpoints_belong(&view, &e), ERROR_REFUSED,
                 "at http://h8:2379 answers another cluster (d), not this one (c)");
    assert_string_equal(e.hint,
                        "a member started with initial-cluster-state 'new' makes a cluster "
                        "of its own: stop it, and move its data aside; or correct the endpoint");
}

static void
test_joiner_configuration(void **state)
{
    static const struct {
        bool has_data;
        const char *state;
        const char *foreign;
        const char *cluster;
        const char *verdict;
    } cases[] = {
        {false, "existing", NULL, "m1=http://h1:2380,m2=http://h2:2380,m9=http://h9:2380", "yes"},
        {true, "existing", NULL, "m1=http://h1:2380,m2=http://h2:2380,m9=http://h9:2380",
         "'/data' is not empty: a member that joins starts without data, since another's or an old "
         "one's makes etcd refuse it, or diverge"},
        {false, "new", NULL, "m1=http://h1:2380,m2=http://h2:2380,m9=http://h9:2380",
         "'m9' would start with initial-cluster-state 'new': it would make a cluster of its own; a "
         "joiner's is 'existing'"},
        {false, "existing", "10.1.1.1", "m1=http://h1:2380,m2=http://h2:2380,m9=http://h9:2380",
         "a peer URL of 'm9' leads to 10.1.1.1, which is not an address of its host"},
        {false, "existing", NULL, "m1=http://h1:2380,m9=http://h9:2380",
         "the joiner's initial cluster lacks member 'm2', which is there"},
        {false, "existing", NULL, "m1=http://h1:2380,m2=http://h2:2380",
         "the joiner's initial cluster lacks 'm9', itself"},
        {false, "existing", NULL, "m1=http://h1:2380,x2=http://h2:2380,m9=http://h9:2380",
         "the joiner's initial cluster lacks member 'm2', which is there"},
        {false, "existing", NULL, "m1=http://h1:2380,m2=http://h7:2380,m9=http://h9:2380",
         "the joiner's initial cluster has http://h7:2380 for 'm2', whose peer URL is "
         "http://h2:2380"},
        {false, "existing", NULL, "m1=http://h1:2380,m2=http://h2:2380,m9=http://h8:2380",
         "the joiner's initial cluster has http://h8:2380 for 'm9', whose peer URL is "
         "http://h9:2380"},
        {false, "existing", NULL,
         "m1=http://h1:2380,m2=http://h2:2380,m3=http://h3:2380,m9=http://h9:2380",
         "the joiner's initial cluster has 4 members, with it there are 3"},
    };
    static const char *const url = "http://h9:2380";

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        const struct cluster_view view = view_of(&tmp, "LF");
        const struct joiner joiner = {.name = "m9",
                                      .peer_urls = &url,
                                      .peer_url_count = 1,
                                      .has_data = cases[i].has_data,
                                      .data_dir = "/data",
                                      .state = cases[i].state,
                                      .initial_cluster = cases[i].cluster,
                                      .foreign_address = cases[i].foreign};

        error_clear(&e);
        assert_string_equal(verdict_text(rule_joiner_configuration(&view, &joiner, &e)),
                            cases[i].verdict);
    }
}

typedef bool rule(const struct cluster_view *view, uint64_t id, struct error *e);

struct rule_case {
    const char *cast;
    uint64_t id;
    const char *verdict;
};

static void
rule_cases_check(rule *of, const struct rule_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        const struct cluster_view view = view_of(&tmp, cases[i].cast);

        error_clear(&e);
        assert_string_equal(verdict_text(of(&view, cases[i].id, &e)), cases[i].verdict);
    }
}

#define CHECK(of, cases) rule_cases_check(of, cases, sizeof(cases) / sizeof((cases)[0]))

static void
test_may_promote(void **state)
{
    static const struct rule_case cases[] = {
        {"Ll", 2, "yes"},
        {"LFl", 3, "yes"},
        {"LFDl", 4, "yes"},
        {"Ls", 2, "learner 'm2' is 4000 raft entries behind"},
        {"Lx", 2, "learner 'm2': connection refused"},
        {"LF", 2, "'m2' is a voter already"},
        {"LF", 9, "there is no member 9"},
        {"LDl", 3, "quorum is lost: 1 of 2 voters serve, 2 are needed to change the membership"},
    };

    (void)state;
    CHECK(rule_may_promote, cases);
}

static void
test_may_remove(void **state)
{
    static const struct rule_case cases[] = {
        {"LFF", 3, "yes"},
        {"LF", 1, "yes"},
        {"LFD", 3, "yes"},
        {"LFl", 3, "yes"},
        {"LFFx", 4, "yes"},
        {"L", 1, "'m1' is the only voter: the cluster would be gone"},
        {"LFD", 2, "without 'm2' 1 of 2 voters would serve, and 2 are needed"},
        {"LFFFD", 2, "'m2' serves while 'm5' does not: the dead go first"},
        {"LFFDD", 5, "yes"},
        {"LD", 2, "quorum is lost: 1 of 2 voters serve, 2 are needed to change the membership"},
        {"LF", 9, "there is no member 9"},
    };

    (void)state;
    CHECK(rule_may_remove, cases);
}

static void
test_may_replace(void **state)
{
    static const struct rule_case cases[] = {
        {"LFD", 3, "yes"},
        {"LFFFD", 5, "yes"},
        {"LFx", 3, "yes"},
        {"LFF", 3, "'m3' serves: replacing it would give away a vote for nothing"},
        {"LD", 2, "quorum is lost: 1 of 2 voters serve, 2 are needed to change the membership"},
        {"LFFDD", 5, "voter 'm4' does not serve: connection refused"},
        {"LFDl", 3, "'m4' is a learner still: one joins at a time"},
        {"LFD", 9, "there is no member 9"},
    };

    (void)state;
    CHECK(rule_may_replace, cases);
}

static void
test_a_corrupt_member_may_be_replaced(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct cluster_view view = view_of(&tmp, "LFF");
    struct etcd_alarm alarm = {3, ETCD_ALARM_CORRUPT};

    (void)state;
    view.alarms = &alarm;
    view.alarm_count = 1;
    EXPECT_OK(rule_may_replace(&view, 3, &e));
}

static void
test_may_move(void **state)
{
    static const struct rule_case cases[] = {
        {"LFF", 1, "yes"},
        {"L", 1, "yes"},
        {"LFD", 2, "voter 'm3' does not serve: connection refused"},
        {"LFl", 3, "'m3' is a learner: remove it, and add another"},
        {"L", 7, "there is no member 7"},
    };

    (void)state;
    CHECK(rule_may_move, cases);
}

static void
test_next_leader(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct cluster_view view = view_of(&tmp, "LDFFl");

    (void)state;
    view.members[2].status.raft_applied_index = 4999;
    assert_int_equal(rule_next_leader(&view, 1), 4);
    assert_int_equal(rule_next_leader_preferring(&view, 1, 3), 3);
    assert_int_equal(rule_next_leader_preferring(&view, 1, 0), 4);
    assert_int_equal(rule_next_leader_preferring(&view, 1, 1), 4);
    assert_int_equal(rule_next_leader_preferring(&view, 1, 2), 4); /* dead */
    assert_int_equal(rule_next_leader_preferring(&view, 1, 5), 4); /* a learner */
    view = view_of(&tmp, "Ll");
    assert_int_equal(rule_next_leader(&view, 1), 0);
}

static void
test_voters_serve(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct cluster_view all = view_of(&tmp, "LFFx");
    const struct cluster_view one_down = view_of(&tmp, "LFD");
    const struct cluster_view two_down = view_of(&tmp, "LDD");

    (void)state;
    EXPECT_OK(rule_voters_serve(&all, &e));
    EXPECT_ERROR(rule_voters_serve(&one_down, &e), ERROR_REFUSED,
                 "voter 'm3' does not serve: connection refused");
    EXPECT_ERROR(rule_voters_serve(&two_down, &e), ERROR_REFUSED,
                 "quorum is lost: 1 of 3 voters serve, 2 are needed to change the membership");
}

static void
test_leader_answers(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct cluster_view serves = view_of(&tmp, "LFF");
    struct cluster_view silent = view_of(&tmp, "DFF");

    (void)state;
    EXPECT_OK(rule_leader_answers(&serves, 1, &e));
    EXPECT_OK(rule_leader_answers(&silent, 1, &e));
    /* The others say that it leads. */
    silent.leader_id = 1;
    EXPECT_OK(rule_leader_answers(&silent, 2, &e));
    EXPECT_ERROR(rule_leader_answers(&silent, 1, &e), ERROR_TIMEOUT,
                 "'m1' leads, and only the leader gives its leadership away, but it does not "
                 "answer here: connection refused");
}

static void
test_may_rescue(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct cluster_view lost = view_of(&tmp, "FDD");
    const struct cluster_view there = view_of(&tmp, "LFD");
    const struct cluster_view promised = view_of(&tmp, "FN");

    (void)state;
    EXPECT_OK(rule_may_rescue(NULL, 3, 1, &e));
    EXPECT_OK(rule_may_rescue(&lost, 3, 1, &e));
    EXPECT_ERROR(rule_may_rescue(&there, 3, 1, &e), ERROR_REFUSED,
                 "the quorum is there: 2 of 3 voters serve");
    /* A voter that was added to a single member, and never started, is in no inventory. */
    EXPECT_OK(rule_may_rescue(&promised, 1, 1, &e));
    EXPECT_ERROR(rule_may_rescue(NULL, 3, 2, &e), ERROR_REFUSED,
                 "2 of 3 members have their data: they make a quorum when they are started, and "
                 "nothing is lost");
}

static void
test_is_gone(void **state)
{
    (void)state;
    EXPECT_OK(rule_is_gone("m2", "m1", "2380", false, &e));
    EXPECT_ERROR(rule_is_gone("m2", "m1", "2380", true, &e), ERROR_REFUSED,
                 "'m2' is not gone: nobody can log in to its host from here, and from the host of "
                 "'m1' its port 2380 answers");
}

/* No step that is allowed leaves a cluster without quorum, wherever it starts. */
static void
test_no_allowed_step_loses_quorum(void **state)
{
    static const char letters[] = "LFFFDDlsxN";

    (void)state;
    for (int turn = 0; turn < 5000; turn++) {
        AUTO_ARENA tmp = ARENA_INIT;
        uint8_t dice[CAST_MOST + 1];
        char cast[CAST_MOST] = "L";
        struct cluster_view view;
        size_t voters;
        size_t serving;

        random_bytes(dice, sizeof(dice));
        for (size_t i = 1; i < 1u + dice[0] % (CAST_MOST - 1); i++)
            cast[i] = letters[1 + dice[i] % (sizeof(letters) - 2)];
        view = view_of(&tmp, cast);
        voters = view_voter_count(&view);
        serving = view_voters_serving(&view);
        for (size_t i = 0; i < view.member_count; i++) {
            const struct member_view *m = &view.members[i];
            bool live = m->known && !m->member.is_learner;

            if (rule_may_remove(&view, m->member.id, &e) && !m->member.is_learner)
                assert_true(serving - live >= quorum_size(voters - 1) && voters > 1);
            if (rule_may_replace(&view, m->member.id, &e) && !m->member.is_learner)
                assert_true(serving - live >= quorum_size(voters - 1));
            if (rule_may_promote(&view, m->member.id, &e))
                assert_true(serving + 1 - quorum_size(voters + 1) >= serving - quorum_size(voters));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quorum_text),
        cmocka_unit_test(test_may_add_learner),
        cmocka_unit_test(test_what_answers_is_the_cluster),
        cmocka_unit_test(test_joiner_configuration),
        cmocka_unit_test(test_may_promote),
        cmocka_unit_test(test_may_remove),
        cmocka_unit_test(test_may_replace),
        cmocka_unit_test(test_a_corrupt_member_may_be_replaced),
        cmocka_unit_test(test_may_move),
        cmocka_unit_test(test_next_leader),
        cmocka_unit_test(test_leader_answers),
        cmocka_unit_test(test_voters_serve),
        cmocka_unit_test(test_may_rescue),
        cmocka_unit_test(test_is_gone),
        cmocka_unit_test(test_no_allowed_step_loses_quorum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
