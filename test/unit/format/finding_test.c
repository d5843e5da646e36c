#include "format/finding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_findings_have_a_place(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct findings list = {.mem = &tmp};
    struct finding *f;

    (void)state;
    assert_null(findings_first_bad(&list));
    finding_note(&list, FINDING_PENDING_COMPACTION, FINDING_NOWHERE, 4096, "a note of %d", 1);
    assert_null(findings_first_bad(&list));
    f = finding_add(&list, FINDING_ROW, 8193, 4096, "row %d", 7);
    assert_non_null(f);
    assert_ptr_equal(findings_first_bad(&list), f);
    assert_string_equal(f->text, "row 7");
    assert_string_equal(f->remedy, "");
    assert_int_equal(f->offset, 8193);
    assert_int_equal(f->page, 2);
    assert_int_equal(list.items[0].page, FINDING_NOWHERE);
    assert_true(list.items[0].is_note);
    assert_string_equal(list.items[0].text, "a note of 1");
    assert_int_equal(finding_add(&list, FINDING_ROW, 8193, 0, "x")->page, FINDING_NOWHERE);
    assert_int_equal(list.bad_total, 2);
    assert_int_equal(list.note_total, 1);
}

static void
test_a_full_list_still_counts(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct findings list = {.mem = &tmp};

    (void)state;
    for (int i = 0; i < FINDINGS_KEPT; i++)
        assert_non_null(finding_add(&list, FINDING_STRUCTURE, i, 4096, "number %d", i));
    assert_null(finding_add(&list, FINDING_STRUCTURE, 99, 4096, "one too many"));
    finding_note(&list, FINDING_NO_TRAILER, 99, 4096, "a note too many");
    assert_int_equal(list.count, FINDINGS_KEPT);
    assert_int_equal(list.bad_total, FINDINGS_KEPT + 1);
    assert_int_equal(list.note_total, 1);
}

static void
test_each_kind_has_its_word(void **state)
{
    static const char *const words[] = {
        "no-trailer",     "truncated",          "trailing-garbage", "digest-mismatch",
        "not-a-database", "meta-page",          "structure",        "row",
        "backend",        "pending-compaction",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        assert_string_equal(finding_kind_word((enum finding_kind)i), words[i]);
    assert_string_equal(finding_kind_word((enum finding_kind)99), "unknown");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_findings_have_a_place),
        cmocka_unit_test(test_a_full_list_still_counts),
        cmocka_unit_test(test_each_kind_has_its_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
