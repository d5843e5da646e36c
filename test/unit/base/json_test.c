#include "expect.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"

static struct error e;

static const struct json *
parsed(struct arena *mem, const char *text)
{
    const struct json *value = NULL;

    EXPECT_OK(json_parse(mem, bytes_of_text(text), &value, &e));
    return value;
}

static void
test_errors_have_line_and_column(void **state)
{
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"", "line 1, column 1: unexpected end of data"},
        {"  \n ", "line 2, column 2: unexpected end of data"},
        {"{\"a\": 1,\n \"b\": x}", "line 2, column 7: unexpected character"},
        {"{\"a\": 1\n\n", "line 3, column 1: unexpected end of data"},
        {"{\"a\": tru", "line 1, column 10: unexpected end of data"},
        {"{} {}", "line 1, column 4: content behind the JSON value"},
        {"{}\n5", "line 2, column 1: content behind the JSON value"},
        {"1 2", "line 1, column 3: content behind the JSON value"},
        {"[1,]", "line 1, column 4: unexpected character"},
        {"{\"a\":1,}", "line 1, column 8: unexpected character"},
        {"[1 2]", "line 1, column 4: array value separator ',' expected"},
        {"{\"a\" 1}", "line 1, column 6: object property name separator ':' expected"},
        {"[01]", "line 1, column 4: number expected"},
        {"[18446744073709551616]", "line 1, column 2: the number does not fit 64 bits"},
        {"{\"7\\\"9\":\n -9223372036854775809}",
         "line 2, column 2: the number does not fit 64 bits"},
        {"999999999999999999999999999999", "line 1, column 1: the number does not fit 64 bits"},
        {"[1,-9223372036854775809]", "line 1, column 4: the number does not fit 64 bits"},
        {"[\"a\\x\"]", "line 1, column 5: invalid string sequence"},
        {"[\"\xff\"]", "line 1, column 3: invalid utf-8 string"},
        {"[/* no */]", "line 1, column 2: unexpected character"},
    };
    AUTO_ARENA tmp = ARENA_INIT;
    const struct json *value = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        error_clear(&e);
        if (json_parse(&tmp, bytes_of_text(cases[i].text), &value, &e))
            fail_msg("'%s' is taken", cases[i].text);
        if (strcmp(e.text, cases[i].error) != 0)
            fail_msg("'%s': %s", cases[i].text, e.text);
        assert_int_equal(e.code, ERROR_FORMAT);
    }
    assert_null(value);
    EXPECT_ERROR(json_parse(&tmp, BYTES_NONE, &value, &e), ERROR_FORMAT,
                 "line 1, column 1: unexpected end of data");
    EXPECT_ERROR(json_parse(&tmp, BYTES_LITERAL("{}\0"), &value, &e), ERROR_FORMAT,
                 "line 1, column 3: content behind the JSON value");
}

static void
test_limits(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF deep = BUF_INIT;
    const struct json *value;
    uint8_t byte = ' ';

    (void)state;
    /* Only the size is looked at. */
    EXPECT_ERROR(json_parse(&tmp, bytes_of(&byte, (64u << 20) + 1), &value, &e), ERROR_LIMIT,
                 "JSON of 67108865 bytes, at most 67108864 are expected");
    for (int i = 0; i < 100; i++)
        buf_append_byte(&deep, '[');
    error_clear(&e);
    assert_false(json_parse(&tmp, buf_bytes(&deep), &value, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_non_null(strstr(e.text, "nesting too deep"));
}

static void
test_blanks_and_bare_values(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct json *array = parsed(&tmp, " \t\r\n[1]\n\r\t ");
    uint64_t value;

    (void)state;
    assert_int_equal(json_array_count(array), 1);
    EXPECT_OK(json_as_u64(parsed(&tmp, "18446744073709551615"), &value, &e));
    assert_true(value == UINT64_MAX);
    EXPECT_OK(json_as_u64(parsed(&tmp, " 5 \n"), &value, &e));
    assert_int_equal(value, 5);
    assert_null(parsed(&tmp, "null"));
    /* Only whole numbers have to fit, and digits in text are text. */
    parsed(&tmp, "[99999999999999999999.5, 1e30, \"\\\\\", \"\\\"99999999999999999999\"]");
}

static const char document[] = "{\"text\": \"t\xc3\xa9\\u00e9\\n\", \"nul\": \"a\\u0000b\", "
                               "\"most\": 18446744073709551615, \"i\": 9223372036854775807, "
                               "\"i1\": 9223372036854775808, \"least\": -9223372036854775808, "
                               "\"part\": 1.5, \"yes\": true, \"no\": false, \"none\": null, "
                               "\"id\": \"8e9e05c52164694d\", \"array\": [1], \"object\": {}}";

static void
test_getters(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct json *o = parsed(&tmp, document);
    const struct json *array;
    const char *text;
    uint64_t u64;
    int64_t i64;
    bool flag = false;

    (void)state;
    EXPECT_OK(json_get_text(&tmp, o, "text", &text, &e));
    assert_string_equal(text, "t\xc3\xa9\xc3\xa9\n");
    EXPECT_OK(json_get_u64(o, "most", &u64, &e));
    assert_true(u64 == UINT64_MAX);
    EXPECT_OK(json_get_u64(o, "i1", &u64, &e));
    assert_true(u64 == 9223372036854775808u);
    EXPECT_OK(json_get_i64(o, "i", &i64, &e));
    assert_true(i64 == INT64_MAX);
    EXPECT_OK(json_get_i64(o, "least", &i64, &e));
    assert_true(i64 == INT64_MIN);
    EXPECT_OK(json_get_bool(o, "yes", &flag, &e));
    assert_true(flag);
    EXPECT_OK(json_get_bool(o, "no", &flag, &e));
    assert_false(flag);
    EXPECT_OK(json_get_id(o, "id", &u64, &e));
    assert_true(u64 == 0x8e9e05c52164694du);
    EXPECT_OK(json_get_array(o, "array", &array, &e));
    assert_int_equal(json_array_count(array), 1);
    assert_true(json_is_object(json_get(o, "object")));
    assert_false(json_is_object(json_get(o, "array")));
    assert_false(json_is_object(NULL));
    assert_null(json_get(o, "none"));
    assert_null(json_get(o, "missing"));
    assert_null(json_get(array, "x"));
    assert_null(json_get(NULL, "x"));
    assert_int_equal(json_array_count(NULL), 0);
    assert_int_equal(json_array_count(o), 0);
}

static void
test_getters_refuse(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct json *o = parsed(&tmp, document);
    const struct json *array = NULL;
    const char *text = NULL;
    uint64_t u64 = 7;
    int64_t i64 = 7;
    bool flag = true;

    (void)state;
    EXPECT_ERROR(json_get_text(&tmp, o, "x", &text, &e), ERROR_FORMAT, "'x' is missing");
    EXPECT_ERROR(json_get_text(&tmp, NULL, "x", &text, &e), ERROR_FORMAT, "'x' is missing");
    EXPECT_ERROR(json_get_text(&tmp, o, "none", &text, &e), ERROR_FORMAT, "'none' is missing");
    EXPECT_ERROR(json_get_text(&tmp, o, "i", &text, &e), ERROR_FORMAT, "'i' is not text");
    EXPECT_ERROR(json_get_text(&tmp, o, "nul", &text, &e), ERROR_FORMAT,
                 "'nul' is text with a NUL in it");
    EXPECT_ERROR(json_get_u64(o, "least", &u64, &e), ERROR_FORMAT, "'least' is negative");
    EXPECT_ERROR(json_get_u64(o, "part", &u64, &e), ERROR_FORMAT, "'part' is not a whole number");
    EXPECT_ERROR(json_get_u64(o, "text", &u64, &e), ERROR_FORMAT, "'text' is not a whole number");
    EXPECT_ERROR(json_get_i64(o, "i1", &i64, &e), ERROR_FORMAT, "'i1' is too large");
    EXPECT_ERROR(json_get_i64(o, "most", &i64, &e), ERROR_FORMAT, "'most' is too large");
    EXPECT_ERROR(json_get_i64(o, "yes", &i64, &e), ERROR_FORMAT, "'yes' is not a whole number");
    EXPECT_ERROR(json_get_bool(o, "i", &flag, &e), ERROR_FORMAT, "'i' is not true or false");
    EXPECT_ERROR(json_get_id(o, "most", &u64, &e), ERROR_FORMAT, "'most' is not an id in hex");
    EXPECT_ERROR(json_get_id(o, "text", &u64, &e), ERROR_FORMAT, "'text' is not an id in hex");
    EXPECT_ERROR(json_get_id(o, "nul", &u64, &e), ERROR_FORMAT, "'nul' is not an id in hex");
    EXPECT_ERROR(json_get_array(o, "object", &array, &e), ERROR_FORMAT, "'object' is not an array");
    assert_true(text == NULL && array == NULL && u64 == 7 && i64 == 7 && flag);
}

static void
test_ids_are_hex_and_nothing_else(void **state)
{
    static const char *const wrong[] = {"",   "0x1a", " 1a", "1a ",
                                        "-1", "+1",   "1g",  "10000000000000000"};
    AUTO_ARENA tmp = ARENA_INIT;
    uint64_t id = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *text = arena_printf(&tmp, "{\"id\": \"%s\"}", wrong[i]);

        EXPECT_ERROR(json_get_id(parsed(&tmp, text), "id", &id, &e), ERROR_FORMAT,
                     "'id' is not an id in hex");
    }
    assert_int_equal(id, 7);
}

static void
test_items(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct json *array = parsed(
        &tmp, "[0, 18446744073709551615, 9223372036854775809, -1, 1.5, \"1\", null, \"\\u0000\"]");
    static const char *const wrong[] = {"a value is negative", "a value is not a whole number",
                                        "a value is not a whole number",
                                        "a value is not a whole number"};
    const char *text;
    uint64_t value;

    (void)state;
    EXPECT_OK(json_as_u64(json_array_at(array, 0), &value, &e));
    assert_int_equal(value, 0);
    EXPECT_OK(json_as_u64(json_array_at(array, 1), &value, &e));
    assert_true(value == UINT64_MAX);
    EXPECT_OK(json_as_u64(json_array_at(array, 2), &value, &e));
    assert_true(value == 9223372036854775809u);
    value = 7;
    for (size_t i = 0; i < 4; i++)
        EXPECT_ERROR(json_as_u64(json_array_at(array, 3 + i), &value, &e), ERROR_FORMAT, wrong[i]);
    assert_int_equal(value, 7);
    EXPECT_OK(json_as_text(&tmp, json_array_at(array, 5), &text, &e));
    assert_string_equal(text, "1");
    EXPECT_ERROR(json_as_text(&tmp, json_array_at(array, 0), &text, &e), ERROR_FORMAT,
                 "a value is not text");
    EXPECT_ERROR(json_as_text(&tmp, json_array_at(array, 6), &text, &e), ERROR_FORMAT,
                 "a value is not text");
    EXPECT_ERROR(json_as_text(&tmp, json_array_at(array, 7), &text, &e), ERROR_FORMAT,
                 "a value is text with a NUL in it");
}

static void
test_print_is_exact_and_in_order(void **state)
{
    static const char text[] = "{\"z\":18446744073709551615,\"a\":[-1,1.50,true,null],"
                               "\"url\":\"http://h/\",\"nul\":\"\\u0000\"}";
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    assert_true(bytes_equal_text(json_print(&tmp, parsed(&tmp, text)), text));
    assert_true(bytes_equal_text(json_print(&tmp, parsed(&tmp, "null")), "null"));
}

/* Collects keys; stops at "stop". */
static bool
note_key(void *context, const char *key, const struct json *value, struct error *error)
{
    if (strcmp(key, "stop") == 0)
        return error_set(error, ERROR_CONFLICT, "stopped");
    buf_printf(context, "%s%s ", key, value == NULL ? "=null" : "");
    return true;
}

static void
test_each_goes_in_order_until_false(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF keys = BUF_INIT;

    (void)state;
    EXPECT_OK(json_each(parsed(&tmp, "{\"b\":1,\"a\":null,\"c\":[]}"), note_key, &keys, &e));
    assert_string_equal(buf_text(&keys), "b a=null c ");
    buf_clear(&keys);
    EXPECT_ERROR(json_each(parsed(&tmp, "{\"b\":1,\"stop\":2,\"c\":3}"), note_key, &keys, &e),
                 ERROR_CONFLICT, "stopped");
    assert_string_equal(buf_text(&keys), "b ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors_have_line_and_column),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_blanks_and_bare_values),
        cmocka_unit_test(test_getters),
        cmocka_unit_test(test_getters_refuse),
        cmocka_unit_test(test_ids_are_hex_and_nothing_else),
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_print_is_exact_and_in_order),
        cmocka_unit_test(test_each_goes_in_order_until_false),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
