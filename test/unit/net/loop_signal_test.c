/* A signal becomes an event of the loop; the mask is as it was afterwards, and what was ignored stays so. */
#include "expect.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "net/loop_signal.h"

struct watched {
    struct loop loop;
    struct loop_signal signal;
    bool came;
    unsigned times;
};

static void
signal_came(void *context)
{
    struct watched *w = context;

    w->came = true;
    w->times++;
}

static bool
is_blocked(int number)
{
    sigset_t now;

    assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &now), 0);
    return sigismember(&now, number) == 1;
}

static void
begin(struct watched *w)
{
    struct error e;

    memset(w, 0, sizeof(*w));
    loop_init(&w->loop);
    EXPECT_OK(loop_signal_begin(&w->signal, &w->loop, signal_came, w, &e));
}

static void
end(struct watched *w)
{
    loop_signal_end(&w->signal);
    loop_release(&w->loop);
    assert_false(is_blocked(SIGINT));
    assert_false(is_blocked(SIGTERM));
}

static void
a_signal_is_an_event(void **state UNUSED)
{
    struct watched w;

    begin(&w);
    assert_true(is_blocked(SIGTERM));
    kill(getpid(), SIGTERM);
    assert_true(loop_run(&w.loop, &w.came, LOOP_FOREVER));
    assert_int_equal(w.signal.caught, SIGTERM);
    assert_int_equal(w.times, 1);
    /* The next one ends us. */
    assert_false(is_blocked(SIGTERM));
    end(&w);
}

static void
without_a_signal_nothing_comes(void **state UNUSED)
{
    struct watched w;

    begin(&w);
    assert_false(loop_run(&w.loop, &w.came, time_monotonic_ms() + 20));
    assert_int_equal(w.signal.caught, 0);
    end(&w);
}

static void
what_is_ignored_stays_ignored(void **state UNUSED)
{
    struct watched w;

    signal(SIGINT, SIG_IGN);
    begin(&w);
    assert_false(is_blocked(SIGINT));
    kill(getpid(), SIGINT);
    assert_false(loop_run(&w.loop, &w.came, time_monotonic_ms() + 20));
    end(&w);
    signal(SIGINT, SIG_DFL);
}

static void
the_process_dies_by_it(void **state UNUSED)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct loop_signal s = {.caught = SIGINT};

        loop_signal_die(&s);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_is_an_event),
        cmocka_unit_test(without_a_signal_nothing_comes),
        cmocka_unit_test(what_is_ignored_stays_ignored),
        cmocka_unit_test(the_process_dies_by_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
