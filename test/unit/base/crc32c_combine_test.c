#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

static void
test_combine_is_the_crc_of_both(void **state)
{
    uint8_t data[1000];

    (void)state;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * i + 3);
    for (size_t size = 0; size <= sizeof(data); size += 7) {
        for (size_t split = 0; split <= size; split += size / 9 + 1) {
            uint32_t a = crc32c(0, data, split);
            uint32_t b = crc32c(0, data + split, size - split);

            assert_int_equal(crc32c_combine(a, b, size - split), crc32c(0, data, size));
        }
    }
}

/* A thousand runs of zeros behind each other, up to sizes that nobody would hash in a test. */
static void
test_combine_of_long_runs(void **state)
{
    static const uint8_t zeros[1 << 16];
    uint32_t run = crc32c(0, zeros, sizeof(zeros));
    uint64_t size = sizeof(zeros);
    uint32_t stepwise = 0;

    (void)state;
    for (unsigned i = 0; i < 8; i++)
        stepwise = crc32c(stepwise, zeros, sizeof(zeros));
    for (unsigned i = 0; i < 3; i++, size *= 2)
        run = crc32c_combine(run, run, size);
    assert_int_equal(run, stepwise);
    assert_int_equal(crc32c_combine(0, 0xe3069283, 9), 0xe3069283);
    assert_int_equal(crc32c_combine(0xe3069283, 0, 0), 0xe3069283);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_combine_is_the_crc_of_both),
        cmocka_unit_test(test_combine_of_long_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
