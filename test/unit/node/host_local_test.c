/* This host, without ssh: the same words and errors as over ssh (host_ssh_test.c). */
#include <string.h>

#include "base/evidence.h"
#include "base/time.h"
#include "expect.h"
#include "node/host/host.h"

#define ARGV(...)    ((const char *const[]){__VA_ARGS__, NULL})
#define COMMAND(...) (&(const struct host_command){.argv = ARGV(__VA_ARGS__)})

static struct host *
local(struct arena *mem)
{
    struct host *host;
    struct error e = ERROR_INIT;

    EXPECT_OK(host_open(mem, "local:", NULL, &host, &e));
    return host;
}

static void
test_command(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct host *host = local(&tmp);
    struct host_result result;
    struct error e = ERROR_INIT;

    (void)state;
    assert_string_equal(host_name(host), "local");
    assert_string_equal(host_url(host), "local:");
    assert_true(host_is_local(host));
    assert_true(strlen(host_user(host)) > 0);
    EXPECT_OK(
        host_run(&tmp, host,
                 &(struct host_command){
                     .argv = ARGV("sh", "-c", "cat; pwd; echo $1 >&2; exit 255", "sh", "it's"),
                     .input = BYTES_LITERAL("a\0b\n")},
                 &result, &e));
    assert_int_equal(result.exit_code, 255);
    assert_true(bytes_equal(result.out, BYTES_LITERAL("a\0b\n/\n")));
    assert_string_equal((const char *)result.err.data, "it's\n");
    assert_false(result.cut);
    EXPECT_OK(host_run(&tmp, host,
                       &(struct host_command){.argv = ARGV("echo", "12345"), .output_most = 3},
                       &result, &e));
    assert_true(result.cut);
    assert_string_equal((const char *)result.out.data, "123");
}

static void
test_failures(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct host *host = local(&tmp);
    struct host_result result;
    struct host *other;
    struct error e = ERROR_INIT;
    int64_t begin = time_monotonic_ms();

    (void)state;
    EXPECT_ERROR(host_open(&tmp, "db1", NULL, &other, &e), ERROR_USAGE,
                 "'db1' is neither local: nor ssh://[USER@]HOST[:PORT]");
    EXPECT_ERROR(host_run(&tmp, host, COMMAND("no-such-program"), &result, &e), ERROR_NOT_FOUND,
                 "local: there is no 'no-such-program'");
    EXPECT_ERROR(host_run_well(&tmp, host,
                               COMMAND("sh", "-c", "echo first >&2; echo last >&2; exit 7"),
                               &result, &e),
                 ERROR_FAILED, "local: last");
    EXPECT_ERROR(host_run_well(&tmp, host,
                               COMMAND("sh", "-c",
                                       "echo 'cat: /proc/7/environ: No such process' >&2; exit 1"),
                               &result, &e),
                 ERROR_NOT_FOUND, "local: cat: /proc/7/environ: No such process");
    EXPECT_ERROR(
        host_run(&tmp, host,
                 &(struct host_command){.argv = ARGV("sh", "-c", "trap '' TERM; sleep 9; sleep 9"),
                                        .timeout_ms = 200},
                 &result, &e),
        ERROR_TIMEOUT, "local: 'sh' took longer than 200 ms, and was ended");
    assert_string_equal(e.cause, "command-timeout");
    assert_true(time_monotonic_ms() - begin < 60000);
}

/* What it prints last is what an error quotes, however much it prints. */
static void
test_error_that_is_long(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_result result;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(host_run(
        &tmp, local(&tmp),
        COMMAND("sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x >&2; echo '\nlast' >&2"),
        &result, &e));
    assert_true(result.err.size >= 32768 && result.err.size <= 65536 + 4096);
    assert_string_equal((const char *)result.err.data + result.err.size - 5, "last\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_error_that_is_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
