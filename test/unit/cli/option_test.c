#include "expect.h"

#include "cli/option.h"

static const struct option_def defs[] = {
    {.name = "bool", .type = OPTION_BOOL},
    {"text", OPTION_TEXT, .fallback = "a default"},
    {"texts", OPTION_TEXTS, .fallback = "one,two"},
    {"i64", OPTION_I64, .fallback = "-3"},
    {.name = "u64", .type = OPTION_U64},
    {.name = "hex", .type = OPTION_HEX},
    {"duration", OPTION_DURATION, .fallback = "5s"},
    {"size", OPTION_SIZE, .fallback = "4KiB"},
    {.name = "urls", .type = OPTION_URLS},
    {"choice", OPTION_CHOICE, .fallback = "simple", .choices = "simple|table|json"},
    OPTIONS_END,
};

static struct options
make(struct arena *mem)
{
    struct options o = {ARRAY_INIT};

    options_add(mem, &o, defs);
    return o;
}

static bool
set(struct arena *mem, struct options *o, const char *name, const char *text, struct error *e)
{
    return option_set(mem, options_find(o, name), arena_printf(mem, "--%s", name), text,
                      OPTION_FROM_FLAG, e);
}

static void
test_defaults(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct options o = make(&mem);
    size_t count;

    (void)state;
    assert_false(option_bool(&o, "bool"));
    assert_string_equal(option_text(&o, "text"), "a default");
    assert_string_equal(option_list(&o, "texts", &count)[1], "two");
    assert_int_equal(count, 2);
    assert_int_equal(option_i64(&o, "i64"), -3);
    assert_int_equal(option_u64(&o, "u64"), 0);
    assert_int_equal(option_ms(&o, "duration"), 5000);
    assert_int_equal(option_u64(&o, "size"), 4096);
    assert_int_equal(option_choice(&o, "choice"), 0);
    (void)option_list(&o, "urls", &count);
    assert_int_equal(count, 0);
    assert_false(option_given(&o, "text"));
    assert_true(option_exists(&o, "text"));
    assert_false(option_exists(&o, "nothing"));
}

static void
test_values(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct options o = make(&mem);
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(set(&mem, &o, "bool", "TRUE", &e));
    assert_true(option_bool(&o, "bool"));
    EXPECT_OK(set(&mem, &o, "bool", "f", &e));
    assert_false(option_bool(&o, "bool"));
    EXPECT_OK(set(&mem, &o, "i64", "-9223372036854775808", &e));
    assert_true(option_i64(&o, "i64") == INT64_MIN);
    EXPECT_OK(set(&mem, &o, "u64", "18446744073709551615", &e));
    assert_true(option_u64(&o, "u64") == UINT64_MAX);
    EXPECT_OK(set(&mem, &o, "hex", "bdae9bbc11dd390d", &e));
    assert_true(option_u64(&o, "hex") == 0xbdae9bbc11dd390dULL);
    EXPECT_OK(set(&mem, &o, "duration", "1m30s", &e));
    assert_int_equal(option_ms(&o, "duration"), 90000);
    EXPECT_OK(set(&mem, &o, "choice", "JSON", &e));
    assert_int_equal(option_choice(&o, "choice"), 2);
    assert_true(option_given(&o, "choice"));
    assert_int_equal(option_source(&o, "choice"), OPTION_FROM_FLAG);
}

static void
test_errors(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct options o = make(&mem);
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_ERROR(set(&mem, &o, "bool", "yes", &e), ERROR_FLAG,
                 "--bool: 'yes' is neither true nor false");
    EXPECT_ERROR(set(&mem, &o, "i64", "1.5", &e), ERROR_FLAG, "--i64: '1.5' is not a whole number");
    EXPECT_ERROR(set(&mem, &o, "u64", "-1", &e), ERROR_FLAG, "--u64: '-1' is not a whole number");
    assert_false(set(&mem, &o, "hex", "0x12", &e));
    assert_int_equal(e.code, ERROR_USAGE); /* etcdctl's commands read ids themselves */
    EXPECT_ERROR(set(&mem, &o, "duration", "5", &e), ERROR_FLAG,
                 "--duration: '5': a duration needs a unit, as in 5s, 1m30s");
    EXPECT_ERROR(set(&mem, &o, "duration", "-5s", &e), ERROR_FLAG,
                 "--duration: '-5s' is a negative duration");
    EXPECT_ERROR(set(&mem, &o, "size", "5 GB", &e), ERROR_FLAG,
                 "--size: '5 GB' is not a size such as 4096, 64MiB or 2GB");
    EXPECT_ERROR(set(&mem, &o, "choice", "xml", &e), ERROR_FEATURE,
                 "--choice: 'xml' is not one of: simple table json");
    EXPECT_ERROR(set(&mem, &o, "choice", "jso", &e), ERROR_FEATURE,
                 "--choice: 'jso' is not one of: simple table json");
    assert_int_equal(option_i64(&o, "i64"), -3); /* nothing was changed */
    assert_false(option_given(&o, "choice"));
}

static void
test_lists_add_within_a_source_and_replace_across(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct options o = make(&mem);
    struct option_value *value = options_find(&o, "texts");
    struct error e = ERROR_INIT;
    const char *const *items;
    size_t count;

    (void)state;
    EXPECT_OK(option_set(&mem, value, "T", "env", OPTION_FROM_ENVIRONMENT, &e));
    items = option_list(&o, "texts", &count);
    assert_int_equal(count, 1);
    assert_string_equal(items[0], "env");
    EXPECT_OK(option_set(&mem, value, "--texts", "a,,b,", OPTION_FROM_FLAG, &e));
    EXPECT_OK(option_set(&mem, value, "--texts", "c", OPTION_FROM_FLAG, &e));
    items = option_list(&o, "texts", &count);
    assert_int_equal(count, 3);
    assert_string_equal(items[0], "a");
    assert_string_equal(items[1], "b");
    assert_string_equal(items[2], "c");
}

static void
test_sizes(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},
        {"4096", 4096},
        {"1B", 1},
        {"2k", 2000},
        {"2KB", 2000},
        {"2Ki", 2048},
        {"3MiB", 3 << 20},
        {"2GB", 2000000000},
        {"1T", 1000000000000},
        {"16777215TiB", 16777215ULL << 40},
    };
    static const char *const bad[] = {"", "GB", "1.5G", "-1", "1PB", "1KiBB", "1 k", "1iB"};
    struct error e = ERROR_INIT;
    uint64_t bytes = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        EXPECT_OK(size_parse(good[i].text, &bytes, &e));
        assert_true(bytes == good[i].bytes);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(size_parse(bad[i], &bytes, &e));
    EXPECT_ERROR(size_parse("16777216TiB", &bytes, &e), ERROR_USAGE,
                 "the size '16777216TiB' is too large");
    EXPECT_ERROR(size_parse("99999999999999999999", &bytes, &e), ERROR_USAGE,
                 "the size '99999999999999999999' is too large");
}

int
main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_lists_add_within_a_source_and_replace_across),
        cmocka_unit_test(test_sizes),
    };

    return cmocka_run_group_tests(all, NULL, NULL);
}
