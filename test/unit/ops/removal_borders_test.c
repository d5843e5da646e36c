/* Parts of keys that are counted: each ends where its last keys end, and the parts are as large as they may be. */
#include "ops/removal_borders.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

/* An end is the number of keys in front of it. */
static bool
divide(struct arena *mem, uint64_t keys, uint64_t piece, struct removal_borders **ret_borders)
{
    struct removal_borders *b = arena_zero(mem, sizeof(*b));
    char end[16];

    removal_borders_begin(b, mem);
    for (uint64_t i = 0; i < keys;) {
        uint64_t some = keys - i < piece ? keys - i : piece;
        int size = snprintf(end, sizeof(end), "%08" PRIu64, i += some);

        removal_borders_add(b, bytes_of(end, (size_t)size), some);
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

        assert_true(divide(&mem, counts[i], 1, &b));
        assert_in_range(b->part, REMOVAL_PART_FIRST, REMOVAL_PART_MOST);
        assert_int_equal(b->count, (counts[i] + b->part - 1) / b->part);
        for (size_t k = 0; k < b->count; k++) {
            uint64_t end = (k + 1) * b->part < counts[i] ? (k + 1) * b->part : counts[i];

            assert_int_equal(strtoull(arena_text_of_bytes(&mem, b->items[k].end), NULL, 10), end);
            assert_int_equal(b->items[k].keys, end - k * b->part);
        }
    }
}

/* They end where pieces of keys do. */
static void
test_pieces_are_not_divided(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct removal_borders *b;

    assert_true(divide(&mem, 1000, 150, &b));
    assert_int_equal(b->count, 4);
    assert_int_equal(b->items[0].keys, 300);
    assert_int_equal(b->items[3].keys, 100);
    assert_true(divide(&mem, 1000, 400, &b));
    assert_int_equal(b->count, 3);
    assert_true(divide(&mem, 5000000, 300, &b));
    for (size_t k = 0; k < b->count; k++)
        assert_in_range(b->items[k].keys, 200, 600);
}

static void
test_parts_grow_when_they_must(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct removal_borders *b;

    assert_true(divide(&mem, 2000000, 1, &b));
    assert_int_equal(b->part, 200);
    assert_true(divide(&mem, 2000200, 1, &b));
    assert_int_equal(b->part, 400);
    assert_true(divide(&mem, 8000000, 1, &b));
    assert_int_equal(b->part, 800);
}

static void
test_too_many_are_not_divided(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct removal_borders *b;

    assert_false(divide(&mem, 9000000, 1, &b));
}

static void
test_nothing_has_no_parts(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct removal_borders *b;

    assert_true(divide(&mem, 0, 1, &b));
    assert_int_equal(b->count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_part_ends_at_its_border),
        cmocka_unit_test(test_pieces_are_not_divided),
        cmocka_unit_test(test_parts_grow_when_they_must),
        cmocka_unit_test(test_too_many_are_not_divided),
        cmocka_unit_test(test_nothing_has_no_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
