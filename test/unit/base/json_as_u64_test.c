#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

static void
refused(const struct json *array, size_t i, const char *text)
{
    struct error e = ERROR_INIT;
    uint64_t value = 7;

    assert_false(json_as_u64(json_array_at(array, i), &value, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_string_equal(e.text, text);
    assert_int_equal(value, 7);
}

static void
test_items_are_exact_or_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const struct json *array;
    uint64_t value;

    (void)state;
    assert_true(json_parse(
        &tmp, bytes_of_text("[0,18446744073709551615,9223372036854775809,-1,1.5,\"1\",null]"),
        &array, &e));
    assert_true(json_as_u64(json_array_at(array, 0), &value, &e) && value == 0);
    assert_true(json_as_u64(json_array_at(array, 1), &value, &e) && value == UINT64_MAX);
    assert_true(json_as_u64(json_array_at(array, 2), &value, &e) && value == 9223372036854775809u);
    refused(array, 3, "a value is negative");
    refused(array, 4, "a value is not a whole number");
    refused(array, 5, "a value is not a whole number");
    refused(array, 6, "a value is not a whole number");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_are_exact_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
