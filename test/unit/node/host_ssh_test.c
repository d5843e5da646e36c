/* Commands by way of a real sshd: what arrives, what comes back, and all the ways it goes wrong. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/evidence.h"
#include "base/io.h"
#include "base/time.h"
#include "expect.h"
#include "node/host/host.h"
#include "node/host/host_way.h"
#include "sshd.h"

static struct sshd sshd;

#define NEEDS_SSHD()                                                                               \
    do {                                                                                           \
        if (sshd.why_not != NULL) {                                                                \
            printf("skipped: %s\n", sshd.why_not);                                                 \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

#define ARGV(...)    ((const char *const[]){__VA_ARGS__, NULL})
#define COMMAND(...) (&(const struct host_command){.argv = ARGV(__VA_ARGS__)})

static int
group_setup(void **state)
{
    (void)state;
    sshd_start(&sshd);
    return 0;
}

static int
group_teardown(void **state)
{
    (void)state;
    sshd_stop(&sshd);
    return 0;
}

static bool
open_named(struct arena *mem, const char *url, struct host **ret_host, struct error *e)
{
    struct host_options options = sshd_options(&sshd);

    options.connect_timeout_ms = 2000;
    return host_open(mem, url, &options, ret_host, e);
}

static void
test_command(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host *host;
    struct host_result result;
    struct error e = ERROR_INIT;

    NEEDS_SSHD();
    (void)state;
    host = sshd_host(&tmp, &sshd, "box");
    assert_string_equal(host_name(host), "box");
    assert_true(strlen(host_user(host)) > 0);
    assert_false(host_is_local(host));
    EXPECT_OK(host_run(&tmp, host,
                       &(struct host_command){.argv = ARGV("sh", "-c", "cat; echo err >&2; exit 3"),
                                              .input = BYTES_LITERAL("a\0b\xff")},
                       &result, &e));
    assert_int_equal(result.exit_code, 3);
    assert_true(bytes_equal(result.out, BYTES_LITERAL("a\0b\xff")));
    assert_string_equal((const char *)result.err.data, "err\n");
    assert_true(result.asked_ms > 0 && result.told_ms >= result.asked_ms);
}

/* ssh's own failure is 255, and so may a command's be. */
static void
test_exit_codes(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    static const char *const codes[] = {"0", "1", "124", "126", "127", "137", "254", "255"};
    struct host *host;
    struct host_result result;
    struct error e = ERROR_INIT;

    NEEDS_SSHD();
    (void)state;
    host = sshd_host(&tmp, &sshd, "box");
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        EXPECT_OK(
            host_run(&tmp, host, COMMAND("sh", "-c", "exit \"$1\"", "sh", codes[i]), &result, &e));
        assert_string_equal(arena_printf(&tmp, "%d", result.exit_code), codes[i]);
    }
    EXPECT_OK(host_run(&tmp, host, COMMAND("sh", "-c", "kill -9 $$"), &result, &e));
    assert_int_equal(result.exit_code, 137);
}

static void
test_arguments_survive_every_shell(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    static const char *const shells[] = {"box", "noisy", "bash", "zsh", "fish", "csh"};
    static const char *const programs[] = {"/bin/sh",  "/bin/sh",       "/bin/bash",
                                           "/bin/zsh", "/usr/bin/fish", "/bin/csh"};
    struct host_result result;
    struct error e = ERROR_INIT;

    NEEDS_SSHD();
    (void)state;
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (access(programs[i], X_OK) != 0) {
            printf("not tried, for there is none: %s\n", programs[i]);
            continue;
        }
        EXPECT_OK(host_run(&tmp, sshd_host(&tmp, &sshd, shells[i]),
                           COMMAND("printf", "%s|", "", "a b", "it's", "$HOME `id` \"x\" !! \\",
                                   "\n\xff\x81\n", "*"),
                           &result, &e));
        if (!bytes_equal_text(result.out, "|a b|it's|$HOME `id` \"x\" !! \\|\n\xff\x81\n|*|"))
            fail_msg("%s: '%s' '%s'", shells[i], (const char *)result.out.data,
                     (const char *)result.err.data);
        assert_string_equal((const char *)result.err.data, "");
    }
}

/* The files of the login shell print on both streams and read what they can get. */
static void
test_hostile_login_shell(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_result result;
    struct error e = ERROR_INIT;

    NEEDS_SSHD();
    (void)state;
    EXPECT_OK(host_run(&tmp, sshd_host(&tmp, &sshd, "noisy"),
                       &(struct host_command){.argv = ARGV("sh", "-c", "cat; echo err >&2"),
                                              .input = BYTES_LITERAL("all of the input")},
                       &result, &e));
    assert_string_equal((const char *)result.out.data, "all of the input");
    assert_string_equal((const char *)result.err.data, "err\n");
}

static void
test_login_shell_that_runs_nothing(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host *host;
    struct error e = ERROR_INIT;

    NEEDS_SSHD();
    (void)state;
    EXPECT_ERROR(open_named(&tmp, "ssh://operator@nologin", &host, &e), ERROR_AUTH,
                 "nologin: user 'operator' may not log in: Permission denied (publickey)");
    EXPECT_ERROR(
        open_named(&tmp, "ssh://nologin", &host, &e), ERROR_FAILED,
        "nologin: the login shell of user 'of ssh's configuration' ended with exit code 1 and "
        "did not run the command; it printed: This account is currently not available. ");
    assert_string_equal(e.cause, "login-shell");
}

static void
test_connections_that_fail(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    static const struct {
        const char *url;
        enum error_code code;
        const char *cause;
        const char *text;
        const char *hint;
    } cases[] = {
        {"ssh://stranger", ERROR_AUTH, "host-key-unknown",
         "stranger: its host key is not known here", "ssh stranger"},
        {"ssh://impostor", ERROR_AUTH, "host-key-changed", "impostor_hosts:1", "ssh-keygen -f \""},
        {"ssh://keyless", ERROR_AUTH, "permission-denied",
         "may not log in: Permission denied (publickey)", "/keyless ED25519 SHA256:"},
        {"ssh://nobody", ERROR_CONNECTION, "refused", "Connection refused", "sshd"},
        {"ssh://quorate-test.invalid", ERROR_CONNECTION, "name-not-found",
         "quorate-test.invalid: ssh: Could not resolve hostname", "HostName"},
    };
    struct host *host;
    struct error e;

    NEEDS_SSHD();
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        e = (struct error)ERROR_INIT;
        assert_false(open_named(&tmp, cases[i].url, &host, &e));
        if (e.code != cases[i].code || e.cause == NULL || strcmp(e.cause, cases[i].cause) != 0 ||
            strstr(e.text, cases[i].text) == NULL || strstr(e.hint, cases[i].hint) == NULL)
            fail_msg("%s: %s [%s] hint: %s", cases[i].url, e.text, e.cause, e.hint);
    }
}

static void
test_command_that_is_not_there(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host *host;
    struct host_result result;
    struct error e = ERROR_INIT;

    NEEDS_SSHD();
    (void)state;
    host = sshd_host(&tmp, &sshd, "box");
    EXPECT_ERROR(host_run(&tmp, host, COMMAND("no-such-program", "x"), &result, &e),
                 ERROR_NOT_FOUND, "box: there is no 'no-such-program'");
    EXPECT_ERROR(
        host_run(&tmp, host, COMMAND("/etc"), &result, &e), ERROR_PERMISSION,
        "box: '/etc' cannot be run: timeout: failed to run command '/etc': Permission denied");
    EXPECT_ERROR(host_run_well(&tmp, host, COMMAND("cat", "/no/such"), &result, &e),
                 ERROR_NOT_FOUND, "box: cat: /no/such: No such file or directory");
    EXPECT_ERROR(host_run_well(&tmp, host, COMMAND("false"), &result, &e), ERROR_FAILED,
                 "box: exit code 1");
}

static void
test_arguments_that_are_too_long(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    char *word = arena_zero(&tmp, 131072);
    struct host_result result;
    struct error e = ERROR_INIT;

    NEEDS_SSHD();
    (void)state;
    memset(word, 'x', 131000);
    EXPECT_ERROR(host_run(&tmp, sshd_host(&tmp, &sshd, "box"), COMMAND("echo", word), &result, &e),
                 ERROR_LIMIT, "box: the arguments of 'echo' are too long for a command line");
}

static bool
process_lives(const char *pid_file)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes text;
    struct error e = ERROR_INIT;
    pid_t pid;

    EXPECT_OK(file_read_all(&tmp, pid_file, 100, &text, &e));
    pid = (pid_t)strtol((const char *)text.data, NULL, 10);
    return kill(pid, 0) == 0;
}

/* It takes no SIGTERM, nor does what it has started: both are gone when the error is told. */
static void
test_time_that_is_over(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_result result;
    struct error e = ERROR_INIT;
    struct host_command command = {.timeout_ms = 300};
    const char *script;
    int64_t begin = time_monotonic_ms();

    NEEDS_SSHD();
    (void)state;
    script = arena_printf(&tmp, "trap '' TERM; echo $$ >%s/pid; sleep 1000; sleep 1000", sshd.dir);
    command.argv = ARGV("sh", "-c", script);
    EXPECT_ERROR(host_run(&tmp, sshd_host(&tmp, &sshd, "box"), &command, &result, &e),
                 ERROR_TIMEOUT, "box: 'sh' took longer than 300 ms, and was ended");
    assert_string_equal(e.cause, "command-timeout");
    assert_true(time_monotonic_ms() - begin < 30000);
    for (int i = 0; i < 50 && process_lives(arena_printf(&tmp, "%s/pid", sshd.dir)); i++)
        time_sleep_ms(100);
    assert_false(process_lives(arena_printf(&tmp, "%s/pid", sshd.dir)));
}

/* The host takes our bytes no more. */
static void
test_input_that_stalls(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_result result;
    struct error e = ERROR_INIT;
    struct host_command command = {
        .argv = ARGV("sleep", "20"), .timeout_ms = 30000, .stall_ms = 700};

    NEEDS_SSHD();
    (void)state;
    command.input = bytes_of(arena_zero(&tmp, 16 << 20), 16 << 20);
    EXPECT_ERROR(host_run(&tmp, sshd_host(&tmp, &sshd, "box"), &command, &result, &e),
                 ERROR_TIMEOUT, "box: nothing has moved to or from 'sleep' for 700 ms");
    assert_string_equal(e.cause, "unanswered");
    assert_string_equal(e.hint,
                        "whether it ran is not known; it ends there after 35.0 s at the latest");
}

/* Ends the ancestor that serves the connection: a child of the sshd whose pid is $1. */
static const char ends_its_connection[] = "p=$PPID\n"
                                          "while [ \"$p\" -gt 1 ]; do\n"
                                          "    n=$(cut -d' ' -f4 /proc/$p/stat)\n"
                                          "    [ $n -ne \"$1\" ] || kill -9 $p\n"
                                          "    p=$n\n"
                                          "done\n"
                                          "sleep 5\n";

static void
test_connection_that_breaks(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host *host;
    struct host_result result;
    struct error e = ERROR_INIT;

    NEEDS_SSHD();
    (void)state;
    host = sshd_host(&tmp, &sshd, "box");
    assert_false(
        host_run(&tmp, host,
                 COMMAND("sh", "-c", ends_its_connection, "sh", arena_printf(&tmp, "%d", sshd.pid)),
                 &result, &e));
    assert_int_equal(e.code, ERROR_CONNECTION);
    assert_non_null(strstr(e.text, "the connection was lost while 'sh' ran"));
    assert_string_equal(e.cause, "connection-lost");
    /* The next one connects anew. */
    EXPECT_OK(host_run_well(&tmp, host, COMMAND("true"), &result, &e));
}

static void
sudo_pretend(const char *said)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = arena_printf(&tmp, "%s/bin", sshd.dir);

    EXPECT_OK(dir_make(dir, 0755, &e));
    EXPECT_OK(file_replace(path_join(&tmp, dir, "sudo"),
                           bytes_of_text(arena_printf(&tmp, "#!/bin/sh\n%s\n", said)), 0700, &e));
}

/* A sudo of the test's own stands before the system's: it says what sudo 1.9 says. */
static void
test_sudo(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host root;
    struct host_result result;
    struct error e = ERROR_INIT;

    NEEDS_SSHD();
    (void)state;
    root = *sshd_host(&tmp, &sshd, "box");
    root.become = true;
    root.login = "op";
    sudo_pretend("shift 2; echo by sudo; exec \"$@\"");
    EXPECT_OK(host_run_well(&tmp, &root, COMMAND("echo", "a b"), &result, &e));
    assert_string_equal((const char *)result.out.data, "by sudo\na b\n");
    EXPECT_OK(host_run_well(
        &tmp, &root, &(struct host_command){.argv = ARGV("echo", "c"), .as_login_user = true},
        &result, &e));
    assert_string_equal((const char *)result.out.data, "c\n");
    sudo_pretend("echo 'sudo: a password is required' >&2; exit 1");
    EXPECT_ERROR(host_run(&tmp, &root, COMMAND("id"), &result, &e), ERROR_PERMISSION,
                 "box: sudo wants a password from user 'op'");
    assert_string_equal(e.cause, "sudo-password");
    assert_non_null(strstr(e.hint, "op ALL=(ALL) NOPASSWD: ALL"));
    sudo_pretend("echo 'op is not in the sudoers file.' >&2; exit 1");
    EXPECT_ERROR(host_run(&tmp, &root, COMMAND("id"), &result, &e), ERROR_PERMISSION,
                 "box: sudo does not let user 'op' become root: op is not in the sudoers file.");
    sudo_pretend("echo 'sh: 1: sudo: not found' >&2; exit 127");
    EXPECT_ERROR(host_run(&tmp, &root, COMMAND("id"), &result, &e), ERROR_NOT_FOUND,
                 "box: there is no 'sudo'");
}

/* The first command connects; the others share it, even without the folder's being writable. */
static void
test_connection_is_shared(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char **names;
    size_t count;
    struct error e = ERROR_INIT;

    NEEDS_SSHD();
    (void)state;
    sshd_host(&tmp, &sshd, "box");
    EXPECT_OK(dir_list(&tmp, sshd.runtime_dir, &names, &count, &e));
    assert_true(count > 0);
    assert_int_equal(strlen(names[0]), 16);
}

static void
test_runtime_folder_of_others(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_options options;
    struct host *host;
    struct error e = ERROR_INIT;

    NEEDS_SSHD();
    (void)state;
    options = sshd_options(&sshd);
    options.runtime_dir = "/tmp";
    EXPECT_ERROR(host_open(&tmp, "ssh://box", &options, &host, &e), ERROR_PERMISSION,
                 "'/tmp', for the sockets of ssh, is not a folder of ours alone");
    options.runtime_dir = arena_printf(&tmp, "%s/%0*d", sshd.dir, 80, 0);
    EXPECT_OK(host_open(&tmp, "ssh://box", &options, &host, &e));
    assert_null(host->control);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_arguments_survive_every_shell),
        cmocka_unit_test(test_hostile_login_shell),
        cmocka_unit_test(test_login_shell_that_runs_nothing),
        cmocka_unit_test(test_connections_that_fail),
        cmocka_unit_test(test_command_that_is_not_there),
        cmocka_unit_test(test_arguments_that_are_too_long),
        cmocka_unit_test(test_time_that_is_over),
        cmocka_unit_test(test_input_that_stalls),
        cmocka_unit_test(test_connection_that_breaks),
        cmocka_unit_test(test_sudo),
        cmocka_unit_test(test_connection_is_shared),
        cmocka_unit_test(test_runtime_folder_of_others),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
