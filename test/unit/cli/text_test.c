#include "expect.h"

#include <locale.h>

#include "cli/text.h"

static void
check_visible(const char *text, size_t size, bool utf8, const char *expected)
{
    AUTO_BUF out = BUF_INIT;

    text_append_visible(&out, bytes_of(text, size), utf8);
    assert_string_equal(buf_text(&out), expected);
}

#define VISIBLE(text, utf8, expected) check_visible((text), sizeof(text) - 1, (utf8), (expected))

static void
test_visible(void **state)
{
    (void)state;
    VISIBLE("plain", true, "plain");
    VISIBLE("", true, "");
    VISIBLE("a\x1b[31mb", true, "a\\x1b[31mb");
    VISIBLE("a\0b\x7f", true, "a\\x00b\\x7f");
    VISIBLE("a\tb\nc\r", true, "a\\tb\\nc\\x0d");
    VISIBLE("größe 漢", true, "größe 漢");
    VISIBLE("gr\xc3\xb6", false, "gr\\xc3\\xb6");
    VISIBLE("\xff\xc3", true, "\\xff\\xc3");                   /* no UTF-8, and cut */
    VISIBLE("\xc0\xaf", true, "\\xc0\\xaf");                   /* overlong */
    VISIBLE("\xed\xa0\x80", true, "\\xed\\xa0\\x80");          /* a surrogate */
    VISIBLE("\xf4\x90\x80\x80", true, "\\xf4\\x90\\x80\\x80"); /* above U+10FFFF */
    VISIBLE("\xc2\x9b", true, "\\xc2\\x9b");                   /* C1: a control sequence */
    VISIBLE("a\xe2\x80\xae"
            "b",
            true, "a\\xe2\\x80\\xaeb"); /* right-to-left override */
}

static void
test_width(void **state)
{
    (void)state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("größe"), 5);
    assert_int_equal(text_width("漢字"), 4);
    assert_int_equal(text_width("e\xcc\x81"), 1); /* e and a combining accent */
    assert_int_equal(text_width("\xff"), 1);
}

static void
check_quoted(const char *text, size_t size, const char *expected)
{
    AUTO_BUF out = BUF_INIT;

    text_append_quoted(&out, bytes_of(text, size));
    assert_string_equal(buf_text(&out), expected);
}

#define QUOTED(text, expected) check_quoted((text), sizeof(text) - 1, (expected))

/* Expectations from Go's strconv.Quote. */
static void
test_quoted(void **state)
{
    (void)state;
    QUOTED("", "\"\"");
    QUOTED("a\"b\\c", "\"a\\\"b\\\\c\"");
    QUOTED("\a\b\f\n\r\t\v", "\"\\a\\b\\f\\n\\r\\t\\v\"");
    QUOTED("\0\x01\x7f\xff", "\"\\x00\\x01\\x7f\\xff\"");
    QUOTED("größe 漢", "\"größe 漢\"");
    QUOTED("\xe2\x80\xa8\xef\xbb\xbf", "\"\\u2028\\ufeff\"");
    QUOTED("\xc2\xa0\xc2\x80", "\"\\u00a0\\u0080\"");
}

static void
test_hex(void **state)
{
    AUTO_BUF out = BUF_INIT;

    (void)state;
    text_append_hex(&out, BYTES_LITERAL("f\0\xff"));
    assert_string_equal(buf_text(&out), "\\x66\\x00\\xff");
}

int
main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_visible),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_quoted),
        cmocka_unit_test(test_hex),
    };

    ASSERT(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    return cmocka_run_group_tests(all, NULL, NULL);
}
