/* Distances between keys, and steps by them. */
#include "etcd/key_step.h"

#include <string.h>

#include "expect.h"

#define TEXT(literal) BYTES_LITERAL(literal)

static void
expect_step(struct bytes start, struct key_width width, struct bytes end, struct bytes wanted)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct bytes got = key_step(&mem, start, &width, end);

    assert_int_equal(got.size, wanted.size);
    assert_memory_equal(got.data, wanted.data, wanted.size);
}

static void
test_width_between(UNUSED void **state)
{
    struct key_width w = key_width_between(TEXT("/a/1"), TEXT("/a/3"));

    assert_int_equal(w.at, 3);
    assert_int_equal(w.amount, 2ULL << 56);
    w = key_width_between(TEXT("ab"), TEXT("ab\0\1"));
    assert_int_equal(w.at, 2);
    assert_int_equal(w.amount, 1ULL << 48);
    /* They differ in nothing but NULs. */
    w = key_width_between(TEXT("ab"), TEXT("ab\0"));
    assert_int_equal(w.at, 2);
    assert_int_equal(w.amount, 1);
}

static void
test_scale(UNUSED void **state)
{
    struct key_width w = key_width_scale((struct key_width){3, 2ULL << 56}, 2.5);

    assert_int_equal(w.at, 3);
    assert_int_equal(w.amount, 5ULL << 56);
    /* Too wide for its place: one byte to the left. */
    w = key_width_scale((struct key_width){3, 1ULL << 60}, 64);
    assert_int_equal(w.at, 2);
    assert_int_equal(w.amount, 1ULL << 58);
    /* Too narrow: to the right. */
    w = key_width_scale((struct key_width){3, 1}, 0.001);
    assert_int_equal(w.at, 8);
    assert_int_equal(w.amount, 1ULL << 40);
    w = key_width_scale((struct key_width){0, 1ULL << 62}, 1000);
    assert_int_equal(w.at, 0);
    assert_int_equal(w.amount, 1ULL << 63);
}

static void
test_step(UNUSED void **state)
{
    struct key_width two = {3, 2ULL << 56};
    struct key_width beyond = {9, 1};

    expect_step(TEXT("/a/1"), two, TEXT("/b"), TEXT("/a/3"));
    expect_step(TEXT("/a/1xyz"), two, TEXT("/b"), TEXT("/a/3xyz"));
    expect_step(TEXT("/a/1"), two, TEXT("/a/2"), TEXT("/a/2"));
    expect_step(TEXT("/a/1"), two, TEXT("\0"), TEXT("/a/3"));
    /* Over the top of its place: behind all that begins with what is in front of it. */
    expect_step(TEXT("/a/\xfe"), two, TEXT("/b"), TEXT("/a0"));
    expect_step(TEXT("/a/\xfe"), two, TEXT("/a0"), TEXT("/a0"));
    expect_step(TEXT("\xff\xff\xff\xfe"), two, TEXT("\0"), TEXT("\0"));
    /* Behind the whole key: of its last byte. */
    expect_step(TEXT("/a/1"), beyond, TEXT("/b"), TEXT("/a/2"));
    expect_step(TEXT("\xff"), beyond, TEXT("\0"), TEXT("\0"));
}

static void
test_step_over_directory(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct bytes end = TEXT("/registry0");

    assert_true(bytes_equal_text(key_step_directory(&mem, TEXT("/registry/pods/team-1/x"), 22, end),
                                 "/registry/pods/team-3"));
    assert_true(bytes_equal_text(key_step_directory(&mem, TEXT("/registry/pods/team-1/x"), 15, end),
                                 "/registry/podu"));
    assert_true(
        bytes_equal_text(key_step_directory(&mem, TEXT("/registry/pods"), 99, end), "/registry0"));
    assert_true(bytes_equal(key_step_directory(&mem, TEXT("flat"), 3, end), end));
    assert_true(bytes_equal(key_step_directory(&mem, TEXT("/flat"), 3, end), end));
}

/* A step always goes up, and never beyond the end. */
static void
test_step_is_monotonous(UNUSED void **state)
{
    uint64_t seed = 1;

    for (unsigned i = 0; i < 20000; i++) {
        AUTO_ARENA mem = ARENA_INIT;
        uint8_t raw[12];
        struct bytes start;
        struct bytes to;
        struct key_width width;

        for (size_t k = 0; k < sizeof(raw); k++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            raw[k] = (uint8_t)(seed >> 60 < 4 ? 0xff * (seed >> 59 & 1) : seed >> 40);
        }
        start = bytes_of(raw, 1 + seed % sizeof(raw));
        width = key_width_scale((struct key_width){seed >> 13 & 15, (seed | 1) >> (seed & 63) | 1},
                                (double)(seed >> 20 & 255) / 16);
        to = key_step(&mem, start, &width, TEXT("\0"));
        assert_true(bytes_equal(to, TEXT("\0")) || bytes_compare(start, to) < 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width_between),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_step_over_directory),
        cmocka_unit_test(test_step_is_monotonous),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
