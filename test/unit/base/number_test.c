#include "expect.h"

#include "base/number.h"

static void
test_u64(void **state)
{
    struct error e;
    uint64_t value = 7;

    (void)state;
    EXPECT_OK(number_parse_u64("0", &value, &e));
    assert_int_equal(value, 0);
    EXPECT_OK(number_parse_u64("00042", &value, &e));
    assert_int_equal(value, 42);
    EXPECT_OK(number_parse_u64("18446744073709551615", &value, &e));
    assert_true(value == UINT64_MAX);
    value = 7;
    EXPECT_ERROR(number_parse_u64("18446744073709551616", &value, &e), ERROR_USAGE,
                 "'18446744073709551616' is too large, at most 18446744073709551615 fits");
    EXPECT_ERROR(number_parse_u64("99999999999999999999999999", &value, &e), ERROR_USAGE,
                 "'99999999999999999999999999' is too large, at most 18446744073709551615 fits");
    EXPECT_ERROR(number_parse_u64("", &value, &e), ERROR_USAGE, "'' is not a whole number");
    EXPECT_ERROR(number_parse_u64("99999999999999999999999x", &value, &e), ERROR_USAGE,
                 "'99999999999999999999999x' is not a whole number");
    assert_int_equal(value, 7);
}

static void
test_only_digits(void **state)
{
    static const char *const texts[] = {" 1",  "1 ", "+1",  "-1",  "0x1",   "1.0",     "1e3",
                                        "1_0", "a",  "\t1", "1\n", "1,000", "\xd9\xa1"};
    struct error e;
    uint64_t value = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(number_parse_u64(texts[i], &value, &e));
        assert_int_equal(e.code, ERROR_USAGE);
    }
    assert_int_equal(value, 7);
}

static void
test_u32(void **state)
{
    struct error e;
    uint32_t value = 7;

    (void)state;
    EXPECT_OK(number_parse_u32("4294967295", &value, &e));
    assert_true(value == UINT32_MAX);
    value = 7;
    EXPECT_ERROR(number_parse_u32("4294967296", &value, &e), ERROR_USAGE,
                 "'4294967296' is too large, at most 4294967295 fits");
    EXPECT_ERROR(number_parse_u32("5s", &value, &e), ERROR_USAGE, "'5s' is not a whole number");
    assert_int_equal(value, 7);
}

static void
test_i64(void **state)
{
    struct error e;
    int64_t value = 7;

    (void)state;
    EXPECT_OK(number_parse_i64("9223372036854775807", &value, &e));
    assert_true(value == INT64_MAX);
    EXPECT_OK(number_parse_i64("-9223372036854775808", &value, &e));
    assert_true(value == INT64_MIN);
    EXPECT_OK(number_parse_i64("+5", &value, &e));
    assert_int_equal(value, 5);
    EXPECT_OK(number_parse_i64("-0", &value, &e));
    assert_int_equal(value, 0);
    value = 7;
    EXPECT_ERROR(number_parse_i64("9223372036854775808", &value, &e), ERROR_USAGE,
                 "'9223372036854775808' is too large, at most 9223372036854775807 fits");
    EXPECT_ERROR(number_parse_i64("-9223372036854775809", &value, &e), ERROR_USAGE,
                 "'-9223372036854775809' is too small, at least -9223372036854775808 fits");
    EXPECT_ERROR(number_parse_i64("-", &value, &e), ERROR_USAGE, "'-' is not a whole number");
    EXPECT_ERROR(number_parse_i64("--1", &value, &e), ERROR_USAGE, "'--1' is not a whole number");
    EXPECT_ERROR(number_parse_i64("+-1", &value, &e), ERROR_USAGE, "'+-1' is not a whole number");
    EXPECT_ERROR(number_parse_i64("", &value, &e), ERROR_USAGE, "'' is not a whole number");
    assert_int_equal(value, 7);
}

static void
test_id(void **state)
{
    struct error e;
    uint64_t id = 7;

    (void)state;
    EXPECT_OK(number_parse_id("8e9e05c52164694d", &id, &e));
    assert_true(id == 0x8e9e05c52164694du);
    EXPECT_OK(number_parse_id("FFFFffffFFFFffff", &id, &e));
    assert_true(id == UINT64_MAX);
    EXPECT_OK(number_parse_id("000000000000000000001a", &id, &e));
    assert_int_equal(id, 26);
    id = 7;
    EXPECT_ERROR(number_parse_id("10000000000000000", &id, &e), ERROR_USAGE,
                 "'10000000000000000' is not an id of up to 16 digits of hex");
    EXPECT_ERROR(number_parse_id("0x1a", &id, &e), ERROR_USAGE,
                 "'0x1a' is not an id of up to 16 digits of hex");
    EXPECT_ERROR(number_parse_id("", &id, &e), ERROR_USAGE,
                 "'' is not an id of up to 16 digits of hex");
    EXPECT_ERROR(number_parse_id("-1", &id, &e), ERROR_USAGE,
                 "'-1' is not an id of up to 16 digits of hex");
    assert_int_equal(id, 7);
}

static void
test_f64(void **state)
{
    static const char *const wrong[] = {"", " 1", "1 ", "0x10", "inf", "nan", "1,5", "1e999", "e"};
    struct error e;
    double value = 7;

    (void)state;
    EXPECT_OK(number_parse_f64("2.3687168e+07", &value, &e));
    assert_true(value == 23687168);
    EXPECT_OK(number_parse_f64("-0.25", &value, &e));
    assert_true(value == -0.25);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(number_parse_f64(wrong[i], &value, &e));
    EXPECT_ERROR(number_parse_f64("1.2.3", &value, &e), ERROR_USAGE, "'1.2.3' is not a number");
    assert_true(value == -0.25);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u64), cmocka_unit_test(test_only_digits), cmocka_unit_test(test_f64),
        cmocka_unit_test(test_u32), cmocka_unit_test(test_i64),         cmocka_unit_test(test_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
