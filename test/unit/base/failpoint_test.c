/* Each case runs in a process of its own, as failpoints are read once in each. */
#include "expect.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "scratch.h"

#include "base/failpoint.h"

#ifdef QUORATE_FAILPOINTS

/* Passes file_sync 'times' times; the exit code has a bit for each that failed. */
static int
passes_of(const char *failpoints, int times, const char *stderr_path)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        int failed = 0;

        setenv("QUORATE_FAILPOINTS", failpoints, 1);
        if (freopen(stderr_path, "w", stderr) == NULL)
            _exit(99);
        for (int i = 0; i < times; i++)
            failed |= FAILPOINT(file_sync) << i;
        _exit(failed);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void
test_fails_once_at_the_named_pass(void **state)
{
    (void)state;
    assert_int_equal(WEXITSTATUS(passes_of("", 4, "/dev/null")), 0);
    assert_int_equal(WEXITSTATUS(passes_of("file_sync=fail", 4, "/dev/null")), 1);
    assert_int_equal(WEXITSTATUS(passes_of("file_sync=fail@3", 4, "/dev/null")), 4);
    assert_int_equal(WEXITSTATUS(passes_of("file_sync=fail@5", 4, "/dev/null")), 0);
    assert_int_equal(WEXITSTATUS(passes_of("file_write=fail", 4, "/dev/null")), 0);
    assert_int_equal(WEXITSTATUS(passes_of("file_write=kill,file_sync=fail@2", 4, "/dev/null")), 2);
}

static void
test_kills(void **state)
{
    int status = passes_of("file_sync=kill@2", 4, "/dev/null");

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_int_equal(passes_of("file_sync=kill@2", 1, "/dev/null"), 0);
}

static void
test_unknown_words_end_the_process(void **state)
{
    static const char *const wrong[] = {
        "file_synk=fail",
        "file_sync",
        "file_sync=",
        "file_sync=die",
        "file_sync=fail@",
        "file_sync=fail@0",
        "file_sync=fail@x",
        "file_sync=fail@-1",
        "=fail",
        "fail",
        "file_sync=fail@1@2",
        "file_sync@2=fail",
        "file_sync =fail",
    };
    AUTO_ARENA tmp = ARENA_INIT;
    const char *said = path_join(&tmp, scratch_dir(&tmp), "stderr");

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct error e = ERROR_INIT;
        struct bytes text;
        int status = passes_of(wrong[i], 1, said);

        if (!WIFEXITED(status) || WEXITSTATUS(status) != 2)
            fail_msg("'%s' gave status %x", wrong[i], (unsigned)status);
        EXPECT_OK(file_read_all(&tmp, said, 1000, &text, &e));
        assert_string_equal(
            (const char *)text.data,
            arena_printf(&tmp,
                         "quorate: failpoint '%s': not NAME=fail, NAME=kill or NAME=stop, "
                         "perhaps with @N\n",
                         wrong[i]));
    }
}

/* In the child: file_replace fails as it should, code and text. */
static bool
replace_fails(const char *path, const char *failpoints, enum error_code code, const char *reason)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;

    setenv("QUORATE_FAILPOINTS", failpoints, 1);
    return !file_replace(path, BYTES_LITERAL("x"), 0600, &e) && e.code == code &&
           strcmp(e.text, arena_printf(&tmp, "'%s': %s", path, reason)) == 0;
}

static void
test_files_at_their_points(void **state)
{
    static const struct {
        const char *failpoints;
        enum error_code code;
        const char *reason;
    } cases[] = {
        {"file_write=fail", ERROR_NO_SPACE, "No space left on device"},
        {"file_sync=fail", ERROR_IO, "sync: Input/output error"},
        {"file_rename=fail", ERROR_IO, "Input/output error"},
    };
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    const char *path = path_join(&tmp, dir, "f");

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error e = ERROR_INIT;
        bool empty;
        int status;
        pid_t pid = fork();

        if (pid == 0)
            _exit(!replace_fails(path, cases[i].failpoints, cases[i].code, cases[i].reason));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        /* neither the file nor its temporary one */
        EXPECT_OK(dir_is_empty(dir, &empty, &e));
        assert_true(empty);
    }
}

#else

static void
test_failpoints_are_compiled_out(void **state)
{
    (void)state;
    setenv("QUORATE_FAILPOINTS", "file_sync=kill", 1);
    assert_false(FAILPOINT(file_sync));
}

#endif

int
main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef QUORATE_FAILPOINTS
        cmocka_unit_test(test_fails_once_at_the_named_pass),
        cmocka_unit_test(test_kills),
        cmocka_unit_test(test_unknown_words_end_the_process),
        cmocka_unit_test(test_files_at_their_points),
#else
        cmocka_unit_test(test_failpoints_are_compiled_out),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
