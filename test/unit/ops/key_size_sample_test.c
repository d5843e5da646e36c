/* Which keys are asked for their size: all of a few, some hundred of many, spread evenly. */
#include "ops/key_size_sample.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

static void
add_numbers(struct key_size_sample *s, uint64_t count)
{
    char key[16];

    for (uint64_t i = 0; i < count; i++) {
        int size = snprintf(key, sizeof(key), "%08" PRIu64, i);

        key_size_sample_add(s, bytes_of(key, (size_t)size));
    }
}

static uint64_t
number_at(const struct key_size_sample *s, size_t i)
{
    char text[16] = "";

    memcpy(text, s->keys[i].data, s->keys[i].size);
    return strtoull(text, NULL, 10);
}

static void
test_few_are_all(UNUSED void **state)
{
    struct key_size_sample s = KEY_SIZE_SAMPLE_INIT;

    add_numbers(&s, KEY_SIZE_SAMPLE_MOST);
    assert_int_equal(s.count, KEY_SIZE_SAMPLE_MOST);
    assert_int_equal(s.key_bytes, 8 * KEY_SIZE_SAMPLE_MOST);
    assert_int_equal(number_at(&s, 77), 77);
    key_size_sample_release(&s);
}

static void
test_many_are_spread_evenly(UNUSED void **state)
{
    static const uint64_t counts[] = {513, 1000, 1024, 1025, 183554, 1000000};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct key_size_sample s = KEY_SIZE_SAMPLE_INIT;

        add_numbers(&s, counts[i]);
        assert_int_equal(s.told, counts[i]);
        assert_int_equal(s.key_bytes, 8 * counts[i]);
        assert_in_range(s.count, KEY_SIZE_SAMPLE_MOST / 2, KEY_SIZE_SAMPLE_MOST);
        for (size_t k = 0; k < s.count; k++)
            assert_int_equal(number_at(&s, k), k * s.every);
        assert_true(counts[i] - number_at(&s, s.count - 1) <= s.every);
        key_size_sample_release(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_are_all),
        cmocka_unit_test(test_many_are_spread_evenly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
