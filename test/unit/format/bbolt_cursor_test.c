#include "format/bbolt/bbolt_cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "bbolt_sample.h"

enum { ROWS_MOST = 300 };

static size_t
rows_read(const struct bbolt_bucket *bucket, struct bbolt_row rows[ROWS_MOST])
{
    struct error e = ERROR_INIT;
    struct bbolt_cursor c;
    size_t count = 0;

    bbolt_cursor_init(&c, bucket);
    while (bbolt_cursor_next(&c, &rows[count], &e))
        assert_true(++count < ROWS_MOST);
    if (c.failed)
        fail_msg("%s", e.text);
    assert_false(bbolt_cursor_next(&c, &rows[count], &e));
    return count;
}

static size_t
first_from(const struct bbolt_row *rows, struct bytes key)
{
    size_t i = 0;

    while (bytes_compare(rows[i].key, key) < 0)
        i++;
    return i;
}

static void
test_seek_finds_each_row_and_goes_on_behind_it(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_row rows[ROWS_MOST];
    struct bbolt_row row;
    struct bbolt_cursor c;
    uint8_t *data;
    struct bbolt db = sample_open(sample_golden(&tmp, "snap/rich-3.5.30.snap", &data), "a.db");
    struct bbolt_bucket bucket = sample_bucket(&db, "key");
    size_t count = rows_read(&bucket, rows);

    (void)state;
    assert_int_equal(count, 227);
    bbolt_cursor_init(&c, &bucket);
    for (size_t i = 0; i < count; i++) {
        struct bytes shorter = bytes_of(rows[i].key.data, rows[i].key.size - 1);

        assert_true(bbolt_cursor_seek(&c, rows[i].key, &row, &e));
        assert_ptr_equal(row.key.data, rows[i].key.data);
        assert_ptr_equal(row.value.data, rows[i].value.data);
        assert_int_equal(bbolt_cursor_next(&c, &row, &e), i + 1 < count);
        if (i + 1 < count)
            assert_ptr_equal(row.key.data, rows[i + 1].key.data);
        /* Between two keys: a prefix is smaller than the whole. */
        assert_true(bbolt_cursor_seek(&c, shorter, &row, &e));
        assert_ptr_equal(row.key.data, rows[first_from(rows, shorter)].key.data);
    }
    assert_true(bbolt_cursor_seek(&c, BYTES_NONE, &row, &e));
    assert_ptr_equal(row.key.data, rows[0].key.data);
    assert_false(bbolt_cursor_seek(&c, BYTES_LITERAL("\xff"), &row, &e));
    assert_false(c.failed);
}

static void
test_last_is_the_greatest_key(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_row rows[ROWS_MOST];
    struct bbolt_row row;
    struct bbolt_cursor c;
    uint8_t *data;
    struct bbolt db = sample_open(sample_golden(&tmp, "snap/rich-3.5.30.snap", &data), "a.db");
    struct bbolt_bucket bucket = sample_bucket(&db, "key");
    size_t count = rows_read(&bucket, rows);

    (void)state;
    bbolt_cursor_init(&c, &bucket);
    assert_true(bbolt_cursor_last(&c, &row, &e));
    assert_ptr_equal(row.key.data, rows[count - 1].key.data);
    assert_false(bbolt_cursor_next(&c, &row, &e));
    bucket = sample_bucket(&db, "meta");
    bbolt_cursor_init(&c, &bucket);
    assert_true(bbolt_cursor_last(&c, &row, &e));
    assert_true(bytes_equal_text(row.key, "term"));
}

static void
test_an_empty_bucket_has_no_rows(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_row row;
    struct bbolt_cursor c;
    uint8_t *data;
    struct bbolt db = sample_open(sample_golden(&tmp, "snap/basic-3.5.30.snap", &data), "a.db");
    struct bbolt_bucket bucket = sample_bucket(&db, "alarm");

    (void)state;
    bbolt_cursor_init(&c, &bucket);
    assert_false(bbolt_cursor_next(&c, &row, &e));
    assert_false(bbolt_cursor_last(&c, &row, &e));
    assert_false(bbolt_cursor_seek(&c, BYTES_LITERAL("a"), &row, &e));
    assert_false(c.failed);
}

/* The last leaf of the key bucket loses its rows: the last row is that of the leaf before. */
static void
test_empty_leaves_are_passed_over(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_row row;
    struct bbolt_cursor c;
    uint8_t *data;
    struct bytes file = sample_golden(&tmp, "bolt/compact-4k-noinline.db", &data);
    struct bbolt db;
    struct bbolt_bucket bucket;

    (void)state;
    sample_store(data, 14 * 4096 + 10, 2, 0);
    db = sample_open(file, "a.db");
    bucket = sample_bucket(&db, "key");
    bbolt_cursor_init(&c, &bucket);
    assert_true(bbolt_cursor_last(&c, &row, &e));
    assert_int_equal(row.value.size, 9016);
    assert_false(bbolt_cursor_seek(&c, BYTES_LITERAL("\0\0\0\0\0\0\0\xed_"), &row, &e));
    assert_false(c.failed);
    /* And one in the middle. */
    sample_store(data, 8 * 4096 + 10, 2, 0);
    assert_true(bbolt_cursor_seek(&c, BYTES_LITERAL("\0\0\0\0\0\0\0\x50_"), &row, &e));
    assert_int_equal(row.key.data[7], 0x88);
}

/* Each inline bucket's page and rows at each address modulo 8. */
static void
test_rows_are_read_at_any_address(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 8; shift++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        uint8_t *data;
        struct bytes file = sample_golden(&tmp, "snap/rich-3.5.30.snap", &data);
        uint8_t *moved = arena_alloc(&tmp, file.size + shift);
        struct bbolt db;
        uint64_t rows;
        uint32_t hash;

        memcpy(moved + shift, file.data, file.size);
        db = sample_open(bytes_of(moved + shift, file.size), "a.db");
        assert_true(sample_walk(&db, &rows, &hash, &e));
        assert_int_equal(hash, 0xefe1e300);
    }
}

/* A chain of branches that is longer than any tree is high. */
static void
test_a_tree_that_is_too_high_is_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_cursor c;
    struct bbolt_row row;
    struct bbolt db = sample_open(sample_chain(&tmp), "a.db");
    struct bbolt_bucket bucket;

    (void)state;
    bucket = sample_bucket(&db, "key");
    bbolt_cursor_init(&c, &bucket);
    assert_false(bbolt_cursor_next(&c, &row, &e));
    assert_true(c.failed);
    assert_string_equal(e.text, "'a.db': page 53, byte 217104: the tree has more than 32 levels");
    assert_false(bbolt_cursor_last(&c, &row, &e));
    assert_true(c.failed);
    assert_false(bbolt_cursor_seek(&c, BYTES_LITERAL("a"), &row, &e));
    assert_true(c.failed);
}

/* From the end, each row once, inline buckets and an empty one included. */
static void
test_previous_is_next_backwards(void **state)
{
    static const char *const names[] = {"key", "meta", "lease", "alarm", "members_removed"};
    AUTO_ARENA tmp = ARENA_INIT;
    uint8_t *data;
    struct bbolt db = sample_open(sample_golden(&tmp, "snap/rich-3.5.30.snap", &data), "a.db");

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct bbolt_bucket bucket = sample_bucket(&db, names[i]);
        struct bbolt_row rows[ROWS_MOST];
        size_t count = rows_read(&bucket, rows);
        struct error e = ERROR_INIT;
        struct bbolt_cursor c;
        struct bbolt_row row;

        bbolt_cursor_init(&c, &bucket);
        while (count > 0) {
            assert_true(bbolt_cursor_previous(&c, &row, &e));
            assert_ptr_equal(row.key.data, rows[--count].key.data);
            assert_ptr_equal(row.value.data, rows[count].value.data);
        }
        assert_false(bbolt_cursor_previous(&c, &row, &e));
        assert_false(c.failed);
    }
}

static void
test_previous_stops_at_keys_that_do_not_descend(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    uint8_t *data;
    struct bbolt db = sample_open(sample_golden(&tmp, "snap/rich-3.5.30.snap", &data), "a.db");
    struct bbolt_bucket bucket = sample_bucket(&db, "key");
    struct bbolt_row rows[ROWS_MOST];
    size_t count = rows_read(&bucket, rows);
    struct bbolt_cursor c;
    struct bbolt_row row;

    (void)state;
    data[rows[count - 2].key.data - data] = 0xff;
    bbolt_cursor_init(&c, &bucket);
    assert_true(bbolt_cursor_previous(&c, &row, &e));
    assert_false(bbolt_cursor_previous(&c, &row, &e));
    assert_true(c.failed);
    assert_int_equal(e.code, ERROR_CORRUPT);
    assert_non_null(strstr(e.text, "is not smaller than the one behind it"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seek_finds_each_row_and_goes_on_behind_it),
        cmocka_unit_test(test_previous_is_next_backwards),
        cmocka_unit_test(test_previous_stops_at_keys_that_do_not_descend),
        cmocka_unit_test(test_last_is_the_greatest_key),
        cmocka_unit_test(test_an_empty_bucket_has_no_rows),
        cmocka_unit_test(test_empty_leaves_are_passed_over),
        cmocka_unit_test(test_rows_are_read_at_any_address),
        cmocka_unit_test(test_a_tree_that_is_too_high_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
