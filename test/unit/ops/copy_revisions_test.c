#include "ops/copy_revisions.h"

#include "../expect.h"

static void
test_ranges_grow_and_are_found(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct copy_revisions r = {.ranges = ARRAY_INIT};

    (void)state;
    assert_false(copy_revisions_has(&r, 5));
    for (int64_t revision = 5; revision < 10; revision++)
        copy_revisions_add(&mem, &r, revision);
    copy_revisions_add(&mem, &r, 12);
    copy_revisions_add(&mem, &r, 12);
    copy_revisions_add(&mem, &r, 2);
    assert_int_equal(r.ranges.count, 3);
    assert_true(copy_revisions_has(&r, 2));
    assert_true(copy_revisions_has(&r, 5));
    assert_true(copy_revisions_has(&r, 9));
    assert_true(copy_revisions_has(&r, 12));
    assert_false(copy_revisions_has(&r, 3));
    assert_false(copy_revisions_has(&r, 10));
    assert_false(copy_revisions_has(&r, 13));
}

static void
test_texts(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct copy_revisions r = {.ranges = ARRAY_INIT};

    (void)state;
    EXPECT_OK(copy_revisions_parse(&mem, "", &r, &e));
    EXPECT_OK(copy_revisions_parse(&mem, "5-9,12-12", &r, &e));
    assert_int_equal(r.ranges.count, 2);
    assert_true(copy_revisions_has(&r, 12));
    EXPECT_ERROR(copy_revisions_parse(&mem, "5", &r, &e), ERROR_FORMAT,
                 "'5' is no range of revisions");
    assert_false(copy_revisions_parse(&mem, "5-x", &r, &e));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_grow_and_are_found),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
