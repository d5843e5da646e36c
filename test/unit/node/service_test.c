#include "node/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/time.h"
#include "node/supervisor.h"

struct fixture {
    struct arena mem;
    const char *dir;
    struct service service;
    struct error e;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    const char *const argv[] = {"sh", "-c", "exec sleep 1000", NULL};
    const struct supervisor_program program = {.name = "m1", .argv = argv};
    struct supervisor_config config = {.programs = &program, .program_count = 1, .grace_ms = 100};

    f->dir = mkdtemp(arena_text(&f->mem, "/tmp/quorate-service-XXXXXX"));
    config.dir = f->dir;
    f->service = (struct service){.class = &service_process, .name = "m2", .place = f->dir};
    *state = f;
    return f->dir == NULL || !supervisor_start(&config, &f->e);
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    struct error e = ERROR_INIT;
    bool removed;

    if (!supervisor_shutdown(f->dir, &e))
        error_clear(&e);
    removed = tree_remove(f->dir, &e);
    arena_release(&f->mem);
    free(f);
    return removed ? 0 : 1;
}

static const char *
state_now(struct fixture *f)
{
    enum service_state state;

    assert_true(service_state(&f->service, &state, &f->e));
    return service_state_word(state);
}

static bool
is_down(struct fixture *f)
{
    bool down;

    assert_true(service_is_down(&f->service, &down, &f->e));
    return down;
}

static void
test_life_of_a_process(void **state)
{
    struct fixture *f = *state;
    const char *const argv[] = {"sh", "-c", "echo one; echo two; exec sleep 1000", NULL};

    assert_string_equal(state_now(f), "absent");
    assert_true(is_down(f));
    assert_true(service_stop(&f->service, &f->e));
    assert_true(service_uninstall(&f->service, &f->e));
    assert_false(service_start(&f->service, &f->e));
    assert_int_equal(f->e.code, ERROR_NOT_FOUND);
    assert_true(service_install(&f->service, argv, &f->e));
    assert_true(service_release(&f->service, &f->e));
    assert_string_equal(state_now(f), "stopped");
    assert_true(is_down(f));
    assert_true(service_start(&f->service, &f->e));
    assert_true(service_start(&f->service, &f->e));
    assert_string_equal(state_now(f), "running");
    assert_false(is_down(f));
    assert_false(service_uninstall(&f->service, &f->e));
    assert_int_equal(f->e.code, ERROR_CONFLICT);
    assert_true(service_stop(&f->service, &f->e));
    assert_true(service_uninstall(&f->service, &f->e));
    assert_string_equal(state_now(f), "absent");
}

static void
test_one_that_keeps_dying_is_not_down(void **state)
{
    struct fixture *f = *state;
    const char *const argv[] = {"sh", "-c", "exit 1", NULL};

    assert_true(service_install(&f->service, argv, &f->e));
    assert_true(service_start(&f->service, &f->e));
    while (strcmp(state_now(f), "failed") != 0)
        time_sleep_ms(5);
    assert_false(is_down(f));
    assert_true(service_stop(&f->service, &f->e));
    assert_true(is_down(f));
}

static void
test_last_lines_of_the_log(void **state)
{
    struct fixture *f = *state;
    const char *const argv[] = {"sh", "-c", "echo one; echo two; echo three; exec sleep 1000",
                                NULL};
    const char *text;

    assert_true(service_log_tail(&f->mem, &f->service, 2, &text, &f->e));
    assert_string_equal(text, "");
    assert_true(service_install(&f->service, argv, &f->e));
    assert_true(service_start(&f->service, &f->e));
    do {
        time_sleep_ms(5);
        assert_true(service_log_tail(&f->mem, &f->service, 9, &text, &f->e));
    } while (strcmp(text, "one\ntwo\nthree\n") != 0);
    assert_true(service_log_tail(&f->mem, &f->service, 2, &text, &f->e));
    assert_string_equal(text, "two\nthree\n");
}

static void
test_without_supervisor_all_is_down(void **state)
{
    struct fixture *f = *state;

    assert_true(supervisor_shutdown(f->dir, &f->e));
    assert_string_equal(state_now(f), "stopped");
    assert_true(is_down(f));
    assert_true(service_stop(&f->service, &f->e));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_life_of_a_process),
        TEST(test_one_that_keeps_dying_is_not_down),
        TEST(test_last_lines_of_the_log),
        TEST(test_without_supervisor_all_is_down),
    };

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
