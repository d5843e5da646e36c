#include "expect.h"

#include "ops/mirror_names.h"

static void
name_is(const char *prefix, const char *dest_prefix, struct bytes key, struct bytes wanted)
{
    AUTO_ARENA mem = ARENA_INIT;
    const struct mirror_names names = {bytes_of_text(prefix), bytes_of_text(dest_prefix)};

    assert_true(bytes_equal(mirror_name(&mem, &names, key), wanted));
}

static void
the_prefix_is_replaced(void **state UNUSED)
{
    name_is("", "", BYTES_LITERAL("a"), BYTES_LITERAL("a"));
    name_is("a/", "a/", BYTES_LITERAL("a/x"), BYTES_LITERAL("a/x"));
    name_is("a/", "b/", BYTES_LITERAL("a/x"), BYTES_LITERAL("b/x"));
    name_is("", "b/", BYTES_LITERAL("x"), BYTES_LITERAL("b/x"));
    name_is("a/", "", BYTES_LITERAL("a/x"), BYTES_LITERAL("x"));
    /* The first time only, and whatever comes behind it. */
    name_is("a/", "b/", BYTES_LITERAL("a/a/\0\xff"), BYTES_LITERAL("b/a/\0\xff"));
    name_is("a/", "", BYTES_LITERAL("a/"), BYTES_LITERAL(""));
}

static bool
loops(const char *prefix, const char *dest_prefix)
{
    const struct mirror_names names = {bytes_of_text(prefix), bytes_of_text(dest_prefix)};

    return mirror_names_loop(&names);
}

static void
copies_below_the_prefix_loop(void **state UNUSED)
{
    assert_true(loops("", ""));
    assert_true(loops("", "b/"));
    assert_true(loops("a/", "a/"));
    assert_true(loops("a/", "a/copy/"));
    assert_false(loops("a/", "b/"));
    assert_false(loops("a/", "a"));
    assert_false(loops("a/", ""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_prefix_is_replaced),
        cmocka_unit_test(copies_below_the_prefix_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
