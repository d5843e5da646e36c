#include "keys/key_sort.h"

#include <stdio.h>
#include <string.h>

#include "expect.h"

/* Adds 'count' rows whose keys come in a scattered order, every third twice; checks that they come
 * back in order, and of one key in the order of adding. */
static void
sort_many(uint32_t count)
{
    struct error e = ERROR_INIT;
    AUTO_KEY_SORT sort = KEY_SORT_INIT;
    char last[32] = "";
    uint32_t last_tag = 0;
    uint32_t got = 0;
    struct bytes key;
    struct bytes tag;

    for (uint32_t i = 0; i < count; i++) {
        char text[32];
        int size = snprintf(text, sizeof(text), "/common/%u", i % 3 * (i * 2654435761u));

        EXPECT_OK(key_sort_add(&sort, bytes_of(text, (size_t)size), bytes_of(&i, sizeof(i)), &e));
    }
    EXPECT_OK(key_sort_finish(&sort, &e));
    for (; key_sort_next(&sort, &key, &tag); got++) {
        uint32_t number;
        char text[32] = "";
        int order;

        memcpy(text, key.data, key.size);
        memcpy(&number, tag.data, sizeof(number));
        order = strcmp(last, text);
        assert_true(order < 0 || (order == 0 && number > last_tag));
        memcpy(last, text, sizeof(last));
        last_tag = number;
    }
    assert_int_equal(got, count);
}

static void
test_rows_come_back_in_order(void **state)
{
    static const uint32_t counts[] = {0, 1, 2, 1000, 128 << 10, 700000};

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
        sort_many(counts[i]);
}

static void
test_keys_may_hold_anything(void **state)
{
    static const struct bytes keys[] = {BYTES_LITERAL("a\0b"),
                                        BYTES_LITERAL("a"),
                                        BYTES_LITERAL("a\0"),
                                        {NULL, 0},
                                        BYTES_LITERAL("\xff")};
    static const size_t order[] = {3, 1, 2, 0, 4};
    AUTO_KEY_SORT sort = KEY_SORT_INIT;
    struct error e = ERROR_INIT;
    struct bytes key;
    struct bytes tag;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        EXPECT_OK(key_sort_add(&sort, keys[i], BYTES_NONE, &e));
    EXPECT_OK(key_sort_finish(&sort, &e));
    for (size_t i = 0; i < 5; i++) {
        assert_true(key_sort_next(&sort, &key, &tag));
        assert_true(bytes_equal(key, keys[order[i]]));
    }
    assert_false(key_sort_next(&sort, &key, &tag));
}

/* A key larger than a whole run. */
static void
test_a_large_key(void **state)
{
    AUTO_KEY_SORT sort = KEY_SORT_INIT;
    AUTO_ARENA tmp = ARENA_INIT;
    size_t size = 6 << 20;
    char *large = arena_alloc(&tmp, size);
    struct error e = ERROR_INIT;
    struct bytes key;
    struct bytes tag;

    (void)state;
    memset(large, 'k', size);
    EXPECT_OK(key_sort_add(&sort, BYTES_LITERAL("z"), BYTES_LITERAL("1"), &e));
    EXPECT_OK(key_sort_add(&sort, bytes_of(large, size), BYTES_LITERAL("2"), &e));
    EXPECT_OK(key_sort_add(&sort, BYTES_LITERAL("a"), BYTES_LITERAL("3"), &e));
    EXPECT_OK(key_sort_finish(&sort, &e));
    assert_true(key_sort_next(&sort, &key, &tag));
    assert_true(bytes_equal_text(tag, "3"));
    assert_true(key_sort_next(&sort, &key, &tag));
    assert_int_equal(key.size, size);
    assert_true(key_sort_next(&sort, &key, &tag));
    assert_true(bytes_equal_text(key, "z"));
    assert_false(key_sort_next(&sort, &key, &tag));
}

static void
test_no_place_for_the_file(void **state)
{
    AUTO_KEY_SORT sort = KEY_SORT_INIT;
    struct error e = ERROR_INIT;
    bool ok = true;

    (void)state;
    setenv("TMPDIR", "/nowhere", 1);
    for (uint32_t i = 0; ok && i < 1000000; i++)
        ok = key_sort_add(&sort, BYTES_LITERAL("some key"), BYTES_NONE, &e);
    unsetenv("TMPDIR");
    assert_false(ok);
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_string_equal(e.text, "temporary file below '/nowhere': No such file or directory");
    assert_string_equal(e.hint, "set TMPDIR to a directory that can be written");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_come_back_in_order),
        cmocka_unit_test(test_keys_may_hold_anything),
        cmocka_unit_test(test_a_large_key),
        cmocka_unit_test(test_no_place_for_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
