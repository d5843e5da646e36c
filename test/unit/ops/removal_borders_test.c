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
expect_parts(uint64_t keys, uint64_t piece, size_t count, uint64_t least, uint64_t most)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct removal_borders *b;
    uint64_t before = 0;

    assert_true(divide(&mem, keys, piece, &b));
    assert_int_equal(b->count, count);
    for (size_t k = 0; k < b->count; k++) {
        uint64_t end = strtoull(arena_text_of_bytes(&mem, b->items[k].end), NULL, 10);

        assert_int_equal(b->items[k].keys, end - before);
        assert_in_range(b->items[k].keys, k + 1 < b->count ? least : 1, most);
        before = end;
    }
    assert_int_equal(before, keys);
}

static void
test_small_pieces_are_joined(UNUSED void **state)
{
    expect_parts(1, 1, 1, 1, 1);
    expect_parts(99, 1, 1, 99, 99);
    expect_parts(100, 1, 1, 100, 100);
    expect_parts(101, 1, 2, 100, 100);
    expect_parts(183554, 1, 1836, 100, 100);
    expect_parts(1000, 60, 9, 120, 120);
}

/* They end where pieces of keys do. */
static void
test_pieces_are_not_divided(UNUSED void **state)
{
    expect_parts(1000, 400, 3, 400, 400);
    expect_parts(6000, 600, 10, 600, 600);
}

static void
test_a_large_piece_is_a_part_of_its_own(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct removal_borders *b = arena_zero(&mem, sizeof(*b));

    removal_borders_begin(b, &mem);
    removal_borders_add(b, BYTES_LITERAL("b"), 80);
    removal_borders_add(b, BYTES_LITERAL("c"), 550);
    removal_borders_add(b, BYTES_LITERAL("d"), 10);
    assert_true(removal_borders_end(b));
    assert_int_equal(b->count, 3);
    assert_int_equal(b->items[0].keys, 80);
    assert_true(bytes_equal_text(b->items[0].end, "b"));
    assert_int_equal(b->items[1].keys, 550);
    assert_int_equal(b->items[2].keys, 10);
}

static void
test_too_many_are_not_divided(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct removal_borders *b;

    assert_true(divide(&mem, REMOVAL_PART_LEAST * (uint64_t)REMOVAL_BORDERS_MOST, 50, &b));
    assert_false(divide(&mem, REMOVAL_PART_LEAST * (uint64_t)REMOVAL_BORDERS_MOST + 1, 50, &b));
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
        cmocka_unit_test(test_small_pieces_are_joined),
        cmocka_unit_test(test_pieces_are_not_divided),
        cmocka_unit_test(test_a_large_piece_is_a_part_of_its_own),
        cmocka_unit_test(test_too_many_are_not_divided),
        cmocka_unit_test(test_nothing_has_no_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
