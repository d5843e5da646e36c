#include "expect.h"

#include "base/map.h"

enum { KEYS = 20000 };

/* 20,000 different keys: number, then a run of NULs. */
static struct bytes
key_of(uint32_t i, uint8_t *room)
{
    for (unsigned k = 0; k < 4; k++)
        room[k] = (uint8_t)(i >> (8 * k));
    for (unsigned k = 4; k < 12; k++)
        room[k] = 0;
    return bytes_of(room, 4 + i % 8);
}

static void
test_many_keys_with_nuls(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct map m = MAP_INIT;
    static int values[KEYS];
    uint8_t room[12];

    (void)state;
    for (uint32_t i = 0; i < KEYS; i++) {
        void **place = map_place(&tmp, &m, key_of(i, room));

        assert_null(*place);
        *place = &values[i];
    }
    assert_int_equal(m.entries.count, KEYS);
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_ptr_equal(map_get(&m, key_of(i, room)), &values[i]);
        assert_ptr_equal(*map_place(&tmp, &m, key_of(i, room)), &values[i]);
        /* in the order of insertion */
        assert_true(bytes_equal(m.entries.items[i].key, key_of(i, room)));
    }
    assert_int_equal(m.entries.count, KEYS);
    assert_null(map_get(&m, key_of(KEYS, room)));
}

static void
test_empty_key_and_empty_map(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct map m = MAP_INIT;
    int value;

    (void)state;
    assert_null(map_get(&m, BYTES_NONE));
    *map_place(&tmp, &m, BYTES_NONE) = &value;
    assert_ptr_equal(map_get(&m, BYTES_LITERAL("")), &value);
    assert_null(map_get(&m, BYTES_LITERAL("\0")));
    assert_null(map_get(&m, BYTES_LITERAL("\0\0")));
}

static void
test_keys_are_copied(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct map m = MAP_INIT;
    char key[] = "abc";
    int value;

    (void)state;
    *map_place(&tmp, &m, bytes_of_text(key)) = &value;
    key[0] = 'x';
    assert_null(map_get(&m, bytes_of_text(key)));
    assert_ptr_equal(map_get(&m, BYTES_LITERAL("abc")), &value);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_keys_with_nuls),
        cmocka_unit_test(test_empty_key_and_empty_map),
        cmocka_unit_test(test_keys_are_copied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
