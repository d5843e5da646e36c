#include "expect.h"

#include <string.h>

#include "base/buf.h"

static void
test_grows_and_keeps_content(void **state)
{
    AUTO_BUF b = BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < 100000; i++)
        buf_append_byte(&b, (uint8_t)(i * 7));
    assert_int_equal(b.size, 100000);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(b.data[i], (uint8_t)(i * 7));
    buf_clear(&b);
    assert_int_equal(b.size, 0);
    assert_int_equal(buf_bytes(&b).size, 0);
}

static void
test_pieces_follow_each_other(void **state)
{
    AUTO_BUF b = BUF_INIT;

    (void)state;
    buf_append(&b, NULL, 0);
    buf_append_bytes(&b, BYTES_NONE);
    buf_append_text(&b, "");
    assert_int_equal(b.size, 0);
    buf_append(&b, "a\0b", 3);
    buf_append_bytes(&b, BYTES_LITERAL("cd"));
    buf_append_text(&b, "e");
    buf_append_zeros(&b, 2);
    buf_append_zeros(&b, 0);
    buf_printf(&b, "%s-%d", "f", 12);
    assert_true(bytes_equal(buf_bytes(&b), BYTES_LITERAL("a\0bcde\0\0f-12")));
}

static void
test_numbers_in_both_orders(void **state)
{
    AUTO_BUF b = BUF_INIT;

    (void)state;
    buf_append_u16le(&b, 0x0102);
    buf_append_u32le(&b, 0x01020304);
    buf_append_u64le(&b, 0x0102030405060708u);
    buf_append_u64be(&b, 0x0102030405060708u);
    assert_true(bytes_equal(buf_bytes(&b), BYTES_LITERAL("\2\1\4\3\2\1\10\7\6\5\4\3\2\1"
                                                         "\1\2\3\4\5\6\7\10")));
}

static void
test_consume_moves_the_rest_to_the_front(void **state)
{
    AUTO_BUF b = BUF_INIT;

    (void)state;
    buf_consume(&b, 0);
    buf_append_text(&b, "abcdef");
    buf_consume(&b, 4);
    assert_true(bytes_equal_text(buf_bytes(&b), "ef"));
    buf_consume(&b, 2);
    assert_int_equal(b.size, 0);
}

static void
test_text_ends_in_a_nul_that_does_not_count(void **state)
{
    AUTO_BUF b = BUF_INIT;

    (void)state;
    assert_string_equal(buf_text(&b), "");
    for (unsigned i = 0; i < 64; i++) /* just what the first piece holds */
        buf_append_byte(&b, 'x');
    assert_int_equal(strlen(buf_text(&b)), 64);
    assert_int_equal(b.size, 64);
    buf_append_text(&b, "y");
    assert_int_equal(strlen(buf_text(&b)), 65);
}

static void
test_reserve_and_release(void **state)
{
    struct buf b = BUF_INIT;
    const uint8_t *end;

    (void)state;
    end = buf_reserve(&b, 0);
    assert_non_null(end);
    memset(buf_reserve(&b, 5000), 1, 5000);
    assert_true(b.capacity >= 5000);
    assert_int_equal(b.size, 0);
    buf_release(&b);
    assert_null(b.data);
    assert_int_equal(b.capacity, 0);
    buf_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows_and_keeps_content),
        cmocka_unit_test(test_pieces_follow_each_other),
        cmocka_unit_test(test_numbers_in_both_orders),
        cmocka_unit_test(test_consume_moves_the_rest_to_the_front),
        cmocka_unit_test(test_text_ends_in_a_nul_that_does_not_count),
        cmocka_unit_test(test_reserve_and_release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
