/* Work that is done side by side: all of it, no more at a time than was said, and each error in its place. */
#include "base/parallel.h"

#include <stdatomic.h>

#include "base/time.h"
#include "expect.h"

enum { COUNT = 200, WAIT_MS = 2 };

struct doing {
    atomic_size_t now, most;
    atomic_size_t times[COUNT];
};

static bool
work(void *context, size_t i, struct error *e)
{
    struct doing *doing = context;
    size_t now = atomic_fetch_add(&doing->now, 1) + 1;
    size_t most = atomic_load(&doing->most);

    while (now > most && !atomic_compare_exchange_weak(&doing->most, &most, now))
        ;
    time_sleep_ms(WAIT_MS);
    atomic_fetch_add(&doing->times[i], 1);
    atomic_fetch_sub(&doing->now, 1);
    return i % 50 != 7 || error_set(e, ERROR_REFUSED, "%zu", i);
}

static void
expect_all(size_t at_once, size_t least, size_t most)
{
    static struct error errors[COUNT];
    struct doing doing = {0};

    assert_false(parallel_each(COUNT, at_once, work, &doing, errors));
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(doing.times[i], 1);
        assert_int_equal(errors[i].code, i % 50 == 7 ? ERROR_REFUSED : ERROR_NONE);
    }
    assert_in_range(doing.most, least, most);
}

static void
test_all_of_it(void **state)
{
    (void)state;
    expect_all(1, 1, 1);
    expect_all(3, 2, 3);
    expect_all(PARALLEL_MOST, 2, PARALLEL_MOST);
    expect_all(PARALLEL_MOST + 100, 2, PARALLEL_MOST);
}

static void
test_nothing(void **state)
{
    struct doing doing = {0};

    (void)state;
    assert_true(parallel_each(0, PARALLEL_MOST, work, &doing, NULL));
    assert_int_equal(doing.most, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_it),
        cmocka_unit_test(test_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
