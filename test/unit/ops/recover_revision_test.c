#include "expect.h"

#include <stdlib.h>

#include "base/io.h"
#include "ops/recover_revision.h"

enum { RICH_REVISION = 238 };

static struct error e;

static const char *
golden(struct arena *mem, const char *name)
{
    return arena_printf(mem, "%s/%s", getenv("QUORATE_GOLDEN"), name);
}

static void
test_the_last_row_of_a_database(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host *host;
    int64_t revision = 0;

    (void)state;
    assert_true(host_open(&tmp, "local:", NULL, &host, &e));
    EXPECT_OK(
        recover_database_revision(host, golden(&tmp, "snap/rich-3.5.30.snap"), &revision, &e));
    assert_int_equal(revision, RICH_REVISION);
}

static void
test_what_is_no_database(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host *host;
    int64_t revision;

    (void)state;
    assert_true(host_open(&tmp, "local:", NULL, &host, &e));
    assert_false(recover_database_revision(host, "/nowhere/db", &revision, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    error_clear(&e);
    assert_false(recover_database_revision(host, "/dev/null", &revision, &e));
    error_clear(&e);
    assert_false(recover_database_revision(host, golden(&tmp, "README.md"), &revision, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    error_clear(&e);
}

static void
test_what_cannot_be_reached_is_left_out(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory_member members[2] = {{.name = "m1", .data_dir = "/nowhere", .host = "local:"},
                                          {.name = "m2"}};
    const struct inventory_lab lab = {.dir = "/nowhere"};
    const struct inventory inventory = {.name = "lab:t", .lab = &lab, .members = {members, 2, 2}};

    (void)state;
    assert_int_equal(recover_surviving_revision(&tmp, &inventory), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_row_of_a_database),
        cmocka_unit_test(test_what_is_no_database),
        cmocka_unit_test(test_what_cannot_be_reached_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
