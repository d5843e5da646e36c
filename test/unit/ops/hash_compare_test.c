/* The goldens' HashKV as real servers answered them: test/golden/README.md. */

#include "ops/hash_compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/db_snapshot.h"
#include "ops/recover.h"

enum { RICH_REVISION = 238, RICH_COMPACTED = 160 };

static const uint32_t rich_hash = 2943164245u;

struct fixture {
    struct arena mem;
    struct db_snapshot_report report;
    struct hash_reference reference;
};

static void
rich_load(struct fixture *f)
{
    const struct db_snapshot_options options = {0};
    struct error e = ERROR_INIT;

    *f = (struct fixture){.mem = ARENA_INIT};
    f->reference.path = arena_printf(&f->mem, "%s/snap/rich-3.5.30.snap", getenv("QUORATE_GOLDEN"));
    assert_true(db_snapshot_verify(&f->mem, f->reference.path, &options, &f->report, &e));
    f->reference.info = &f->report.info;
    f->reference.summary = &f->report.summary;
}

static enum hash_match
compare(struct fixture *f, uint32_t hash, int64_t compact_revision, const char **ret_note)
{
    const struct etcd_hash_kv server = {.hash = hash, .compact_revision = compact_revision};
    struct hash_comparison comparison;
    struct error e = ERROR_INIT;

    assert_true(hash_compare(&f->mem, &f->reference, &server, &comparison, &e));
    *ret_note = comparison.note;
    return comparison.match;
}

static void
test_same_state_of_compaction(void **state)
{
    struct fixture f;
    const char *note;

    (void)state;
    rich_load(&f);
    assert_int_equal(hash_reference_revision(&f.reference), RICH_REVISION);
    assert_int_equal(compare(&f, rich_hash, RICH_COMPACTED, &note), HASH_EQUAL);
    assert_string_equal(note, "");
    assert_int_equal(compare(&f, rich_hash + 1, RICH_COMPACTED, &note), HASH_DIFFERS);
    assert_string_equal(
        note, "HashKV at revision 238 is 2943164245 in the file, 2943164246 on the member");
    arena_release(&f.mem);
}

static void
test_a_hash_from_before_the_compaction_says_nothing(void **state)
{
    struct fixture f;
    const char *note;

    (void)state;
    rich_load(&f);
    assert_int_equal(compare(&f, rich_hash, -1, &note), HASH_NOT_COMPARABLE);
    assert_string_equal(note, "the member's hash is from before its compaction at revision 160");
    arena_release(&f.mem);
}

static void
test_a_member_that_compacted_further_has_another_hash(void **state)
{
    struct fixture f;
    const char *note;

    (void)state;
    rich_load(&f);
    /* The file's own number must not do: superseded rows up to 238 are left out. */
    assert_int_equal(compare(&f, rich_hash, RICH_REVISION, &note), HASH_DIFFERS);
    arena_release(&f.mem);
}

static void
test_the_bump_adds_its_row(void **state)
{
    struct fixture f;
    const char *note;

    (void)state;
    rich_load(&f);
    f.reference.bumped_revision = 1238;
    assert_int_equal(hash_reference_revision(&f.reference), 1238);
    assert_int_equal(compare(&f, rich_hash, RICH_COMPACTED, &note), HASH_DIFFERS);
    arena_release(&f.mem);
}

static void
test_the_automatic_bump(void **state)
{
    (void)state;
    assert_int_equal(bump_revision_auto(100, 0), BUMP_REVISION_UNKNOWN);
    assert_int_equal(bump_revision_auto(100, 100), BUMP_REVISION_UNKNOWN);
    assert_int_equal(bump_revision_auto(100, 150), 50 + BUMP_REVISION_MARGIN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_state_of_compaction),
        cmocka_unit_test(test_a_hash_from_before_the_compaction_says_nothing),
        cmocka_unit_test(test_a_member_that_compacted_further_has_another_hash),
        cmocka_unit_test(test_the_bump_adds_its_row),
        cmocka_unit_test(test_the_automatic_bump),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
