#include "format/bbolt/bbolt_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "bbolt_rows.h"
#include "format/bbolt/bbolt_meta.h"

/* Whether a row of a run needs more than a page, and all of them every page of the run. */
static void
expect_tidy_run(const struct bbolt *db, const struct bbolt_page *page)
{
    uint64_t bytes = BBOLT_PAGE_HEADER_SIZE;
    bool has_large = false;
    struct bbolt_damage damage;
    struct bbolt_item item;

    for (uint32_t i = 0; i < page->count; i++) {
        uint64_t size;

        assert_true(bbolt_page_item(page, i, &item, &damage));
        size = BBOLT_ELEMENT_SIZE + item.key.size + item.value.size;
        has_large = has_large || BBOLT_PAGE_HEADER_SIZE + size > db->page_size;
        bytes += size;
    }
    assert_true(has_large);
    assert_int_equal((bytes + db->page_size - 1) / db->page_size, page->overflow + 1);
}

/* No branch page has less than two children, and overflow only where one row needs it. */
static void
expect_tidy_pages(const struct bbolt *db)
{
    struct bbolt_damage damage;
    struct bbolt_page page;

    for (uint64_t id = 2; id < db->pgid; id += (uint64_t)page.overflow + 1) {
        if (!bbolt_page_load_node(db, id, (struct bbolt_place){0, 0}, &page, &damage))
            fail_msg("%s", damage.text);
        if (page.flags == BBOLT_PAGE_BRANCH)
            assert_true(page.count >= 2);
        else if (page.overflow > 0)
            expect_tidy_run(db, &page);
    }
}

static void
round_trip(uint64_t seed, uint32_t page_size, size_t row_count, unsigned fill_percent)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_writer_options options = {.page_size = page_size, .fill_percent = fill_percent};
    struct model_bucket buckets[4] = {
        {.name = "empty"}, {.name = "key"}, {.name = "lease"}, {.name = "small"}};
    AUTO_FD first = memory_file();
    AUTO_FD second = memory_file();
    struct bytes file;
    struct bbolt db;
    uint64_t size;

    model_add_rows(&tmp, &buckets[1], &seed, row_count, page_size);
    model_add_rows(&tmp, &buckets[2], &seed, row_count / 20, 64);
    model_add_rows(&tmp, &buckets[3], &seed, 2, 16);
    model_write(buckets, 4, first, &options, &size);
    file = file_content(&tmp, first);
    assert_int_equal(file.size, size);
    model_expect(file, buckets, 4);
    db = sample_open(file, "new.db");
    assert_int_equal(db.page_size, page_size);
    assert_int_equal(db.size_bytes, size);
    expect_tidy_pages(&db);
    model_write(buckets, 4, second, &options, &size);
    assert_true(bytes_equal(file, file_content(&tmp, second)));
}

static void
test_what_is_written_is_read(void **state)
{
    (void)state;
    for (uint32_t page_size = 512; page_size <= 65536; page_size *= 2) {
        for (size_t rows = 0; rows < 1500; rows = rows * 3 + 1)
            round_trip(0x9E3779B97F4A7C15u + rows, page_size, rows, 90);
    }
    round_trip(1, 512, 1000, 10);
    round_trip(2, 512, 1000, 100);
    round_trip(3, 4096, 1000, 50);
}

/* Every number of children at which a level of branches begins or ends a page. */
static void
test_branches_share_their_last_children(void **state)
{
    (void)state;
    for (size_t rows = 0; rows < 260; rows++)
        round_trip(77, 512, rows, 90);
}

static void
test_golden_rows_survive_a_rewrite(void **state)
{
    static const uint32_t page_sizes[] = {4096, 8192, 16384};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        AUTO_FD fd = memory_file();
        uint8_t *data;
        struct bbolt db = sample_open(sample_golden(&tmp, "snap/rich-3.5.30.snap", &data), "a.db");
        struct bbolt_cursor buckets;
        struct bbolt_bucket bucket;
        AUTO_BBOLT_WRITER w;
        uint64_t size;
        uint64_t rows;
        uint32_t hash;

        bbolt_writer_init(&w, fd, "new.db",
                          &(struct bbolt_writer_options){.page_size = page_sizes[i]});
        bbolt_cursor_init_buckets(&buckets, &db);
        while (bbolt_cursor_next_bucket(&buckets, &bucket, &e)) {
            struct bbolt_cursor c;
            struct bbolt_row row;

            assert_true(bbolt_writer_bucket_begin(&w, bucket.name, &e));
            bbolt_cursor_init(&c, &bucket);
            while (bbolt_cursor_next(&c, &row, &e))
                assert_true(bbolt_writer_put(&w, row.key, row.value, &e));
            assert_false(c.failed);
            assert_true(bbolt_writer_bucket_end(&w, &e));
        }
        assert_true(bbolt_writer_finish(&w, &size, &e));
        db = sample_open(file_content(&tmp, fd), "new.db");
        assert_true(sample_walk(&db, &rows, &hash, &e));
        assert_int_equal(rows, 242);
        assert_int_equal(hash, 0xefe1e300);
    }
}

/* The whole file of one small bucket, byte by byte where it is not zero. */
static void
test_the_bytes_are_those_of_the_format(void **state)
{
    static const uint8_t root_page[] = {
        3 - 1, 0,   0,   0,   0,  0, 0, 0, 2, 0, 1, 0, 0,  0, 0, 0, /* page 2, leaf, 1 element */
        1,     0,   0,   0,   16, 0, 0, 0, 4, 0, 0, 0, 53, 0, 0, 0, /* bucket, 4 and 53 bytes */
        'm',   'e', 't', 'a',                                       /* its name */
        0,     0,   0,   0,   0,  0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0, /* inline, sequence 0 */
        0,     0,   0,   0,   0,  0, 0, 0, 2, 0, 1, 0, 0,  0, 0, 0, /* page 0, leaf, 1 element */
        0,     0,   0,   0,   16, 0, 0, 0, 4, 0, 0, 0, 1,  0, 0, 0, /* row of 4 and 1 bytes */
        't',   'e', 'r', 'm', 7,
    };
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_damage damage;
    struct bbolt_meta meta;
    AUTO_FD fd = memory_file();
    AUTO_BBOLT_WRITER w;
    struct bytes file;
    uint64_t size;

    (void)state;
    bbolt_writer_init(&w, fd, "new.db", &(struct bbolt_writer_options){.txid = 9});
    assert_true(bbolt_writer_bucket_begin(&w, BYTES_LITERAL("meta"), &e));
    assert_true(bbolt_writer_put(&w, BYTES_LITERAL("term"), BYTES_LITERAL("\x07"), &e));
    assert_true(bbolt_writer_bucket_end(&w, &e));
    assert_true(bbolt_writer_finish(&w, &size, &e));
    file = file_content(&tmp, fd);
    assert_int_equal(size, 3 * 4096);
    assert_int_equal(file.size, size);
    assert_memory_equal(file.data + 8192, root_page, sizeof(root_page));
    for (size_t i = 8192 + sizeof(root_page); i < file.size; i++)
        assert_int_equal(file.data[i], 0);
    for (unsigned id = 0; id < 2; id++) {
        assert_true(bbolt_meta_decode(file, id * 4096, id, &meta, &damage));
        assert_false(meta.header_bad);
        assert_int_equal(meta.txid, id == 1 ? 9 : 8);
        assert_int_equal(meta.root, 2);
        assert_int_equal(meta.pgid, 3);
        assert_true(meta.freelist == UINT64_MAX);
        for (size_t i = 80; i < 4096; i++)
            assert_int_equal(file.data[id * 4096 + i], 0);
    }
}

/* bbolt's rule: a quarter of a page, both headers not counted twice. */
static void
test_small_buckets_are_inline(void **state)
{
    (void)state;
    for (size_t value_size = 1024 - 16 - 16 - 1 - 1; value_size <= 1024 - 16 - 16 - 1 + 1;
         value_size++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        AUTO_FD fd = memory_file();
        AUTO_BBOLT_WRITER w;
        struct bbolt db;
        uint64_t size;
        uint64_t seed = 5;

        bbolt_writer_init(&w, fd, "new.db", &(struct bbolt_writer_options){0});
        assert_true(bbolt_writer_bucket_begin(&w, BYTES_LITERAL("b"), &e));
        assert_true(
            bbolt_writer_put(&w, BYTES_LITERAL("k"), model_bytes(&tmp, &seed, value_size), &e));
        assert_true(bbolt_writer_bucket_end(&w, &e));
        assert_true(bbolt_writer_finish(&w, &size, &e));
        db = sample_open(file_content(&tmp, fd), "new.db");
        assert_int_equal(sample_bucket(&db, "b").root == 0, value_size <= 1024 - 16 - 16 - 1);
    }
}

/* Larger than the writer's buffer: goes to the file directly. */
static void
test_large_rows_have_their_own_pages(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct model_bucket bucket = {.name = "key"};
    AUTO_FD fd = memory_file();
    uint64_t seed = 11;
    uint64_t size;
    struct bytes key = model_bytes(&tmp, &seed, BBOLT_KEY_SIZE_MOST);

    (void)state;
    memset((uint8_t *)(uintptr_t)key.data, 9, 8);
    *ARRAY_PUSH(&tmp, &bucket.rows) =
        (struct bbolt_row){BYTES_LITERAL("a0000000"), model_bytes(&tmp, &seed, 4096 - 16 - 16 - 8)};
    bucket.rows.items[0].key = BYTES_LITERAL("\1\1\1\1\1\1\1\1");
    *ARRAY_PUSH(&tmp, &bucket.rows) = (struct bbolt_row){
        BYTES_LITERAL("\2\1\1\1\1\1\1\1"), model_bytes(&tmp, &seed, 4096 - 16 - 16 - 8 + 1)};
    *ARRAY_PUSH(&tmp, &bucket.rows) =
        (struct bbolt_row){BYTES_LITERAL("\3\1\1\1\1\1\1\1"), model_bytes(&tmp, &seed, 5 << 20)};
    *ARRAY_PUSH(&tmp, &bucket.rows) = (struct bbolt_row){BYTES_LITERAL("\4"), BYTES_NONE};
    *ARRAY_PUSH(&tmp, &bucket.rows) = (struct bbolt_row){key, BYTES_NONE};
    model_write(&bucket, 1, fd, &(struct bbolt_writer_options){0}, &size);
    model_expect(file_content(&tmp, fd), &bucket, 1);
    /* A leaf of 2 pages for two rows, of 1281 for one, of 9 for the last two; a branch of these, the long
     * key not among its own; the root and two meta pages. */
    assert_int_equal(size / 4096, 2 + 1281 + 9 + 1 + 1 + 2);
}

/* 'count' rows of one size: how many pages that makes. */
static uint64_t
pages_of_rows(uint32_t page_size, size_t count, size_t key_size, size_t value_size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct model_bucket bucket = {.name = "key"};
    AUTO_FD fd = memory_file();
    struct bbolt_damage damage;
    struct bbolt_page page;
    struct bbolt db;
    uint64_t seed = 4;
    uint64_t size;

    for (size_t i = 0; i < count; i++) {
        struct bytes key = bytes_of(arena_printf(&tmp, "%0*zu", (int)key_size, i), key_size);

        *ARRAY_PUSH(&tmp, &bucket.rows) =
            (struct bbolt_row){key, model_bytes(&tmp, &seed, value_size)};
    }
    model_write(&bucket, 1, fd, &(struct bbolt_writer_options){.page_size = page_size}, &size);
    model_expect(file_content(&tmp, fd), &bucket, 1);
    db = sample_open(file_content(&tmp, fd), "new.db");
    expect_tidy_pages(&db);
    for (uint64_t id = 2; id < db.pgid; id += (uint64_t)page.overflow + 1) {
        assert_true(bbolt_page_load_node(&db, id, (struct bbolt_place){0, 0}, &page, &damage));
        if (page.flags == BBOLT_PAGE_BRANCH)
            assert_int_equal(page.overflow, 0);
    }
    return db.pgid;
}

/* Three children fill a branch of these: a fourth takes one over instead of being alone. */
static void
test_branches_stay_within_their_page(void **state)
{
    (void)state;
    for (size_t count = 1; count < 60; count++)
        (void)pages_of_rows(512, count, 120, 300);
    assert_int_equal(pages_of_rows(512, 4, 120, 300), 2 + 4 + 2 + 1 + 1);
}

static void
test_pages_are_filled_as_promised(void **state)
{
    (void)state;
    /* A single row is its bucket's root, however large. */
    assert_int_equal(pages_of_rows(4096, 1, 17, 5000), 2 + 2 + 1);
    /* Two rows share a page beyond the limit of 90 %, three do not. */
    assert_int_equal(pages_of_rows(4096, 10, 17, 2000), 2 + 5 + 1 + 1);
    assert_int_equal(pages_of_rows(4096, 12, 17, 1320), 2 + 6 + 1 + 1);
    assert_int_equal(pages_of_rows(4096, 12, 17, 1180), 2 + 4 + 1 + 1);
    /* Of rows larger than a page as many join as save a page each, up to four pages. */
    assert_int_equal(pages_of_rows(4096, 12, 17, 5000), 2 + 12 / 3 * 4 + 1 + 1);
    assert_int_equal(pages_of_rows(4096, 12, 17, 10000), 2 + 12 / 2 * 5 + 1 + 1);
    /* What is larger than that joins in pairs, as in bbolt. */
    assert_int_equal(pages_of_rows(4096, 12, 17, 16 * 4096 + 100), 2 + 12 / 2 * 33 + 1 + 1);
}

static void
put_fails(struct bbolt_writer *w, struct bytes key, struct bytes value, const char *text)
{
    struct error e = ERROR_INIT;

    assert_false(bbolt_writer_put(w, key, value, &e));
    assert_string_equal(e.text, text);
    assert_int_equal(e.code, ERROR_FORMAT);
}

static void
test_rows_that_cannot_be_are_refused(void **state)
{
    static const uint8_t large[BBOLT_KEY_SIZE_MOST + 1];
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    AUTO_FD fd = memory_file();
    AUTO_BBOLT_WRITER w;
    uint64_t size;

    (void)state;
    bbolt_writer_init(&w, fd, "new.db", &(struct bbolt_writer_options){0});
    assert_true(bbolt_writer_bucket_begin(&w, BYTES_LITERAL("key"), &e));
    put_fails(&w, BYTES_NONE, BYTES_NONE, "'new.db': bbolt has no empty keys");
    put_fails(&w, bytes_of(large, sizeof(large)), BYTES_NONE,
              "'new.db': a key of 32769 bytes, bbolt's limit is 32768");
    put_fails(&w, BYTES_LITERAL("a"), bytes_of(large, 0x7fffffff),
              "'new.db': key 'a': a value of 2147483647 bytes, bbolt's limit is 2147483646");
    assert_true(bbolt_writer_put(&w, BYTES_LITERAL("b"), BYTES_LITERAL("1"), &e));
    put_fails(&w, BYTES_LITERAL("a"), BYTES_NONE, "'new.db': key 'a' does not come after 'b'");
    put_fails(&w, BYTES_LITERAL("b"), BYTES_NONE, "'new.db': key 'b' does not come after 'b'");
    assert_true(bbolt_writer_bucket_end(&w, &e));
    assert_false(bbolt_writer_bucket_begin(&w, BYTES_LITERAL("auth"), &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_string_equal(e.text, "bucket names: 'new.db': key 'auth' does not come after 'key'");
    /* A refusal changes nothing: what was put before is there. */
    assert_true(bbolt_writer_finish(&w, &size, &e));
    {
        struct bbolt_row row = {BYTES_LITERAL("b"), BYTES_LITERAL("1")};
        struct model_bucket bucket = {.name = "key", .rows = {&row, 1, 1}};

        model_expect(file_content(&tmp, fd), &bucket, 1);
    }
}

static void
test_a_full_disk_is_told(void **state)
{
    static const uint8_t value[2 << 20];
    struct error e = ERROR_INIT;
    AUTO_FD fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    AUTO_BBOLT_WRITER w;
    AUTO_BBOLT_WRITER v;
    uint64_t size;

    (void)state;
    assert_true(fd >= 0);
    bbolt_writer_init(&w, fd, "new.db", &(struct bbolt_writer_options){0});
    assert_true(bbolt_writer_bucket_begin(&w, BYTES_LITERAL("key"), &e));
    assert_false(bbolt_writer_put(&w, BYTES_LITERAL("a"), bytes_of(value, sizeof(value)), &e));
    assert_int_equal(e.code, ERROR_NO_SPACE);
    assert_string_equal(e.text, "'new.db': No space left on device");
    bbolt_writer_init(&v, fd, "new.db", &(struct bbolt_writer_options){0});
    assert_false(bbolt_writer_finish(&v, &size, &e));
    assert_int_equal(e.code, ERROR_NO_SPACE);
}

/* A file without its last step, the meta pages, does not open. */
static void
test_an_unfinished_file_does_not_open(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    AUTO_FD fd = memory_file();
    AUTO_BBOLT_WRITER w;
    struct bbolt db;
    uint64_t seed = 3;

    (void)state;
    bbolt_writer_init(&w, fd, "new.db", &(struct bbolt_writer_options){0});
    assert_true(bbolt_writer_bucket_begin(&w, BYTES_LITERAL("key"), &e));
    assert_true(bbolt_writer_put(&w, BYTES_LITERAL("a"), model_bytes(&tmp, &seed, 2 << 20), &e));
    assert_false(bbolt_open(file_content(&tmp, fd), "new.db", &db, &e));
    assert_string_equal(
        e.text, "'new.db': page 0, byte 16: invalid database: the mark is 00000000, not ed0cdaed");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_branches_share_their_last_children),
        cmocka_unit_test(test_golden_rows_survive_a_rewrite),
        cmocka_unit_test(test_the_bytes_are_those_of_the_format),
        cmocka_unit_test(test_small_buckets_are_inline),
        cmocka_unit_test(test_large_rows_have_their_own_pages),
        cmocka_unit_test(test_branches_stay_within_their_page),
        cmocka_unit_test(test_pages_are_filled_as_promised),
        cmocka_unit_test(test_rows_that_cannot_be_are_refused),
        cmocka_unit_test(test_a_full_disk_is_told),
        cmocka_unit_test(test_an_unfinished_file_does_not_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
