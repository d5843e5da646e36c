#include "format/bbolt/bbolt_in_use.h"

#include <string.h>

#include "expect.h"
#include "format/bbolt/bbolt_check.h"
#include "scratch.h"

static const char *const goldens[] = {
    "bolt/compact-16k.db",
    "bolt/compact-4k-freelistpage.db",
    "bolt/compact-4k-nofreelistpage.db",
    "bolt/compact-4k-noinline.db",
    "bolt/compact-8k.db",
    "bolt/meta0-bad.db",
    "snap/basic-3.4.23.snap",
    "snap/basic-3.5.30.snap",
    "snap/rich-3.5.16.snap",
    "snap/rich-3.5.30.snap",
};

static void
test_as_the_structure_check_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(goldens) / sizeof(*goldens); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct bbolt_check_report report;
        struct bbolt db;
        uint64_t pages;

        EXPECT_OK(bbolt_open(golden_load(&tmp, goldens[i]), goldens[i], &db, &e));
        bbolt_check(&tmp, &db, 1, &report);
        EXPECT_OK(bbolt_pages_in_use(&db, &pages, &e));
        assert_int_equal(pages, report.reachable);
    }
}

/* Headers of pages, one after the other, made impossible. */
static void
test_damage_ends_it(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes file = golden_load(&tmp, "snap/rich-3.5.30.snap");
    struct error e = ERROR_INIT;
    unsigned refused = 0;

    (void)state;
    for (size_t at = 2 * 4096; at + 16 <= file.size; at += 4096) {
        struct bytes damaged = arena_copy(&tmp, file);
        struct bbolt db;
        uint64_t pages;

        memset((uint8_t *)without_const(damaged.data) + at, 0xff, 16);
        EXPECT_OK(bbolt_open(damaged, "damaged", &db, &e));
        if (!bbolt_pages_in_use(&db, &pages, &e)) {
            assert_int_equal(e.code, ERROR_CORRUPT);
            refused++;
        }
    }
    assert_true(refused > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_structure_check_says),
        cmocka_unit_test(test_damage_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
