/* Who has other data, and when that cannot be told. */
#include "cluster/rules_hash.h"

#include <string.h>

#include "base/buf.h"
#include "expect.h"

enum { MOST = 5 };

struct scene {
    struct arena mem;
    struct cluster_view view;
    struct member_view members[MOST];
    struct member_hash hashes[MOST];
    struct judgement judgement;
};

/* A letter for each member, in its hash: '.' is one that does not answer. */
static void
scene_set(struct scene *s, const char *hashes)
{
    static const char *const names[] = {"m1", "m2", "m3", "m4", "m5"};
    size_t count = strlen(hashes);

    *s = (struct scene){.view = {.members = s->members, .member_count = count}};
    for (size_t i = 0; i < count; i++) {
        s->members[i] = (struct member_view){
            .member = {.id = i + 1, .name = names[i]},
            .known = hashes[i] != '.',
            .status = {.version = "3.5.30"},
        };
        s->hashes[i] = (struct member_hash){
            .member = &s->members[i],
            .known = hashes[i] != '.',
            .hash = (uint32_t)hashes[i],
            .compact_revision = 40,
            .unknown_because = "refused",
        };
    }
}

static void
judge(struct scene *s)
{
    rule_judge_hashes(&s->mem, &s->view, 50, s->hashes, s->view.member_count, &s->judgement);
}

/* findings: '=' the same, '!' odd, ' ' nothing. text: in a remark, or in the summary. */
static void
expect(struct scene *s, enum verdict verdict, const char *findings, const char *text)
{
    AUTO_BUF all = BUF_INIT;

    judge(s);
    assert_int_equal(s->judgement.verdict, verdict);
    for (size_t i = 0; i < s->view.member_count; i++)
        if (" =!"[s->hashes[i].ret_finding] != findings[i])
            fail_msg("member %zu of '%s'", i + 1, findings);
    buf_printf(&all, "%s", s->judgement.summary);
    for (size_t i = 0; i < s->judgement.remarks.count; i++)
        buf_printf(&all, " | %s", s->judgement.remarks.items[i].text);
    if (strstr(buf_text(&all), text) == NULL)
        fail_msg("'%s' is not in '%s'", text, buf_text(&all));
    arena_release(&s->mem);
}

static void
test_hashes(UNUSED void **state)
{
    static const struct {
        const char *hashes;
        enum verdict verdict;
        const char *findings;
        const char *text;
    } cases[] = {
        {"a", VERDICT_WELL, "=", "1 of 1 members have the same keys up to revision 50"},
        {"aaa", VERDICT_WELL, "===", "3 of 3 members"},
        {"aa.", VERDICT_WARNING, "== ", "m3 is not known: refused"},
        {"..a", VERDICT_WARNING, "  =", "1 of 3"},
        {"aba", VERDICT_CRITICAL,
         "=!=", "m2 has other data than 2 of 3 voters: hash 98, theirs is 97"},
        {"abc", VERDICT_CRITICAL, "   ",
         "who is right cannot be told (m1 has 97, m2 has 98, m3 has 99)"},
        {"ab.", VERDICT_CRITICAL, "   ", "cannot be told"},
        {"ab", VERDICT_CRITICAL, "  ", "cannot be told"},
        {"abaca", VERDICT_CRITICAL, "=!=!=", "m4 has other data than 3 of 5 voters"},
        {"aabb.", VERDICT_CRITICAL, "     ", "cannot be told"},
        {"aab..", VERDICT_CRITICAL, "     ", "cannot be told"}, /* two others may have b */
        {"aaab.", VERDICT_CRITICAL, "===! ", "m4 has other data than 3 of 5"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene s;

        scene_set(&s, cases[i].hashes);
        expect(&s, cases[i].verdict, cases[i].findings, cases[i].text);
    }
}

/* It has data, and no vote. */
static void
test_learner(UNUSED void **state)
{
    struct scene s;

    scene_set(&s, "aab");
    s.members[2].member.is_learner = true;
    expect(&s, VERDICT_CRITICAL, "==!", "m3 has other data than 2 of 2 voters");
    scene_set(&s, "abb");
    s.members[2].member.is_learner = true;
    expect(&s, VERDICT_CRITICAL, "   ", "cannot be told");
}

static void
test_compactions(UNUSED void **state)
{
    struct scene s;

    scene_set(&s, "aba");
    s.hashes[1].compact_revision = 30;
    expect(&s, VERDICT_WARNING, "   ", "m1 is compacted at revision 40, m2 at 30");
    scene_set(&s, "aba");
    s.hashes[1].known = false;
    s.hashes[1].compact_revision = 30;
    expect(&s, VERDICT_WARNING, "= =", "m2 is not known");
}

/* 3.4.34, 3.5.16 and 3.6 leave a tombstone out that is the compaction's own. */
static void
test_versions(UNUSED void **state)
{
    static const struct {
        const char *old;
        bool differs;
    } versions[] = {{"3.5.15", true},  {"3.5.16", false}, {"3.4.33", true},
                    {"3.4.34", false}, {"3.3.10", true},  {"3.6.1", false},
                    {"3.5", true},     {"3.7.3", false},  {"3.5.15-rc.1", true}};

    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        struct scene s;

        scene_set(&s, "aab");
        s.members[2].status.version = versions[i].old;
        if (versions[i].differs)
            expect(&s, VERDICT_WARNING, "   ",
                   "count a deletion at the compacted revision differently");
        else
            expect(&s, VERDICT_CRITICAL, "==!", "m3 has other data");
        scene_set(&s, "aab");
        s.members[2].status.version = versions[i].old;
        for (size_t k = 0; k < 3; k++)
            s.hashes[k].compact_revision = -1;
        expect(&s, VERDICT_CRITICAL, "==!", "m3 has other data");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_learner),
        cmocka_unit_test(test_compactions),
        cmocka_unit_test(test_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
