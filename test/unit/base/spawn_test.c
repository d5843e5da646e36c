#include "base/spawn.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"

enum { OUTPUT_MAX = 100000 };

static struct spawn_request
shell(const char *const argv[4])
{
    return (struct spawn_request){.argv = argv, .timeout_ms = 20000, .output_max = OUTPUT_MAX};
}

#define SHELL(script) ((const char *const[4]){"sh", "-c", (script), NULL})

static void
test_output_and_exit_code(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct spawn_request request = shell(SHELL("cat; echo err >&2; exit 3"));
    struct spawn_result result;
    struct error e = ERROR_INIT;

    (void)state;
    request.input = BYTES_LITERAL("to stdin");
    assert_true(spawn_run(&tmp, &request, &result, &e));
    assert_int_equal(result.exit_code, 3);
    assert_int_equal(result.signal, 0);
    assert_string_equal((const char *)result.out.data, "to stdin");
    assert_string_equal((const char *)result.err.data, "err\n");
    assert_false(result.cut);
}

/* More than a pipe holds, both ways at once. */
static void
test_large_input_and_output(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct spawn_request request = shell(SHELL("tee /dev/stderr"));
    struct spawn_result result;
    struct error e = ERROR_INIT;
    uint8_t *data = arena_zero(&tmp, 1 << 20);

    (void)state;
    request.input = bytes_of(data, 1 << 20);
    assert_true(spawn_run(&tmp, &request, &result, &e));
    assert_int_equal(result.exit_code, 0);
    assert_int_equal(result.out.size, OUTPUT_MAX);
    assert_int_equal(result.err.size, OUTPUT_MAX);
    assert_true(result.cut);
}

static void
test_child_that_does_not_read_its_input(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct spawn_request request = shell(SHELL("exec 0<&-; echo done"));
    struct spawn_result result;
    struct error e = ERROR_INIT;

    (void)state;
    request.input = bytes_of(arena_zero(&tmp, 1 << 20), 1 << 20);
    assert_true(spawn_run(&tmp, &request, &result, &e));
    assert_string_equal((const char *)result.out.data, "done\n");
}

static void
test_timeout_kills_the_group(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct spawn_request request = shell(SHELL("sleep 100 & sleep 100"));
    struct spawn_result result;
    struct error e = ERROR_INIT;

    (void)state;
    request.timeout_ms = 50;
    assert_false(spawn_run(&tmp, &request, &result, &e));
    assert_int_equal(e.code, ERROR_TIMEOUT);
    assert_string_equal(e.text, "'sh' has not ended after 50 ms");
}

/* A grandchild that keeps the streams open is not waited for. */
static void
test_grandchild_holds_the_streams(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct spawn_request request = shell(SHELL("sleep 60 & echo $!"));
    struct spawn_result result;
    struct error e = ERROR_INIT;
    int64_t start = time_monotonic_ms();

    (void)state;
    assert_true(spawn_run(&tmp, &request, &result, &e));
    assert_true(time_monotonic_ms() - start < 20000);
    kill((pid_t)strtol((const char *)result.out.data, NULL, 10), SIGKILL);
}

static void
test_signal_is_told(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct spawn_request request = shell(SHELL("kill -9 $$"));
    struct spawn_result result;
    struct error e = ERROR_INIT;

    (void)state;
    assert_true(spawn_run(&tmp, &request, &result, &e));
    assert_int_equal(result.exit_code, 137);
    assert_int_equal(result.signal, SIGKILL);
    assert_string_equal(spawn_status_text(&tmp, SIGKILL), "killed by SIGKILL");
    assert_string_equal(spawn_status_text(&tmp, 2 << 8), "exit code 2");
}

static void
test_environment_and_folder(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const env[] = {"A=b", NULL};
    struct spawn_request request = shell(SHELL("echo $A; pwd"));
    struct spawn_result result;
    struct error e = ERROR_INIT;

    (void)state;
    request.env = env;
    request.dir = "/usr";
    assert_true(spawn_run(&tmp, &request, &result, &e));
    assert_string_equal((const char *)result.out.data, "b\n/usr\n");
}

static void
test_program_that_cannot_be_run(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const argv[4] = {"no-such-program", NULL};
    const char *const etc[4] = {"/etc", NULL};
    struct spawn_request request = shell(argv);
    struct spawn_result result;
    struct error e = ERROR_INIT;

    (void)state;
    assert_false(spawn_run(&tmp, &request, &result, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_string_equal(e.text, "run 'no-such-program': No such file or directory");
    request = shell(etc);
    assert_false(spawn_run(&tmp, &request, &result, &e));
    assert_int_equal(e.code, ERROR_PERMISSION);
    assert_string_equal(e.text, "run '/etc': Permission denied");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_and_exit_code),
        cmocka_unit_test(test_large_input_and_output),
        cmocka_unit_test(test_child_that_does_not_read_its_input),
        cmocka_unit_test(test_timeout_kills_the_group),
        cmocka_unit_test(test_grandchild_holds_the_streams),
        cmocka_unit_test(test_signal_is_told),
        cmocka_unit_test(test_environment_and_folder),
        cmocka_unit_test(test_program_that_cannot_be_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
