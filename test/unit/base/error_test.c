#include "expect.h"

#include <errno.h>
#include <string.h>

static void
test_set_is_false_and_clears_the_hint(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    error_hint(&e, "old");
    assert_false(error_set(&e, ERROR_CORRUPT, "'%s': page %d", "f.db", 7));
    assert_int_equal(e.code, ERROR_CORRUPT);
    assert_int_equal(e.sys_errno, 0);
    assert_string_equal(e.text, "'f.db': page 7");
    assert_string_equal(e.hint, "");
}

static void
test_append_keeps_all_but_the_text(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    error_set(&e, ERROR_CORRUPT, "a");
    error_hint(&e, "do");
    assert_false(error_append(&e, "b %d", 7));
    assert_string_equal(e.text, "a; b 7");
    assert_string_equal(e.hint, "do");
    assert_int_equal(e.code, ERROR_CORRUPT);
}

static void
test_errno_becomes_code_and_text(void **state)
{
    static const struct {
        int sys_errno;
        enum error_code code;
        const char *text;
    } cases[] = {
        {ENOENT, ERROR_NOT_FOUND, "'f': No such file or directory"},
        {EEXIST, ERROR_EXISTS, "'f': File exists"},
        {ENOTEMPTY, ERROR_EXISTS, "'f': Directory not empty"},
        {ENOSPC, ERROR_NO_SPACE, "'f': No space left on device"},
        {EDQUOT, ERROR_NO_SPACE, "'f': Disk quota exceeded"},
        {EACCES, ERROR_PERMISSION, "'f': Permission denied"},
        {EPERM, ERROR_PERMISSION, "'f': Operation not permitted"},
        {EROFS, ERROR_PERMISSION, "'f': Read-only file system"},
        {EIO, ERROR_IO, "'f': Input/output error"},
        {99999, ERROR_IO, "'f': Unknown error 99999"},
    };
    struct error e;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        EXPECT_ERROR(error_set_errno(&e, cases[i].sys_errno, "'%s'", "f"), cases[i].code,
                     cases[i].text);
        assert_int_equal(e.sys_errno, cases[i].sys_errno);
    }
}

static void
test_wrap_keeps_code_errno_and_hint(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    error_set_errno(&e, ENOSPC, "'f'");
    error_hint(&e, "free %d bytes", 5);
    assert_false(error_wrap(&e, "backup '%s'", "b"));
    assert_string_equal(e.text, "backup 'b': 'f': No space left on device");
    assert_int_equal(e.code, ERROR_NO_SPACE);
    assert_int_equal(e.sys_errno, ENOSPC);
    assert_string_equal(error_hint_text(&e), "free 5 bytes");
}

static void
test_long_text_is_cut_and_says_so(void **state)
{
    struct error e = ERROR_INIT;
    char longer[2 * ERROR_TEXT_SIZE];

    (void)state;
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    error_set(&e, ERROR_IO, "%s", longer);
    assert_int_equal(strlen(e.text), ERROR_TEXT_SIZE - 1);
    assert_string_equal(e.text + ERROR_TEXT_SIZE - 5, "x...");
    /* One byte less than the room is kept whole. */
    longer[ERROR_TEXT_SIZE - 1] = '\0';
    error_set(&e, ERROR_IO, "%s", longer);
    assert_string_equal(e.text, longer);
    error_wrap(&e, "outer");
    assert_int_equal(strlen(e.text), ERROR_TEXT_SIZE - 1);
    assert_memory_equal(e.text, "outer: xxx", 10);
    assert_string_equal(e.text + ERROR_TEXT_SIZE - 4, "...");
    memset(longer, 'y', sizeof(longer) - 1);
    error_hint(&e, "%s", longer);
    assert_string_equal(e.hint + ERROR_HINT_SIZE - 5, "y...");
    error_set_errno(&e, EIO, "%s", longer);
    assert_string_equal(e.text + ERROR_TEXT_SIZE - 4, "...");
    assert_int_equal(e.code, ERROR_IO);
}

static void
test_text_stays_one_harmless_line(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    error_set(&e, ERROR_RPC, "a\nb\r\tc\x1b[2Jd\x7f \xc3\xa9");
    assert_string_equal(e.text, "a b  c [2Jd  \xc3\xa9");
    error_wrap(&e, "x\ny");
    assert_string_equal(e.text, "x y: a b  c [2Jd  \xc3\xa9");
    error_hint(&e, "p\nq");
    assert_string_equal(e.hint, "p q");
}

static void
test_hint_falls_back_to_the_codes(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    error_set(&e, ERROR_USAGE, "x");
    assert_string_equal(error_hint_text(&e), "see 'quorate help'");
    assert_false(error_hint(&e, "try y"));
    assert_string_equal(error_hint_text(&e), "try y");
    error_set(&e, ERROR_FAILED, "x");
    assert_string_equal(error_hint_text(&e), "");
    error_clear(&e);
    assert_int_equal(e.code, ERROR_NONE);
    assert_string_equal(e.text, "");
}

/* Scripts rely on both: who shares the one shares the other, and 0 is only for success. */
static void
test_words_go_with_exit_codes(void **state)
{
    (void)state;
    for (int a = 0; a < ERROR_COUNT; a++) {
        assert_int_equal(error_code_exit((enum error_code)a) == 0, a == ERROR_NONE);
        assert_in_range(error_code_exit((enum error_code)a), 0, 125);
        for (int b = 0; b < a; b++) {
            assert_int_equal(
                error_code_exit((enum error_code)a) == error_code_exit((enum error_code)b),
                strcmp(error_code_word((enum error_code)a), error_code_word((enum error_code)b)) ==
                    0);
        }
    }
    assert_string_equal(error_code_word(ERROR_NOT_FOUND), "not-found");
    assert_int_equal(error_code_exit(ERROR_UNFINISHED), 23);
    assert_true(error_code_retryable(ERROR_TIMEOUT));
    assert_false(error_code_retryable(ERROR_REFUSED));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_is_false_and_clears_the_hint),
        cmocka_unit_test(test_append_keeps_all_but_the_text),
        cmocka_unit_test(test_errno_becomes_code_and_text),
        cmocka_unit_test(test_wrap_keeps_code_errno_and_hint),
        cmocka_unit_test(test_long_text_is_cut_and_says_so),
        cmocka_unit_test(test_text_stays_one_harmless_line),
        cmocka_unit_test(test_hint_falls_back_to_the_codes),
        cmocka_unit_test(test_words_go_with_exit_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
