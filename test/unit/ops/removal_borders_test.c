/* Parts of keys that are counted: each border is the last key of its part, and the parts are as large as they may be. */
#include "ops/removal_borders.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

/* The keys are numbers from 1 on, so a border is the number of keys up to it. */
static bool
divide(struct arena *mem, uint64_t keys, struct removal_borders **ret_borders)
{
    struct removal_borders *b = arena_zero(mem, sizeof(*b));
    char key[16];

    removal_borders_begin(b, mem);
    for (uint64_t i = 1; i <= keys; i++) {
        int size = snprintf(key, sizeof(key), "%08" PRIu64, i);

        removal_borders_add(b, bytes_of(key, (size_t)size));
    }
    *ret_borders = b;
    return removal_borders_end(b);
}

static void
test_each_part_ends_at_its_border(UNUSED void **state)
{
    static const uint64_t counts[] = {1,       199,     200,     201,     183554,
                                      1999999, 2000000, 2000001, 4000001, 8000000};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        AUTO_ARENA mem = ARENA_INIT;
        struct removal_borders *b;

        assert_true(divide(&mem, counts[i], &b));
        assert_in_range(b->part, REMOVAL_PART_FIRST, REMOVAL_PART_MOST);
        assert_int_equal(b->count, (counts[i] + b->part - 1) / b->part);
        for (size_t k = 0; k < b->count; k++) {
            uint64_t end = (k + 1) * b->part < counts[i] ? (k + 1) * b->part : counts[i];

            assert_int_equal(strtoull(arena_text_of_bytes(&mem, b->items[k]), NULL, 10), end);
        }
    }
}

static void
test_parts_grow_when_they_must(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct removal_borders *b;

    assert_true(divide(&mem, 2000000, &b));
    assert_int_equal(b->part, 200);
    assert_true(divide(&mem, 2000200, &b));
    assert_int_equal(b->part, 400);
    assert_true(divide(&mem, 8000000, &b));
    assert_int_equal(b->part, 800);
}

static void
test_too_many_are_not_divided(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct removal_borders *b;

    assert_false(divide(&mem, 9000000, &b));
}

static void
test_nothing_has_no_parts(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct removal_borders *b;

    assert_true(divide(&mem, 0, &b));
    assert_int_equal(b->count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_part_ends_at_its_border),
        cmocka_unit_test(test_parts_grow_when_they_must),
        cmocka_unit_test(test_too_many_are_not_divided),
        cmocka_unit_test(test_nothing_has_no_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
