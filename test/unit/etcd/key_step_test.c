/* Distances between keys, and steps by them. */
#include "etcd/key_step.h"

#include <string.h>

#include "expect.h"

#define TEXT(literal) BYTES_LITERAL(literal)

/* Digits: a to d, '/', and 0 to 9. */
static struct key_digits
few_digits(void)
{
    struct key_digits d;

    key_digits_init(&d);
    key_digits_learn(&d, TEXT("/abcd/0123456789"));
    return d;
}

static void
expect_step(struct bytes start, struct key_width width, struct bytes end, struct bytes wanted)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct key_digits d = few_digits();
    struct bytes got = key_step(&mem, &d, start, width, end);

    assert_int_equal(got.size, wanted.size);
    assert_memory_equal(got.data, wanted.data, wanted.size);
}

static struct key_width
units(size_t at, unsigned count)
{
    struct key_digits d = few_digits();
    struct key_width unit = key_width_unit(&d, at);

    return (struct key_width){unit.at, unit.amount * count};
}

static void
test_digits(UNUSED void **state)
{
    struct key_digits d;
    struct key_width before;

    key_digits_init(&d);
    assert_int_equal(d.count, 256);
    key_digits_learn(&d, TEXT("19a"));
    assert_int_equal(d.count, 3);
    /* '9' is followed by 'a'. */
    before = key_width_between(&d, TEXT("x9"), TEXT("xa"));
    assert_int_equal(before.at, 1);
    assert_int_equal(before.amount, key_width_unit(&d, 1).amount);
    key_digits_learn(&d, TEXT("5"));
    assert_int_equal(d.count, 4);
}

static void
test_width_between(UNUSED void **state)
{
    struct key_digits d = few_digits();
    struct key_width w = key_width_between(&d, TEXT("/a/1"), TEXT("/a/3"));

    assert_int_equal(w.at, 3);
    assert_int_equal(w.amount, units(3, 2).amount);
    /* They differ in nothing but NULs, which are no digits. */
    w = key_width_between(&d, TEXT("ab"), TEXT("ab\0"));
    assert_int_equal(w.at, 2);
    assert_int_equal(w.amount, 1);
}

static void
test_scale(UNUSED void **state)
{
    struct key_digits d = few_digits();
    struct key_width w = key_width_scale(&d, units(3, 2), 2.5);

    assert_int_equal(w.at, 3);
    assert_int_equal(w.amount, units(3, 5).amount);
    /* Too wide for its place: one byte to the left. */
    w = key_width_scale(&d, units(3, 4), 16);
    assert_int_equal(w.at, 2);
    assert_int_equal(w.amount, units(2, 4).amount);
    /* Too narrow: to the right. */
    w = key_width_scale(&d, units(3, 2), 1.0 / (16 * 16 * 16));
    assert_int_equal(w.at, 4);
    assert_int_equal(w.amount, units(4, 2).amount / 256);
    /* Nothing is wider than half of all. */
    w = key_width_scale(&d, units(0, 4), 1000);
    assert_int_equal(w.at, 0);
    assert_int_equal(w.amount, units(0, 8).amount);
    assert_true(key_width_is_above(units(2, 1), units(3, 9)));
    assert_true(key_width_is_above(units(3, 2), units(3, 1)));
    assert_false(key_width_is_above(units(3, 1), units(3, 1)));
}

static void
test_step(UNUSED void **state)
{
    expect_step(TEXT("/a/1"), units(3, 2), TEXT("/b"), TEXT("/a/3"));
    expect_step(TEXT("/a/1bcd"), units(3, 2), TEXT("/b"), TEXT("/a/3bcd"));
    expect_step(TEXT("/a/9"), units(3, 1), TEXT("/b"), TEXT("/a/a"));
    expect_step(TEXT("/a/1"), units(3, 2), TEXT("/a/2"), TEXT("/a/2"));
    expect_step(TEXT("/a/1"), units(3, 2), TEXT("\0"), TEXT("/a/3"));
    /* Over the top of its place: behind all that begins with what is in front of it. */
    expect_step(TEXT("/a/d"), units(3, 1), TEXT("/b"), TEXT("/a0"));
    expect_step(TEXT("/a/d"), units(3, 1), TEXT("/a0"), TEXT("/a0"));
    expect_step(TEXT("\xff\xff\xff"
                     "d"),
                units(3, 1), TEXT("\0"), TEXT("\0"));
    /* Behind the whole key. */
    expect_step(TEXT("/a/"), units(3, 2), TEXT("/b"), TEXT("/a/0"));
    /* Bytes that are no digits. */
    expect_step(TEXT("/a/1zz"), (struct key_width){3, 1}, TEXT("/b"), TEXT("/a/1zz\0"));
}

static void
test_directories(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;

    assert_true(bytes_equal_text(key_directory(TEXT("/pods/team-1/x")), "/pods/team-1/"));
    assert_true(bytes_equal_text(key_directory(TEXT("/pods/")), "/pods/"));
    assert_int_equal(key_directory(TEXT("/flat")).size, 0);
    assert_int_equal(key_directory(TEXT("flat")).size, 0);
    assert_true(
        bytes_equal_text(key_sibling(&mem, TEXT("/pods/team-1/"), TEXT("x")), "/pods/team-2/x"));
    assert_true(
        bytes_equal_text(key_sibling(&mem, TEXT("/pods/team-1/"), TEXT("")), "/pods/team-2/"));
}

/* A step always goes up, and never beyond the end. */
static void
test_step_is_monotonous(UNUSED void **state)
{
    struct key_digits digits[2];
    uint64_t seed = 1;

    key_digits_init(&digits[0]);
    digits[1] = few_digits();
    for (unsigned i = 0; i < 20000; i++) {
        AUTO_ARENA mem = ARENA_INIT;
        const struct key_digits *d = &digits[i % 2];
        uint8_t raw[12];
        struct bytes start;
        struct bytes to;
        struct key_width width;

        for (size_t k = 0; k < sizeof(raw); k++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            raw[k] = (uint8_t)(seed >> 60 < 4 ? 0xff * (seed >> 59 & 1) : seed >> 40);
        }
        start = bytes_of(raw, 1 + seed % sizeof(raw));
        width = key_width_scale(d, key_width_unit(d, seed >> 13 & 15),
                                (double)((seed >> 20 & 255) + 1) / (double)(1 << (seed & 15)));
        to = key_step(&mem, d, start, width, TEXT("\0"));
        assert_true(bytes_equal(to, TEXT("\0")) || bytes_compare(start, to) < 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digits),      cmocka_unit_test(test_width_between),
        cmocka_unit_test(test_scale),       cmocka_unit_test(test_step),
        cmocka_unit_test(test_directories), cmocka_unit_test(test_step_is_monotonous),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
