#include "expect.h"

#include <fcntl.h>
#include <regex.h>
#include <string.h>

#include "scratch.h"

#include "base/log.h"

/* stderr goes to 'path' until stderr_restore. */
static int
stderr_to(const char *path)
{
    int kept = dup(2);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(kept >= 0 && fd >= 0);
    assert_int_equal(dup2(fd, 2), 2);
    close(fd);
    return kept;
}

static void
stderr_restore(int kept)
{
    fflush(stderr);
    assert_int_equal(dup2(kept, 2), 2);
    close(kept);
}

static void
test_silent_until_enabled(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "log");
    struct error e = ERROR_INIT;
    struct bytes text;
    regex_t pattern;
    int kept;

    (void)state;
    assert_false(log_enabled());
    kept = stderr_to(path);
    log_debug("not %s", "seen");
    log_enable(true);
    log_debug("seen %d", 1);
    log_enable(false);
    log_debug("not seen");
    stderr_restore(kept);
    assert_false(log_enabled());
    EXPECT_OK(file_read_all(&tmp, path, 1000, &text, &e));
    assert_int_equal(regcomp(&pattern, "^debug +[0-9]+ ms: seen 1\n$", REG_EXTENDED), 0);
    assert_int_equal(regexec(&pattern, (const char *)text.data, 0, NULL, 0), 0);
    regfree(&pattern);
}

/* What a peer said may be in it: no second line, no escape sequence, and an end. */
static void
test_a_line_stays_a_line(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "log");
    char *longer = arena_zero(&tmp, 5000);
    struct error e = ERROR_INIT;
    struct bytes text;
    int kept = stderr_to(path);

    (void)state;
    memset(longer, 'x', 4999);
    log_enable(true);
    log_debug("a\nb\x1b[31mc");
    log_debug("%s", longer);
    log_enable(false);
    stderr_restore(kept);
    EXPECT_OK(file_read_all(&tmp, path, 3000, &text, &e));
    assert_non_null(strstr((const char *)text.data, " ms: a b [31mc\n"));
    assert_non_null(strstr((const char *)text.data, "xxx...\n"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent_until_enabled),
        cmocka_unit_test(test_a_line_stays_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
