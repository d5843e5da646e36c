#include "expect.h"

#include <inttypes.h>

#include "base/decimal.h"

static void
expect_i64(int64_t value, const char *text)
{
    AUTO_BUF out = BUF_INIT;

    buf_append_text(&out, "=");
    decimal_append_i64(&out, value);
    assert_string_equal(buf_text(&out), text);
}

static void
test_signs_and_bounds(void **state)
{
    (void)state;
    expect_i64(0, "=0");
    expect_i64(-1, "=-1");
    expect_i64(1234567890, "=1234567890");
    expect_i64(INT64_MAX, "=9223372036854775807");
    expect_i64(INT64_MIN, "=-9223372036854775808");
}

/* Each power of ten, the number in front of it, and the largest of all. */
static void
test_every_length(void **state)
{
    uint64_t power = 1;

    (void)state;
    for (unsigned digits = 1; digits <= 20; digits++, power *= 10) {
        const uint64_t values[] = {power, power - 1, digits == 20 ? UINT64_MAX : power + 1};

        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            AUTO_BUF out = BUF_INIT;
            char text[32];

            snprintf(text, sizeof(text), "%" PRIu64, values[i]);
            decimal_append_u64(&out, values[i]);
            assert_string_equal(buf_text(&out), text);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_signs_and_bounds),
        cmocka_unit_test(test_every_length),
    };

    return cmocka_run_group_tests(all, NULL, NULL);
}
