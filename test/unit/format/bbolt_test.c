#include "format/bbolt/bbolt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bbolt_sample.h"

/* Every golden file with what etcd's own tools say about it (test/golden/README.md). */
static const struct golden {
    const char *name;
    uint32_t page_size;
    uint64_t size_bytes;
    uint64_t row_count;
    uint32_t hash;
} goldens[] = {
    {"snap/basic-3.4.23.snap", 4096, 20480, 11, 0x603cb8bd},
    {"snap/basic-3.5.16.snap", 4096, 20480, 13, 0x400844d7},
    {"snap/basic-3.5.30.snap", 4096, 20480, 13, 0x0d404285},
    {"snap/no-trailer.db", 4096, 20480, 13, 0x0d404285},
    {"snap/rich-3.4.23.snap", 4096, 57344, 239, 0xfdedaf20},
    {"snap/rich-3.5.16.snap", 4096, 57344, 242, 0xceef5213},
    {"snap/rich-3.5.30.snap", 4096, 57344, 242, 0xefe1e300},
    {"snap/synthetic-3.6-storageversion.snap", 4096, 49152, 243, 0x2fd29d8f},
    {"bolt/compact-4k-freelistpage.db", 4096, 53248, 242, 0xefe1e300},
    {"bolt/compact-4k-nofreelistpage.db", 4096, 49152, 242, 0xefe1e300},
    {"bolt/compact-4k-noinline.db", 4096, 90112, 242, 0xefe1e300},
    {"bolt/compact-8k.db", 8192, 73728, 242, 0xefe1e300},
    {"bolt/compact-16k.db", 16384, 114688, 242, 0xefe1e300},
    {"bolt/meta0-bad.db", 4096, 20480, 13, 0x0d404285},
};

static void
test_golden_files_hold_what_etcd_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(goldens) / sizeof(*goldens); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        const struct golden *g = &goldens[i];
        struct error e = ERROR_INIT;
        uint8_t *data;
        struct bbolt db = sample_open(sample_golden(&tmp, g->name, &data), g->name);
        uint64_t rows;
        uint32_t hash;

        assert_int_equal(db.page_size, g->page_size);
        assert_int_equal(db.size_bytes, g->size_bytes);
        assert_int_equal(db.pgid, g->size_bytes / g->page_size);
        if (!sample_walk(&db, &rows, &hash, &e))
            fail_msg("%s", e.text);
        assert_int_equal(rows, g->row_count);
        assert_int_equal(hash, g->hash);
    }
}

static void
test_opening_takes_the_newer_good_meta_page(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    uint8_t *data;
    struct bytes file = sample_golden(&tmp, "snap/basic-3.5.30.snap", &data);
    struct bbolt db = sample_open(file, "a.db");
    unsigned newer = db.meta;
    uint64_t txid = db.txid;

    (void)state;
    assert_int_equal(newer, txid % 2);
    assert_false(db.meta_bad[0] || db.meta_bad[1]);
    assert_true(db.freelist == BBOLT_FREELIST_NONE);
    data[newer * 4096 + 40]++;
    db = sample_open(file, "a.db");
    assert_int_equal(db.meta, 1 - newer);
    assert_int_equal(db.txid, txid - 1);
    assert_true(db.meta_bad[newer]);
    assert_false(db.meta_bad[1 - newer]);
}

static void
test_meta_page_one_is_found_with_any_page_size(void **state)
{
    static const char *const names[] = {"bolt/compact-4k-noinline.db", "bolt/compact-8k.db",
                                        "bolt/compact-16k.db"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        uint8_t *data;
        struct bytes file = sample_golden(&tmp, names[i], &data);
        struct bbolt db;
        uint64_t rows;
        uint32_t hash;

        memset(data, 0, 100);
        db = sample_open(file, names[i]);
        assert_int_equal(db.page_size, (uint32_t)4096 << i);
        assert_int_equal(db.meta, 1);
        assert_true(db.meta_bad[0] && !db.meta_bad[1]);
        assert_true(sample_walk(&db, &rows, &hash, &e));
        assert_int_equal(hash, 0xefe1e300);
    }
}

/* bbolt does not look at a meta page's header; we tell. */
static void
test_a_wrong_meta_header_is_survived_but_told(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    uint8_t *data;
    struct bytes file = sample_golden(&tmp, "snap/basic-3.5.30.snap", &data);
    struct bbolt db = sample_open(file, "a.db");
    unsigned newer = db.meta;

    (void)state;
    data[newer * 4096 + 8] = 2;
    db = sample_open(file, "a.db");
    assert_int_equal(db.meta, newer);
    assert_true(db.meta_bad[newer]);
}

static void
open_fails(struct bytes file, enum error_code code, const char *text)
{
    struct error e = ERROR_INIT;
    struct bbolt db;

    assert_false(bbolt_open(file, "a.db", &db, &e));
    assert_string_equal(e.text, text);
    assert_int_equal(e.code, code);
}

static void
test_opening_refuses_what_is_no_bbolt_file(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    uint8_t *data;
    struct bytes file = sample_golden(&tmp, "bolt/both-metas-bad.db", &data);

    (void)state;
    open_fails(file, ERROR_FORMAT, "'a.db': page 0, byte 20: version mismatch: 3, only 2 is known");
    open_fails(BYTES_NONE, ERROR_FORMAT, "'a.db': 0 bytes are too few for a bbolt file");
    open_fails(bytes_of(data, 1023), ERROR_FORMAT,
               "'a.db': 1023 bytes are too few for a bbolt file");
    memset(data, 'x', file.size);
    open_fails(file, ERROR_FORMAT,
               "'a.db': page 0, byte 16: invalid database: the mark is 78787878, not ed0cdaed");
}

/* Both meta pages get the same number at the same place, with a right checksum. */
static void
metas_store(uint8_t *data, size_t offset, unsigned size, uint64_t value)
{
    for (size_t page = 0; page < 8192; page += 4096) {
        sample_store(data, page + offset, size, value);
        sample_seal(data, page);
    }
}

static void
test_opening_refuses_impossible_figures(void **state)
{
    static const struct {
        size_t offset;
        unsigned size;
        uint64_t value;
        enum error_code code;
        const char *text;
    } cases[] = {
        {24, 4, 4095, ERROR_CORRUPT, "'a.db': page 0, byte 24: impossible page size 4095"},
        {24, 4, 256, ERROR_CORRUPT, "'a.db': page 0, byte 24: impossible page size 256"},
        {24, 4, 131072, ERROR_CORRUPT, "'a.db': page 0, byte 24: impossible page size 131072"},
        {32, 8, 1, ERROR_CORRUPT, "'a.db': page 0, byte 32: root page 1 in a database of 22 pages"},
        {32, 8, 22, ERROR_CORRUPT,
         "'a.db': page 0, byte 32: root page 22 in a database of 22 pages"},
        {48, 8, 22, ERROR_CORRUPT,
         "'a.db': page 0, byte 48: freelist page 22 in a database of 22 pages"},
        {48, 8, 0, ERROR_CORRUPT,
         "'a.db': page 0, byte 48: freelist page 0 in a database of 22 pages"},
        {56, 8, 23, ERROR_CORRUPT,
         "'a.db': the file is cut short: 90112 bytes, its meta page 0 says 23 pages of 4096 bytes"},
        {56, 8, UINT64_MAX, ERROR_CORRUPT,
         "'a.db': the file is cut short: 90112 bytes, its meta page 0 says 18446744073709551615 "
         "pages of 4096 bytes"},
        {56, 8, 0, ERROR_CORRUPT, "'a.db': page 0, byte 32: root page 20 in a database of 0 pages"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        uint8_t *data;
        struct bytes file = sample_golden(&tmp, "bolt/compact-4k-noinline.db", &data);

        metas_store(data, cases[i].offset, cases[i].size, cases[i].value);
        open_fails(file, cases[i].code, cases[i].text);
    }
}

static void
test_opening_tells_a_bad_checksum(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt db;
    uint8_t *data;
    struct bytes file = sample_golden(&tmp, "bolt/compact-4k-noinline.db", &data);

    (void)state;
    data[72] ^= 1;
    data[4096 + 72] ^= 1;
    assert_false(bbolt_open(file, "a.db", &db, &e));
    assert_string_equal(e.text, "'a.db': page 0, byte 72: checksum error: 664a8a9e5c7d6a77, "
                                "computed 664a8a9e5c7d6a76");
    assert_string_equal(e.hint,
                        "the file is damaged: use another backup, or save one from another member");
}

/* Truncation is found at opening, wherever the file ends: what opens can be read without SIGBUS. */
static void
test_a_file_that_is_cut_does_not_open(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt db;
    uint8_t *data;
    struct bytes file = sample_golden(&tmp, "snap/rich-3.5.30.snap", &data);

    (void)state;
    for (size_t size = 0; size < 57344; size += 512)
        assert_false(bbolt_open(bytes_of(data, size), "a.db", &db, &e));
    assert_string_equal(e.text, "'a.db': the file is cut short: 56832 bytes, its meta page 0 says "
                                "14 pages of 4096 bytes");
    assert_string_equal(e.hint, "copy the file again, or use another backup");
    assert_true(bbolt_open(bytes_of(data, 57344), "a.db", &db, &e));
    file = sample_golden(&tmp, "snap/truncated.snap", &data);
    open_fails(file, ERROR_CORRUPT,
               "'a.db': the file is cut short: 14000 bytes, its meta page 0 says 5 pages of 4096 "
               "bytes");
}

static void
test_buckets_are_found_by_name(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    uint8_t *data;
    struct bbolt db = sample_open(sample_golden(&tmp, "snap/rich-3.5.30.snap", &data), "a.db");
    struct bbolt_bucket bucket = sample_bucket(&db, "key");
    struct bytes value;

    (void)state;
    assert_true(bytes_equal_text(bucket.name, "key"));
    assert_int_equal(bucket.root, 12);
    assert_int_equal(bucket.sequence, 0);
    bucket = sample_bucket(&db, "meta");
    assert_int_equal(bucket.root, 0);
    assert_true(bbolt_bucket_get(&bucket, BYTES_LITERAL("term"), &value, &e));
    assert_int_equal(value.size, 8);
    assert_int_equal(value.data[7], 2);
    assert_false(bbolt_bucket_get(&bucket, BYTES_LITERAL("terms"), &value, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_string_equal(e.text, "'a.db': bucket 'meta' has no key 'terms'");
    assert_false(bbolt_bucket_get(&bucket, BYTES_LITERAL("\x01\xff"), &value, &e));
    assert_string_equal(e.text, "'a.db': bucket 'meta' has no key 01ff");
    assert_false(bbolt_bucket_find(&db, BYTES_LITERAL("members_"), &bucket, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_string_equal(e.text, "'a.db': there is no bucket 'members_'");
    assert_false(bbolt_bucket_find(&db, BYTES_LITERAL("zzz"), &bucket, &e));
    assert_string_equal(e.text, "'a.db': there is no bucket 'zzz'");
}

static void
test_buckets_come_in_the_order_of_their_names(void **state)
{
    static const char *const names[] = {"alarm", "auth",  "authRoles", "authUsers",       "cluster",
                                        "key",   "lease", "members",   "members_removed", "meta"};
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_cursor c;
    struct bbolt_bucket bucket;
    size_t count = 0;
    uint8_t *data;
    struct bbolt db = sample_open(sample_golden(&tmp, "snap/rich-3.5.30.snap", &data), "a.db");

    (void)state;
    bbolt_cursor_init_buckets(&c, &db);
    for (; bbolt_cursor_next_bucket(&c, &bucket, &e); count++) {
        assert_true(count < 10);
        assert_true(bytes_equal_text(bucket.name, names[count]));
        assert_ptr_equal(bucket.db, &db);
    }
    assert_false(c.failed);
    assert_int_equal(count, 10);
    assert_false(bbolt_cursor_next_bucket(&c, &bucket, &e));
    assert_true(bbolt_cursor_seek_bucket(&c, BYTES_LITERAL("l"), &bucket, &e));
    assert_true(bytes_equal_text(bucket.name, "lease"));
    assert_true(bbolt_cursor_next_bucket(&c, &bucket, &e));
    assert_true(bytes_equal_text(bucket.name, "members"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_files_hold_what_etcd_says),
        cmocka_unit_test(test_opening_takes_the_newer_good_meta_page),
        cmocka_unit_test(test_meta_page_one_is_found_with_any_page_size),
        cmocka_unit_test(test_a_wrong_meta_header_is_survived_but_told),
        cmocka_unit_test(test_opening_refuses_what_is_no_bbolt_file),
        cmocka_unit_test(test_opening_refuses_impossible_figures),
        cmocka_unit_test(test_opening_tells_a_bad_checksum),
        cmocka_unit_test(test_a_file_that_is_cut_does_not_open),
        cmocka_unit_test(test_buckets_are_found_by_name),
        cmocka_unit_test(test_buckets_come_in_the_order_of_their_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
