#include "format/key_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend_sample.h"
#include "base/buf.h"
#include "format/proto.h"

enum { KEYS = 20000, ROWS = 60000 };

/* A row of a made-up file: a length and a key, nothing more. */
struct row {
    size_t length_at;
    size_t key_at;
    unsigned key;
    bool live;
};

static size_t
key_size_of(unsigned key)
{
    return key % 300 == 0 ? 200 : 9;
}

static struct row
row_append(struct buf *file, unsigned key, bool live)
{
    struct row row = {.length_at = file->size, .key = key, .live = live};

    proto_put_varint(file, key_size_of(key));
    row.key_at = file->size;
    buf_printf(file, "key-%05u", key);
    buf_append_zeros(file, key_size_of(key) - 9);
    return row;
}

static struct bytes
key_of(const struct buf *file, const struct row *row)
{
    return bytes_of(file->data + row->key_at, key_size_of(row->key));
}

/* The table in memory of its own, or in a file as soon as it is larger than that. */
static void
expect_newest_of_many(size_t anonymous_most_bytes)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF file = BUF_INIT;
    AUTO_KEY_INDEX ix = {0};
    struct error e = ERROR_INIT;
    struct row *rows = arena_alloc(&tmp, ROWS * sizeof(*rows));
    size_t *newest = arena_zero(&tmp, KEYS * sizeof(*newest)); /* row number + 1 */
    uint64_t seed = 11;
    size_t live = 0;

    buf_append_zeros(&file, 16);
    for (size_t i = 0; i < ROWS; i++) {
        uint64_t random = sample_random(&seed);

        rows[i] = row_append(&file, (unsigned)(random % KEYS), random >> 40 & 3);
        newest[rows[i].key] = i + 1;
    }
    OK(key_index_init(&ix, buf_bytes(&file), &e));
    ix.anonymous_most_bytes = anonymous_most_bytes;
    for (size_t i = 0; i < ROWS; i++)
        OK(key_index_put(&ix, key_of(&file, &rows[i]), NULL, rows[i].live, &e));
    OK(key_index_flush(&ix, &e));
    assert_true(ix.slot_count >= KEYS);
    for (size_t i = 0; i < ROWS; i++) {
        bool is_newest = newest[rows[i].key] == i + 1;

        live += is_newest && rows[i].live;
        assert_int_equal(key_index_is_newest(&ix, key_of(&file, &rows[i]), NULL),
                         is_newest && rows[i].live);
        assert_true(key_index_has(&ix, key_of(&file, &rows[i])));
    }
    assert_int_equal(ix.live, live);
    assert_false(key_index_has(&ix, BYTES_LITERAL("key-99999")));
}

static void
test_index_knows_the_newest_of_many(void **state)
{
    (void)state;
    expect_newest_of_many(KEY_INDEX_ANONYMOUS_MOST_BYTES);
}

static void
test_a_large_table_stands_in_a_file(void **state)
{
    (void)state;
    expect_newest_of_many(64 << 10);
    /* Without a place for it memory will do. */
    setenv("TMPDIR", "/nowhere", 1);
    expect_newest_of_many(64 << 10);
    unsetenv("TMPDIR");
}

static void
test_empty_key_is_told_by_its_row(void **state)
{
    static const uint8_t file[64];
    struct error e = ERROR_INIT;
    AUTO_KEY_INDEX ix = {0};

    (void)state;
    OK(key_index_init(&ix, bytes_of(file, sizeof(file)), &e));
    assert_false(key_index_is_newest(&ix, BYTES_NONE, file + 3));
    OK(key_index_put(&ix, BYTES_NONE, file + 3, true, &e));
    OK(key_index_put(&ix, BYTES_NONE, file + 9, true, &e));
    OK(key_index_flush(&ix, &e));
    assert_int_equal(ix.live, 1);
    assert_false(key_index_is_newest(&ix, BYTES_NONE, file + 3));
    assert_true(key_index_is_newest(&ix, BYTES_NONE, file + 9));
    OK(key_index_put(&ix, BYTES_NONE, file + 12, false, &e));
    assert_int_equal(ix.live, 0);
    assert_false(key_index_is_newest(&ix, BYTES_NONE, file + 12));
}

/* A length may be written longer than it need be: the same key must still be found. */
static void
test_long_lengths_are_lengths(void **state)
{
    static const uint8_t file[] = {'.', '.', '.', '.',  0x83, 0x00, 'a',  'b', 'c', 3,
                                   'a', 'b', 'c', 0x83, 0x80, 0x80, 0x00, 'a', 'b', 'd'};
    struct error e = ERROR_INIT;
    AUTO_KEY_INDEX ix = {0};
    struct bytes first = bytes_of(file + 6, 3);
    struct bytes second = bytes_of(file + 10, 3);
    struct bytes other = bytes_of(file + 17, 3);

    (void)state;
    OK(key_index_init(&ix, bytes_of(file, sizeof(file)), &e));
    OK(key_index_put(&ix, first, NULL, true, &e));
    OK(key_index_put(&ix, second, NULL, true, &e));
    OK(key_index_put(&ix, other, NULL, true, &e));
    OK(key_index_flush(&ix, &e));
    assert_int_equal(ix.live, 2);
    assert_int_equal(ix.used, 2);
    assert_false(key_index_is_newest(&ix, first, NULL));
    assert_true(key_index_is_newest(&ix, second, NULL));
    assert_true(key_index_is_newest(&ix, other, NULL));
}

/* Two parts of the same keys, against a count by hand. */
static void
test_a_later_part_is_newer(void **state)
{
    enum { PART_KEYS = 5000, KEY = 6 };
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    AUTO_KEY_PARTS k = {.count = 0};
    char *file = arena_zero(&tmp, (size_t)2 * PART_KEYS * (KEY + 1) + 1);
    size_t live = 0;

    (void)state;
    OK(key_parts_init(&k, bytes_of(file, (size_t)2 * PART_KEYS * (KEY + 1)), 2, &e));
    for (size_t i = 0; i < (size_t)2 * PART_KEYS; i++) {
        char *at = file + 1 + i * (KEY + 1);
        bool is_live = i % 3 != 0;

        /* The second part has every second key of the first, and others. */
        at[-1] = KEY;
        snprintf(at, KEY + 1, "%06zu", i < PART_KEYS ? i : (i - PART_KEYS) * 2);
        OK(key_parts_put(&k, i >= PART_KEYS, bytes_of(at, KEY), NULL, is_live, &e));
        live += is_live && (i >= PART_KEYS || i % 2 == 1);
    }
    OK(key_parts_put(&k, 0, BYTES_NONE, (const uint8_t *)file, true, &e));
    OK(key_parts_put(&k, 1, BYTES_NONE, (const uint8_t *)file + 1, false, &e));
    OK(key_parts_finish(&k, &e));
    assert_int_equal(k.live, live);
    for (size_t i = 0; i < (size_t)2 * PART_KEYS; i++)
        assert_int_equal(
            key_parts_is_newest(&k, i >= PART_KEYS, bytes_of(file + 1 + i * (KEY + 1), KEY), NULL),
            i % 3 != 0 && (i >= PART_KEYS || i % 2 == 1));
    assert_false(key_parts_is_newest(&k, 0, BYTES_NONE, (const uint8_t *)file));
}

static size_t
anonymous_bytes(void)
{
    char line[128];
    size_t kib = 0;
    FILE *status = fopen("/proc/self/status", "re");

    assert_non_null(status);
    while (kib == 0 && fgets(line, sizeof(line), status) != NULL)
        (void)sscanf(line, "RssAnon: %zu", &kib);
    assert_int_equal(fclose(status), 0);
    assert_int_not_equal(kib, 0);
    return kib << 10;
}

/* However many keys there are, the memory of the parts stays what it is for a million. */
static void
test_parts_of_many_keys_take_little_memory(void **state)
{
    enum { PART_KEYS = 900000, KEY = 7, SIZE = PART_KEYS * 2 * (KEY + 1) };
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    AUTO_KEY_PARTS k = {.count = 0};
    char *file = arena_zero(&tmp, (size_t)SIZE + 1);
    size_t before;

    (void)state;
    for (size_t i = 0; i < (size_t)2 * PART_KEYS; i++) {
        file[i * (KEY + 1)] = KEY;
        for (size_t left = i, at = KEY; at > 0; at--, left /= 10)
            file[i * (KEY + 1) + at] = (char)('0' + left % 10);
    }
    before = anonymous_bytes();
    OK(key_parts_init(&k, bytes_of(file, SIZE), 2, &e));
    for (size_t i = 0; i < (size_t)2 * PART_KEYS; i++)
        OK(key_parts_put(&k, i >= PART_KEYS, bytes_of(file + i * (KEY + 1) + 1, KEY), NULL, true,
                         &e));
    assert_in_range(anonymous_bytes() - before, 0,
                    KEY_INDEX_ANONYMOUS_MOST_BYTES + ((size_t)1 << 20));
    OK(key_parts_finish(&k, &e));
    assert_int_equal(k.live, 2 * PART_KEYS);
}

static void
test_a_file_beyond_a_tebibyte_is_refused(void **state)
{
    struct error e = ERROR_INIT;
    AUTO_KEY_INDEX ix = {0};

    (void)state;
    assert_false(key_index_init(&ix, bytes_of(NULL, KEY_INDEX_FILE_MOST_BYTES), &e));
    assert_int_equal(e.code, ERROR_LIMIT);
    assert_string_equal(e.text, "a database of 1099511627776 bytes, more than a TiB");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index_knows_the_newest_of_many),
        cmocka_unit_test(test_a_large_table_stands_in_a_file),
        cmocka_unit_test(test_empty_key_is_told_by_its_row),
        cmocka_unit_test(test_long_lengths_are_lengths),
        cmocka_unit_test(test_a_file_beyond_a_tebibyte_is_refused),
        cmocka_unit_test(test_a_later_part_is_newer),
        cmocka_unit_test(test_parts_of_many_keys_take_little_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
