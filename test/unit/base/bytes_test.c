#include "expect.h"

#include "base/bytes.h"

static void
test_equal_and_prefix(void **state)
{
    struct bytes nul = BYTES_LITERAL("a\0b");

    (void)state;
    assert_true(bytes_equal(BYTES_NONE, BYTES_LITERAL("")));
    assert_true(bytes_equal(nul, bytes_of("a\0bc", 3)));
    assert_false(bytes_equal(nul, BYTES_LITERAL("a\0c")));
    assert_false(bytes_equal(nul, BYTES_LITERAL("a")));
    assert_false(bytes_equal_text(nul, "a"));
    assert_true(bytes_equal_text(BYTES_LITERAL("ab"), "ab"));
    assert_true(bytes_equal_text(BYTES_NONE, ""));
    assert_true(bytes_starts_with(nul, BYTES_LITERAL("a\0")));
    assert_true(bytes_starts_with(nul, BYTES_NONE));
    assert_true(bytes_starts_with(BYTES_NONE, BYTES_NONE));
    assert_false(bytes_starts_with(BYTES_LITERAL("a"), nul));
    assert_false(bytes_starts_with(nul, BYTES_LITERAL("b")));
}

static void
test_order_is_that_of_etcd(void **state)
{
    /* Each one before the next. */
    static const struct bytes sorted[] = {
        {NULL, 0},
        {(const uint8_t *)"\0", 1},
        {(const uint8_t *)"\0\0", 2},
        {(const uint8_t *)"a", 1},
        {(const uint8_t *)"a\0", 2},
        {(const uint8_t *)"ab", 2},
        {(const uint8_t *)"b", 1},
        {(const uint8_t *)"\x80", 1},
        {(const uint8_t *)"\xff", 1},
    };

    (void)state;
    for (size_t a = 0; a < sizeof(sorted) / sizeof(sorted[0]); a++) {
        for (size_t b = 0; b < sizeof(sorted) / sizeof(sorted[0]); b++) {
            int order = bytes_compare(sorted[a], sorted[b]);

            assert_true(a < b ? order < 0 : a > b ? order > 0 : order == 0);
        }
    }
}

static void
test_hex(void **state)
{
    uint8_t raw[4] = {0};
    char text[9];

    (void)state;
    hex_encode("\x00\x9f\xab\xff", 4, text);
    assert_string_equal(text, "009fabff");
    assert_true(hex_decode("009FaBff", raw, 4));
    assert_memory_equal(raw, "\x00\x9f\xab\xff", 4);
    assert_true(hex_decode("", raw, 0));
    assert_false(hex_decode("009fab", raw, 4));
    assert_false(hex_decode("009fabff0", raw, 4));
    assert_false(hex_decode("009fabf", raw, 4));
    assert_false(hex_decode("009fabfg", raw, 4));
    assert_false(hex_decode("0x9fabff", raw, 4));
    hex_encode(NULL, 0, text);
    assert_string_equal(text, "");
    assert_int_equal(hex_digit('0'), 0);
    assert_int_equal(hex_digit('9'), 9);
    assert_int_equal(hex_digit('a'), 10);
    assert_int_equal(hex_digit('F'), 15);
    assert_int_equal(hex_digit('g'), -1);
    assert_int_equal(hex_digit('/'), -1);
    assert_int_equal(hex_digit(':'), -1);
    assert_int_equal(hex_digit('\0'), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_and_prefix),
        cmocka_unit_test(test_order_is_that_of_etcd),
        cmocka_unit_test(test_hex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
