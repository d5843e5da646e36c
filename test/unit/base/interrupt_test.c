#include "base/interrupt.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_a_signal_is_a_question_once(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    interrupt_end(); /* without a begin */
    assert_true(interrupt_check(&e));
    interrupt_die(); /* none came */
    for (int i = 0; i < 2; i++) {
        int number = i == 0 ? SIGINT : SIGTERM;
        struct sigaction now;

        interrupt_begin();
        assert_true(interrupt_check(&e));
        raise(number);
        assert_false(interrupt_check(&e));
        assert_int_equal(e.code, ERROR_CANCELLED);
        assert_string_equal(e.text, "interrupted");
        /* The second one would end the process. */
        sigaction(number, NULL, &now);
        assert_true(now.sa_handler == SIG_DFL);
        interrupt_end();
    }
}

static void
test_what_is_ignored_stays_ignored(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    signal(SIGINT, SIG_IGN);
    interrupt_begin();
    raise(SIGINT);
    assert_true(interrupt_check(&e));
    interrupt_end();
    signal(SIGINT, SIG_DFL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signal_is_a_question_once),
        cmocka_unit_test(test_what_is_ignored_stays_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
