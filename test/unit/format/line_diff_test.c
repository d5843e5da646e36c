#include "format/value/line_diff.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "expect.h"

static bool
note(void *context, bool added, size_t number, struct bytes line, struct error *e UNUSED)
{
    buf_printf(context, "%c%zu %.*s|", added ? '+' : '-', number, (int)line.size,
               (const char *)line.data);
    return true;
}

static void
check(const char *before, const char *after, const char *expected)
{
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;

    EXPECT_OK(line_diff(bytes_of_text(before), bytes_of_text(after), note, &out, &e));
    assert_string_equal(buf_text(&out), expected);
}

static void
test_lines_that_differ_are_told(void **state UNUSED)
{
    check("", "", "");
    check("a\nb\nc\n", "a\nb\nc\n", "");
    check("a\nb\nc\n", "a\nx\nc\n", "-2 b|+2 x|");
    check("a\nb\nc\nd\n", "b\nc\ne\nd\nf\n", "-1 a|+3 e|+5 f|");
    check("", "one\n\ntwo", "+1 one|+2 |+3 two|");
    check("one", "", "-1 one|");
}

/* More lines than are compared each with each: the middle is replaced as a whole. */
static void
test_long_texts_are_replaced_where_they_differ(void **state UNUSED)
{
    AUTO_BUF before = BUF_INIT;
    AUTO_BUF after = BUF_INIT;
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;

    for (int i = 0; i < LINE_DIFF_MAX + 1; i++) {
        buf_printf(&before, "a%d\n", i);
        buf_printf(&after, "b%d\n", i);
    }
    EXPECT_OK(line_diff(buf_bytes(&before), buf_bytes(&after), note, &out, &e));
    assert_non_null(strstr(buf_text(&out), "-2001 a2000|+1 b0|"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_that_differ_are_told),
        cmocka_unit_test(test_long_texts_are_replaced_where_they_differ),
    };

    return cmocka_run_group_tests_name("line_diff", tests, NULL, NULL);
}
