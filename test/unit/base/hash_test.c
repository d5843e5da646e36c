#include "expect.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

static void
test_crc32c_vectors(void **state)
{
    uint8_t block[32];

    (void)state;
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c_portable(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(0, NULL, 0), 0);
    /* RFC 3720, appendix B.4. */
    memset(block, 0, sizeof(block));
    assert_int_equal(crc32c(0, block, sizeof(block)), 0x8a9136aa);
    memset(block, 0xff, sizeof(block));
    assert_int_equal(crc32c(0, block, sizeof(block)), 0x62a8ab43);
    for (unsigned i = 0; i < sizeof(block); i++)
        block[i] = (uint8_t)i;
    assert_int_equal(crc32c(0, block, sizeof(block)), 0x46dd794e);
    assert_int_equal(crc32c_portable(0, block, sizeof(block)), 0x46dd794e);
}

static void
test_crc32c_portable_is_the_native_one(void **state)
{
    uint8_t data[4096];

    (void)state;
    random_bytes(data, sizeof(data));
    for (size_t at = 0; at < 17; at++) {
        for (size_t size = 0; size < 70; size++)
            assert_int_equal(crc32c((uint32_t)size, data + at, size),
                             crc32c_portable((uint32_t)size, data + at, size));
        assert_int_equal(crc32c(7, data + at, sizeof(data) - at),
                         crc32c_portable(7, data + at, sizeof(data) - at));
    }
}

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
            assert_int_equal(crc32c(a, data + split, size - split), crc32c(0, data, size));
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

static void
test_fnv(void **state)
{
    (void)state;
    assert_true(fnv1a64(NULL, 0) == 0xcbf29ce484222325u);
    assert_true(fnv1a64("a", 1) == 0xaf63dc4c8601ec8cu);
    assert_true(fnv1a64("foobar", 6) == 0x85944171f73967e8u);
}

static void
test_hash64_tells_apart(void **state)
{
    static const uint8_t zeros[40];

    (void)state;
    assert_true(hash64("abc", 3) == hash64("abc", 3));
    /* Trailing NULs count. */
    for (size_t a = 0; a < sizeof(zeros); a++) {
        for (size_t b = 0; b < a; b++)
            assert_true(hash64(zeros, a) != hash64(zeros, b));
    }
}

static const char *
hex_of(struct arena *mem, const uint8_t *digest, size_t size)
{
    char *text = arena_alloc(mem, 2 * size + 1);

    hex_encode(digest, size, text);
    return text;
}

static void
test_digests(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_SHA256 s = sha256_new();
    uint8_t digest[SHA256_SIZE];
    const char *abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const char *nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    (void)state;
    sha256_of(BYTES_LITERAL("abc"), digest);
    assert_string_equal(hex_of(&tmp, digest, SHA256_SIZE), abc);
    sha256_of(BYTES_NONE, digest);
    assert_string_equal(hex_of(&tmp, digest, SHA256_SIZE), nothing);
    sha256_update(s, "a", 1);
    sha256_update(s, "", 0);
    sha256_update(s, "bc", 2);
    sha256_finish(s, digest);
    assert_string_equal(hex_of(&tmp, digest, SHA256_SIZE), abc);
    /* finish has started a new one */
    sha256_finish(s, digest);
    assert_string_equal(hex_of(&tmp, digest, SHA256_SIZE), nothing);
    sha1_of(BYTES_LITERAL("abc"), digest);
    assert_string_equal(hex_of(&tmp, digest, SHA1_SIZE),
                        "a9993e364706816aba3e25717850c26c9cd0d89d");
    sha256_free(NULL);
}

static void
test_random_bytes_differ(void **state)
{
    uint8_t a[300] = {0};
    uint8_t b[300] = {0};

    (void)state;
    random_bytes(a, sizeof(a));
    random_bytes(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_memory_not_equal(a + 284, b + 284, 16); /* to the end */
    random_bytes(a, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc32c_vectors),
        cmocka_unit_test(test_crc32c_portable_is_the_native_one),
        cmocka_unit_test(test_combine_is_the_crc_of_both),
        cmocka_unit_test(test_combine_of_long_runs),
        cmocka_unit_test(test_fnv),
        cmocka_unit_test(test_hash64_tells_apart),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_random_bytes_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
