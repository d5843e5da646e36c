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

/* How text of several kinds is quoted must not depend on where it lies: words of plain bytes, words
 * with others and the last few bytes take ways of their own. */
static void
test_quoted_at_any_place(void **state)
{
    static const struct {
        struct bytes text;
        const char *quoted;
    } parts[] = {
        {BYTES_LITERAL("\""), "\\\""},
        {BYTES_LITERAL("\\\n"), "\\\\\\n"},
        {BYTES_LITERAL("\x1f !~\x7f"), "\\x1f !~\\x7f"},
        {BYTES_LITERAL("\0\x80\xff"), "\\x00\\x80\\xff"},
        {BYTES_LITERAL("[]#"), "[]#"},
        {BYTES_LITERAL("ö漢\xf0\x9f\x98\x80"), "ö漢\xf0\x9f\x98\x80"},
        {BYTES_LITERAL("\xc2\x9f\xc2\xa0\xc2\xa1"), "\\u009f\\u00a0¡"},
        {BYTES_LITERAL("\xdf\xbb\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"),
         "\\u07fb\xdf\xbf\xe0\xa0\x80\\uffff"},
        {BYTES_LITERAL("\xf4\x8f\xbf\xbf"), "\\U0010ffff"},
        /* too long, a surrogate, too large, without an end */
        {BYTES_LITERAL("\xc1\xbf\xe0\x9f\xbf"), "\\xc1\\xbf\\xe0\\x9f\\xbf"},
        {BYTES_LITERAL("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
        {BYTES_LITERAL("\xf4\x90\x80\x80\xf5\x80"), "\\xf4\\x90\\x80\\x80\\xf5\\x80"},
        {BYTES_LITERAL("\xc3z\xe2\x80y\xf0\x9f\x98"), "\\xc3z\\xe2\\x80y\\xf0\\x9f\\x98"},
    };
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz";

    (void)state;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        for (int before = 0; before < 20; before++) {
            for (int behind = 0; behind < 20; behind++) {
                AUTO_BUF text = BUF_INIT;
                AUTO_BUF wanted = BUF_INIT;

                buf_append(&text, plain, (size_t)before);
                buf_append_bytes(&text, parts[i].text);
                buf_append(&text, plain, (size_t)behind);
                buf_printf(&wanted, "\"%.*s%s%.*s\"", before, plain, parts[i].quoted, behind,
                           plain);
                check_quoted((const char *)text.data, text.size, buf_text(&wanted));
            }
        }
    }
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
        cmocka_unit_test(test_visible), cmocka_unit_test(test_width),
        cmocka_unit_test(test_quoted),  cmocka_unit_test(test_quoted_at_any_place),
        cmocka_unit_test(test_hex),
    };

    ASSERT(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    return cmocka_run_group_tests(all, NULL, NULL);
}
