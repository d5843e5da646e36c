#include "expect.h"

#include <signal.h>

#include "base/thread.h"

struct seen {
    pthread_t id;
    sigset_t blocked;
    int value;
};

static void
look(void *context)
{
    struct seen *seen = context;

    seen->id = pthread_self();
    pthread_sigmask(SIG_SETMASK, NULL, &seen->blocked);
    seen->value = 42;
}

static void
test_it_runs_beside_and_takes_no_signals(void **state)
{
    struct seen seen = {0};
    sigset_t before, after;
    struct thread t;

    (void)state;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_true(thread_start(&t, look, &seen));
    thread_join(&t);
    thread_join(&t); /* twice is fine */
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(seen.value, 42);
    assert_false(pthread_equal(seen.id, pthread_self()));
    assert_int_equal(sigismember(&seen.blocked, SIGINT), 1);
    assert_int_equal(sigismember(&seen.blocked, SIGTERM), 1);
    assert_int_equal(sigismember(&seen.blocked, SIGBUS), 0);
    assert_int_equal(sigismember(&after, SIGINT), sigismember(&before, SIGINT));
}

static void
test_there_is_a_processor(void **state)
{
    (void)state;
    assert_true(thread_processors() >= 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_runs_beside_and_takes_no_signals),
        cmocka_unit_test(test_there_is_a_processor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
