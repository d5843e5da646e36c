#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_array_keeps_items_while_growing(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    ARRAY(int) numbers = ARRAY_INIT;

    (void)state;
    for (int i = 0; i < 1000; i++)
        *ARRAY_PUSH(&tmp, &numbers) = i;
    assert_int_equal(numbers.count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers.items[i], i);
}

static void
test_pieces_are_aligned_and_apart(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    uint8_t *pieces[200];

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = arena_alloc(&tmp, i * 37);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)i, i * 37);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t k = 0; k < i * 37; k++)
            assert_int_equal(pieces[i][k], i);
    }
}

static void
count_up(void *subject)
{
    (*(int *)subject)++;
}

static void
test_release_runs_cleanups_and_starts_anew(void **state)
{
    struct arena tmp = ARENA_INIT;
    int ran = 0;

    (void)state;
    arena_on_release(&tmp, count_up, &ran);
    arena_on_release(&tmp, count_up, &ran);
    arena_release(&tmp);
    assert_int_equal(ran, 2);
    assert_string_equal(arena_printf(&tmp, "%s-%d", "a", 7), "a-7");
    arena_release(&tmp);
    assert_int_equal(ran, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_array_keeps_items_while_growing),
        cmocka_unit_test(test_pieces_are_aligned_and_apart),
        cmocka_unit_test(test_release_runs_cleanups_and_starts_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
