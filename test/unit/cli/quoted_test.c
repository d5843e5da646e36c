/* Go's quoted text and etcdctl's way to divide a line, against what etcdctl itself made of them. */
#include <string.h>

#include "cli/quoted.h"
#include "expect.h"

static struct bytes
read_all(struct arena *mem, const char *text)
{
    struct cursor c = cursor_of(bytes_of_text(text));
    struct bytes result = BYTES_NONE;
    struct error e = ERROR_INIT;

    EXPECT_OK(quoted_read(mem, &c, &result, &e));
    assert_int_equal(cursor_left(&c), 0);
    return result;
}

static void
expect_text(const char *quoted, struct bytes wanted)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct bytes got = read_all(&mem, quoted);

    assert_int_equal(got.size, wanted.size);
    assert_memory_equal(got.data, wanted.data, wanted.size);
}

static void
test_escapes(UNUSED void **state)
{
    expect_text("\"\"", BYTES_LITERAL(""));
    expect_text("\"a b\"", BYTES_LITERAL("a b"));
    expect_text("\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\"", BYTES_LITERAL("\a\b\f\n\r\t\v\\\""));
    expect_text("\"nul\\x00\\101\\377\\xff\"", BYTES_LITERAL("nul\0A\xff\xff"));
    expect_text("\"\\u0041\\u00e9\\u6f22\\U0001F600\"",
                BYTES_LITERAL("A\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80"));
    expect_text("\"raw \xff tab\t'\"", BYTES_LITERAL("raw \xff tab\t'"));
    expect_text("`\\n \"`", BYTES_LITERAL("\\n \""));
}

static void
test_wrong_text(UNUSED void **state)
{
    static const struct {
        const char *text;
        const char *error;
        size_t at;
    } wrong[] = {
        {"", "a text in double quotes is expected here", 0},
        {"a", "a text in double quotes is expected here", 0},
        {"'a'", "a text in double quotes is expected here", 0},
        {"\"a", "the closing quote is missing", 0},
        {"\"a\\", "the closing quote is missing", 0},
        {"\"a\\\"", "the closing quote is missing", 0},
        {"`a", "the closing quote is missing", 0},
        {"\"ab\\q\"", "'\\q' is no escape that Go knows", 3},
        {"\"\\'\"", "'\\'' is no escape that Go knows", 1},
        {"\"\\x4\"", "'\\x4\"' is no escape that Go knows", 1},
        {"\"\\400\"", "'\\400' is no escape that Go knows", 1},
        {"\"\\18\"", "'\\18' is no escape that Go knows", 1},
        {"\"\\ud800\"", "'\\ud800' is no escape that Go knows", 1},
        {"\"\\U00110000\"", "'\\U00110000' is no escape that Go knows", 1},
        {"\"\\u12", "'\\u12' is no escape that Go knows", 1},
    };
    AUTO_ARENA mem = ARENA_INIT;
    struct bytes result;
    struct error e = ERROR_INIT;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct cursor c = cursor_of(bytes_of_text(wrong[i].text));
        const uint8_t *start = c.at;

        EXPECT_ERROR(quoted_read(&mem, &c, &result, &e), ERROR_INPUT, wrong[i].error);
        assert_int_equal(c.at - start, wrong[i].at);
    }
}

/* The words with '|' between them. */
static const char *
words_of(struct arena *mem, const char *line)
{
    struct bytes *words;
    size_t count;
    struct error e = ERROR_INIT;
    const char *all = "";

    EXPECT_OK(quoted_words(mem, bytes_of_text(line), &words, &count, &e));
    for (size_t i = 0; i < count; i++)
        all =
            arena_printf(mem, "%s%s%s", all, i > 0 ? "|" : "", arena_text_of_bytes(mem, words[i]));
    return all;
}

static void
test_words(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;

    assert_string_equal(words_of(&mem, ""), "");
    assert_string_equal(words_of(&mem, "  \t "), "");
    assert_string_equal(words_of(&mem, "put key value"), "put|key|value");
    assert_string_equal(words_of(&mem, " put\tkey  \"some value\" "), "put|key|some value");
    assert_string_equal(words_of(&mem, "put 'a \"b\\n' \"c\\\"d\""), "put|a \"b\\n|c\"d");
    assert_string_equal(words_of(&mem, "put it's x\"y z\""), "put|it's|x\"y|z\"");
    assert_string_equal(words_of(&mem, "\"a\"b ''"), "a|b|");
    assert_string_equal(words_of(&mem, "put `raw x`"), "put|`raw|x`");
}

static void
test_wrong_words(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct bytes *words;
    size_t count;
    struct error e = ERROR_INIT;

    EXPECT_ERROR(quoted_words(&mem, BYTES_LITERAL("put k \"v"), &words, &count, &e), ERROR_INPUT,
                 "column 7: the closing quote is missing");
    EXPECT_ERROR(quoted_words(&mem, BYTES_LITERAL("put 'k v"), &words, &count, &e), ERROR_INPUT,
                 "column 5: the closing quote is missing");
    EXPECT_ERROR(quoted_words(&mem, BYTES_LITERAL("put k \"v\\q\""), &words, &count, &e),
                 ERROR_INPUT, "column 9: '\\q' is no escape that Go knows");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_wrong_text),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_wrong_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
