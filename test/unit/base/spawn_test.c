#include "base/spawn.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/interrupt.h"
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

/* A flow that counts, and whose input waits for the program's first word. */
struct counted {
    size_t in_left;
    size_t out_size;
    size_t err_size;
    bool spoke;
    bool refuses;
};

static bool
counted_input(void *context, void *ret_data, size_t most, size_t *ret_size, bool *ret_wait,
              struct error *e)
{
    struct counted *c = context;

    (void)e;
    *ret_wait = !c->spoke;
    *ret_size = 0;
    if (!c->spoke)
        return true;
    *ret_size = c->in_left < most ? c->in_left : most;
    memset(ret_data, 'x', *ret_size);
    c->in_left -= *ret_size;
    return true;
}

static bool
counted_output(void *context, bool is_error, struct bytes part, struct error *e)
{
    struct counted *c = context;

    c->spoke = true;
    *(is_error ? &c->err_size : &c->out_size) += part.size;
    return !c->refuses || error_set(e, ERROR_NO_SPACE, "no more");
}

#define COUNTED_FLOW(counted, stall)                                                               \
    ((const struct spawn_flow){.context = (counted),                                               \
                               .input = counted_input,                                             \
                               .output = counted_output,                                           \
                               .stall_ms = (stall)})

/* 300 MB through a program, in memory that does not grow with them. */
static void
test_flow_of_much(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct spawn_request request = shell(SHELL("echo ready; exec cat"));
    struct counted counted = {.in_left = 300 << 20};
    struct spawn_flow flow = COUNTED_FLOW(&counted, 10000);
    struct spawn_result result;
    struct error e = ERROR_INIT;

    (void)state;
    request.flow = &flow;
    assert_true(spawn_run(&tmp, &request, &result, &e));
    assert_int_equal(result.exit_code, 0);
    assert_int_equal(counted.out_size, (300 << 20) + strlen("ready\n"));
    assert_int_equal(result.out.size, 0);
}

static void
test_flow_waits_for_a_word(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    /* What is read before the first word would be the rest of the input's. */
    struct spawn_request request =
        shell(SHELL("timeout 0.3 cat >/dev/null; echo ready >&2; exec cat"));
    struct counted counted = {.in_left = 10};
    struct spawn_flow flow = COUNTED_FLOW(&counted, 10000);
    struct spawn_result result;
    struct error e = ERROR_INIT;

    (void)state;
    request.flow = &flow;
    assert_true(spawn_run(&tmp, &request, &result, &e));
    assert_int_equal(counted.out_size, 10);
    assert_int_equal(counted.err_size, strlen("ready\n"));
}

static void
test_flow_that_stalls(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct spawn_request request = shell(SHELL("echo ready; exec sleep 100"));
    struct counted counted = {.in_left = 1 << 30};
    struct spawn_flow flow = COUNTED_FLOW(&counted, 300);
    struct spawn_result result;
    struct error e = ERROR_INIT;
    int64_t begin = time_monotonic_ms();

    (void)state;
    request.flow = &flow;
    assert_false(spawn_run(&tmp, &request, &result, &e));
    assert_int_equal(e.code, ERROR_TIMEOUT);
    assert_string_equal(e.text, "nothing has moved through 'sh' for 300 ms");
    assert_true(time_monotonic_ms() - begin < 15000);
}

static void
test_flow_that_fails(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct spawn_request request = shell(SHELL("echo ready; exec sleep 100"));
    struct counted counted = {.refuses = true};
    struct spawn_flow flow = COUNTED_FLOW(&counted, 0);
    struct spawn_result result;
    struct error e = ERROR_INIT;

    (void)state;
    request.flow = &flow;
    assert_false(spawn_run(&tmp, &request, &result, &e));
    assert_int_equal(e.code, ERROR_NO_SPACE);
    assert_string_equal(e.text, "no more");
}

static void
test_interrupt_ends_it(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct spawn_request request = shell(SHELL("exec sleep 100"));
    struct spawn_result result;
    struct error e = ERROR_INIT;

    (void)state;
    request.interruptible = true;
    interrupt_begin();
    raise(SIGINT);
    assert_false(spawn_run(&tmp, &request, &result, &e));
    interrupt_end();
    assert_int_equal(e.code, ERROR_CANCELLED);
    assert_string_equal(e.text, "interrupted");
}

/* A program that closes its input early raises SIGPIPE, which is none of the process's. */
static void
test_closed_input_raises_nothing(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct spawn_request request = shell(SHELL("exec 0<&-; sleep 0.2; echo done"));
    struct spawn_result result;
    struct error e = ERROR_INIT;
    sigset_t pending;

    (void)state;
    request.input = bytes_of(arena_zero(&tmp, 1 << 20), 1 << 20);
    assert_true(spawn_run(&tmp, &request, &result, &e));
    assert_string_equal((const char *)result.out.data, "done\n");
    sigpending(&pending);
    assert_int_equal(sigismember(&pending, SIGPIPE), 0);
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
        cmocka_unit_test(test_flow_of_much),
        cmocka_unit_test(test_flow_waits_for_a_word),
        cmocka_unit_test(test_flow_that_stalls),
        cmocka_unit_test(test_flow_that_fails),
        cmocka_unit_test(test_interrupt_ends_it),
        cmocka_unit_test(test_closed_input_raises_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
