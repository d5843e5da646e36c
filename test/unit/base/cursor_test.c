#include "expect.h"

#include "base/cursor.h"

static void
test_numbers(void **state)
{
    struct cursor c = cursor_of(BYTES_LITERAL("\1\1\2\1\2\3\4\1\2\3\4\5\6\7\x88"
                                              "\1\2\3\4\1\2\3\4\5\6\7\x88"));
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;

    (void)state;
    assert_true(cursor_u8(&c, &u8) && u8 == 1);
    assert_true(cursor_u16le(&c, &u16) && u16 == 0x0201);
    assert_true(cursor_u32le(&c, &u32) && u32 == 0x04030201);
    assert_true(cursor_u64le(&c, &u64) && u64 == 0x8807060504030201u);
    assert_true(cursor_u32be(&c, &u32) && u32 == 0x01020304);
    assert_true(cursor_u64be(&c, &u64) && u64 == 0x0102030405060788u);
    assert_int_equal(cursor_left(&c), 0);
    assert_false(cursor_u8(&c, &u8));
}

/* What does not fit moves nothing and sets nothing, at every length that is too short. */
static void
test_a_read_that_does_not_fit_moves_nothing(void **state)
{
    static const uint8_t data[8] = {1, 2, 3, 4, 5, 6, 7, 8};

    (void)state;
    for (size_t size = 0; size < 8; size++) {
        struct cursor c = cursor_of(bytes_of(data, size));
        uint16_t u16 = 0xaaaa;
        uint32_t u32 = 0xaaaa;
        uint64_t u64 = 0xaaaa;
        struct bytes bytes = {data, 77};

        assert_false(cursor_u64le(&c, &u64) || cursor_u64be(&c, &u64));
        assert_false(size < 4 && (cursor_u32le(&c, &u32) || cursor_u32be(&c, &u32)));
        assert_false(size < 2 && cursor_u16le(&c, &u16));
        assert_false(cursor_skip(&c, size + 1) || cursor_skip(&c, SIZE_MAX));
        assert_false(cursor_bytes(&c, size + 1, &bytes) || cursor_bytes(&c, SIZE_MAX, &bytes));
        assert_true(u16 == 0xaaaa && u32 == 0xaaaa && u64 == 0xaaaa && bytes.size == 77);
        assert_int_equal(cursor_left(&c), size);
    }
}

static void
test_bytes_stay_where_they_are(void **state)
{
    static const uint8_t data[3] = {1, 2, 3};
    struct cursor c = cursor_of(bytes_of(data, sizeof(data)));
    struct bytes bytes;

    (void)state;
    assert_true(cursor_skip(&c, 1) && cursor_bytes(&c, 2, &bytes));
    assert_ptr_equal(bytes.data, data + 1);
    assert_int_equal(bytes.size, 2);
    assert_true(cursor_bytes(&c, 0, &bytes) && cursor_skip(&c, 0));
    assert_int_equal(bytes.size, 0);
}

static void
test_nothing_can_be_read_from(void **state)
{
    struct cursor c = cursor_of(BYTES_NONE);
    struct bytes bytes;
    uint64_t value;

    (void)state;
    assert_int_equal(cursor_left(&c), 0);
    assert_true(cursor_skip(&c, 0) && cursor_bytes(&c, 0, &bytes));
    assert_false(cursor_varint(&c, &value));
}

static void
test_varint(void **state)
{
    static const struct {
        struct bytes raw;
        bool ok;
        uint64_t value;
    } cases[] = {
        {{(const uint8_t *)"\0", 1}, true, 0},
        {{(const uint8_t *)"\x7f", 1}, true, 127},
        {{(const uint8_t *)"\x80\1", 2}, true, 128},
        {{(const uint8_t *)"\xac\2", 2}, true, 300},
        {{(const uint8_t *)"\x80\0", 2}, true, 0}, /* longer than needed, as protobuf allows */
        {{(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 10}, true, UINT64_MAX},
        {{(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", 10}, false, 0},
        {{(const uint8_t *)"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\0", 11}, false, 0},
        {{(const uint8_t *)"\x80", 1}, false, 0},
        {{(const uint8_t *)"", 0}, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cursor c = cursor_of(cases[i].raw);
        uint64_t value = 77;

        assert_int_equal(cursor_varint(&c, &value), cases[i].ok);
        assert_true(value == (cases[i].ok ? cases[i].value : 77));
        assert_int_equal(cursor_left(&c), cases[i].ok ? 0 : cases[i].raw.size);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_a_read_that_does_not_fit_moves_nothing),
        cmocka_unit_test(test_bytes_stay_where_they_are),
        cmocka_unit_test(test_nothing_can_be_read_from),
        cmocka_unit_test(test_varint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
