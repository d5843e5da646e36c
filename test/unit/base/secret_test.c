#include "expect.h"

#include <string.h>
#include <sys/wait.h>

#include "scratch.h"

#include "base/secret.h"

static struct error e;

static void
put(const char *path, struct bytes content)
{
    EXPECT_OK(file_replace(path, content, 0600, &e));
}

static void
test_set_copies_and_replaces(void **state)
{
    AUTO_SECRET s = SECRET_INIT;
    char text[] = "pass";

    (void)state;
    secret_set(&s, bytes_of_text(text));
    text[0] = 'x';
    assert_string_equal(s.text, "pass");
    assert_int_equal(s.size, 4);
    /* from its own content too */
    secret_set(&s, bytes_of(s.text + 1, 2));
    assert_string_equal(s.text, "as");
    secret_set(&s, BYTES_NONE);
    assert_non_null(s.text);
    assert_string_equal(s.text, "");
    assert_int_equal(s.size, 0);
}

static void
test_release(void **state)
{
    struct secret s = SECRET_INIT;

    (void)state;
    secret_release(&s);
    secret_set(&s, BYTES_LITERAL("pass"));
    secret_release(&s);
    assert_null(s.text);
    assert_int_equal(s.size, 0);
}

static void
test_first_line_of_a_file(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "pw");
    AUTO_SECRET s = SECRET_INIT;

    (void)state;
    put(path, BYTES_LITERAL("p w\nsecond\n"));
    EXPECT_OK(secret_load(&s, path, &e));
    assert_string_equal(s.text, "p w");
    put(path, BYTES_LITERAL("no newline"));
    EXPECT_OK(secret_load(&s, path, &e));
    assert_string_equal(s.text, "no newline");
    put(path, BYTES_LITERAL("pw\nbehind\0it"));
    EXPECT_OK(secret_load(&s, path, &e));
    assert_string_equal(s.text, "pw");
}

static void
test_what_is_no_password_file(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    const char *path = path_join(&tmp, dir, "pw");
    uint8_t *large = arena_zero(&tmp, 64 * 1024 + 1);
    AUTO_SECRET s = SECRET_INIT;

    (void)state;
    secret_set(&s, BYTES_LITERAL("old"));
    EXPECT_ERROR(secret_load(&s, path, &e), ERROR_NOT_FOUND,
                 arena_printf(&tmp, "'%s': No such file or directory", path));
    EXPECT_ERROR(secret_load(&s, dir, &e), ERROR_IO,
                 arena_printf(&tmp, "'%s': Is a directory", dir));
    put(path, BYTES_NONE);
    EXPECT_ERROR(
        secret_load(&s, path, &e), ERROR_FORMAT,
        arena_printf(&tmp, "'%s': the first line is to hold the password, but is empty", path));
    put(path, BYTES_LITERAL("\npw\n"));
    EXPECT_ERROR(
        secret_load(&s, path, &e), ERROR_FORMAT,
        arena_printf(&tmp, "'%s': the first line is to hold the password, but is empty", path));
    put(path, BYTES_LITERAL("p\0w\n"));
    EXPECT_ERROR(secret_load(&s, path, &e), ERROR_FORMAT,
                 arena_printf(&tmp, "'%s': there is a NUL in the password", path));
    memset(large, 'x', 64 * 1024 + 1);
    put(path, bytes_of(large, 64 * 1024 + 1));
    EXPECT_ERROR(secret_load(&s, path, &e), ERROR_LIMIT,
                 arena_printf(&tmp, "'%s': more than 65536 bytes are no password", path));
    assert_string_equal(s.text, "old");
    put(path, bytes_of(large, 64 * 1024));
    EXPECT_OK(secret_load(&s, path, &e));
    assert_int_equal(s.size, 64 * 1024);
}

static void
test_from_a_pipe_in_pieces(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_SECRET s = SECRET_INIT;
    int ends[2];
    pid_t pid;

    (void)state;
    assert_int_equal(pipe2(ends, 0), 0);
    pid = fork();
    if (pid == 0) {
        bool ok = write(ends[1], "pa", 2) == 2 && write(ends[1], "ss\nmore", 7) == 7;

        _exit(ok ? 0 : 1);
    }
    close(ends[1]);
    EXPECT_OK(secret_load(&s, arena_printf(&tmp, "/dev/fd/%d", ends[0]), &e));
    assert_string_equal(s.text, "pass");
    close(ends[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_copies_and_replaces),
        cmocka_unit_test(test_release),
        cmocka_unit_test(test_first_line_of_a_file),
        cmocka_unit_test(test_what_is_no_password_file),
        cmocka_unit_test(test_from_a_pipe_in_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
