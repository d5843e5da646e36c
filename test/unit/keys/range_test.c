#include "keys/range.h"

#include "expect.h"

static void
test_which_keys_a_range_holds(void **state)
{
    static const struct {
        struct key_range range;
        struct bytes key;
        bool holds;
    } cases[] = {
        {{BYTES_LITERAL("a"), {NULL, 0}}, BYTES_LITERAL("a"), true},
        {{BYTES_LITERAL("a"), {NULL, 0}}, BYTES_LITERAL("ab"), false},
        {{BYTES_LITERAL("a"), BYTES_LITERAL("c")}, BYTES_LITERAL("a"), true},
        {{BYTES_LITERAL("a"), BYTES_LITERAL("c")}, BYTES_LITERAL("b\0"), true},
        {{BYTES_LITERAL("a"), BYTES_LITERAL("c")}, BYTES_LITERAL("c"), false},
        {{BYTES_LITERAL("b"), BYTES_LITERAL("\0")}, BYTES_LITERAL("\xff\xff"), true},
        {{BYTES_LITERAL("b"), BYTES_LITERAL("\0")}, BYTES_LITERAL("a"), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_int_equal(key_range_holds(&cases[i].range, cases[i].key), cases[i].holds);
}

static void
test_prefixes(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct key_range all = key_range_prefix(&tmp, BYTES_NONE);
    struct key_range some = key_range_prefix(&tmp, BYTES_LITERAL("a\xff"));

    (void)state;
    assert_true(key_range_holds(&all, BYTES_LITERAL("\0")));
    assert_true(key_range_holds(&all, BYTES_LITERAL("\xff")));
    assert_false(key_range_is_single(&all));
    assert_true(key_range_holds(&some, BYTES_LITERAL("a\xff\xff")));
    assert_false(key_range_holds(&some, BYTES_LITERAL("b")));
    assert_true(key_range_is_single(&(struct key_range){BYTES_LITERAL("a"), BYTES_NONE}));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_keys_a_range_holds),
        cmocka_unit_test(test_prefixes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
