#include "format/bbolt/bbolt_edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "bbolt_rows.h"

/* The edited file in memory, from the source's bytes and the edit. */
static struct bytes
edited(struct arena *mem, const struct bbolt *db, const struct bbolt_edit *edit)
{
    uint8_t *data = arena_alloc(mem, (size_t)edit->size_bytes);

    assert_int_equal(edit->tail_offset, db->size_bytes);
    assert_int_equal(edit->tail_offset + edit->tail.size, edit->size_bytes);
    assert_int_equal(edit->metas.size, 2 * db->page_size);
    memcpy(data, db->file.data, (size_t)db->size_bytes);
    memcpy(data + edit->tail_offset, edit->tail.data, edit->tail.size);
    memcpy(data, edit->metas.data, edit->metas.size);
    return bytes_of(data, (size_t)edit->size_bytes);
}

static struct bytes
edit_bytes(struct arena *mem, const struct bbolt *db, const struct bbolt_change *changes,
           size_t count)
{
    struct error e = ERROR_INIT;
    struct bbolt_edit edit;

    if (!bbolt_edit_build(mem, db, changes, count, &edit, &e))
        fail_msg("%s", e.text);
    return edited(mem, db, &edit);
}

/* Appends more rows to a bucket of each size, several times on the result of the last edit. */
static void
append_round_trip(uint64_t seed, uint32_t page_size, size_t row_count, size_t more_count)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_writer_options options = {.page_size = page_size};
    struct model_bucket buckets[3] = {{.name = "alarm"}, {.name = "key"}, {.name = "meta"}};
    AUTO_FD fd = memory_file();
    struct bytes file;
    uint64_t size;

    model_add_rows(&tmp, &buckets[0], &seed, 1, 16);
    model_add_rows(&tmp, &buckets[1], &seed, row_count, page_size);
    model_add_rows(&tmp, &buckets[2], &seed, 4, 16);
    model_write(buckets, 3, fd, &options, &size);
    file = file_content(&tmp, fd);
    for (unsigned round = 0; round < 3; round++) {
        struct bbolt db = sample_open(file, "new.db");
        size_t before = buckets[1].rows.count;
        uint64_t txid = db.txid;
        struct bbolt_change change = {.kind = BBOLT_APPEND_ROWS, .bucket = BYTES_LITERAL("key")};

        model_add_rows(&tmp, &buckets[1], &seed, more_count, page_size);
        change.rows = buckets[1].rows.items + before;
        change.row_count = more_count;
        file = edit_bytes(&tmp, &db, &change, 1);
        model_expect(file, buckets, 3);
        db = sample_open(file, "new.db");
        assert_int_equal(db.txid, txid + 1);
        assert_int_equal(db.meta, db.txid % 2);
        assert_true(db.freelist == BBOLT_FREELIST_NONE);
        assert_false(db.meta_bad[0] || db.meta_bad[1]);
    }
}

static void
test_appended_rows_are_read(void **state)
{
    (void)state;
    for (uint32_t page_size = 512; page_size <= 65536; page_size *= 2) {
        for (size_t rows = 0; rows < 1000; rows = rows * 3 + 1) {
            append_round_trip(42 + rows, page_size, rows, 1);
            append_round_trip(43 + rows, page_size, rows, 40);
        }
    }
    for (size_t rows = 0; rows < 130; rows++)
        append_round_trip(7, 512, rows, 2);
}

/* Only the right edge is written again: a bump of a large bucket costs a few pages. */
static void
test_appending_writes_only_the_right_edge(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct model_bucket bucket = {.name = "key"};
    struct bbolt_row row = {BYTES_LITERAL("\xff"), BYTES_NONE};
    struct bbolt_change change = {BBOLT_APPEND_ROWS, BYTES_LITERAL("key"), &row, 1};
    AUTO_FD fd = memory_file();
    struct bbolt_edit edit;
    struct bbolt db;
    uint64_t seed = 1;
    uint64_t size;

    (void)state;
    for (unsigned i = 0; i < 20; i++)
        model_add_rows(&tmp, &bucket, &seed, 1000, 64);
    model_write(&bucket, 1, fd, &(struct bbolt_writer_options){.page_size = 4096}, &size);
    db = sample_open(file_content(&tmp, fd), "new.db");
    assert_true(bbolt_edit_build(&tmp, &db, &change, 1, &edit, &e));
    assert_true(size > 300 * 4096);
    assert_true(edit.tail.size <= 5 * 4096);
}

/* What a restore does with a snapshot, on each golden file. */
static void
restore_round_trip(const char *name)
{
    static const struct bbolt_row members[] = {
        {{(const uint8_t *)"52268d43292ae2d1", 16}, {(const uint8_t *)"{\"id\":1}", 8}},
        {{(const uint8_t *)"6c6871ae65a6a396", 16}, {(const uint8_t *)"{\"id\":2}", 8}},
    };
    static const struct bbolt_row meta[] = {
        {{(const uint8_t *)"consistent_index", 16}, {(const uint8_t *)"\0\0\0\0\0\0\0\3", 8}},
        {{(const uint8_t *)"scheduledCompactRev", 19},
         {(const uint8_t *)"\0\0\0\0\0\1\0\0_\0\0\0\0\0\0\0\0", 17}},
    };
    static const struct bbolt_row bump = {
        {(const uint8_t *)"\0\0\0\0\0\1\0\0_\0\0\0\0\0\0\0\0", 17}, {NULL, 0}};
    static const struct bbolt_row zone = {{(const uint8_t *)"z", 1}, {(const uint8_t *)"1", 1}};
    static const struct bbolt_change changes[] = {
        {BBOLT_REPLACE_ROWS, {(const uint8_t *)"zone", 4}, &zone, 1},
        {BBOLT_APPEND_ROWS, {(const uint8_t *)"key", 3}, &bump, 1},
        {BBOLT_PUT_ROWS, {(const uint8_t *)"meta", 4}, meta, 2},
        {BBOLT_REPLACE_ROWS, {(const uint8_t *)"members", 7}, members, 2},
        {BBOLT_REPLACE_ROWS, {(const uint8_t *)"members_removed", 15}, NULL, 0},
        {BBOLT_REMOVE_BUCKET, {(const uint8_t *)"alarm", 5}, NULL, 0},
        {BBOLT_REMOVE_BUCKET, {(const uint8_t *)"nothing", 7}, NULL, 0},
        {BBOLT_APPEND_ROWS, {(const uint8_t *)"lease", 5}, NULL, 0},
    };
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_check_report before;
    struct bbolt_check_report after;
    struct bbolt_cursor c;
    struct bbolt_bucket bucket;
    struct bbolt_row row;
    struct bytes value;
    uint8_t *data;
    struct bbolt db = sample_open(sample_golden(&tmp, name, &data), name);
    struct bytes leases = sample_bucket(&db, "lease").value;

    bbolt_check(&tmp, &db, 1, &before);
    db = sample_open(edit_bytes(&tmp, &db, changes, 8), name);
    bbolt_check(&tmp, &db, 1, &after);
    if (after.found > 0)
        fail_msg("%s: %s", name, after.findings[0].text);
    assert_int_equal(after.bucket_count, 10); /* one more, one less */
    assert_false(bbolt_bucket_find(&db, BYTES_LITERAL("alarm"), &bucket, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    bucket = sample_bucket(&db, "zone");
    assert_true(bbolt_bucket_get(&bucket, BYTES_LITERAL("z"), &value, &e));
    bucket = sample_bucket(&db, "members");
    bbolt_cursor_init(&c, &bucket);
    for (size_t i = 0; i < 2; i++) {
        assert_true(bbolt_cursor_next(&c, &row, &e));
        assert_true(bytes_equal(row.key, members[i].key));
        assert_true(bytes_equal(row.value, members[i].value));
    }
    assert_false(bbolt_cursor_next(&c, &row, &e));
    bucket = sample_bucket(&db, "members_removed");
    bbolt_cursor_init(&c, &bucket);
    assert_false(bbolt_cursor_next(&c, &row, &e));
    bucket = sample_bucket(&db, "key");
    bbolt_cursor_init(&c, &bucket);
    assert_true(bbolt_cursor_last(&c, &row, &e));
    assert_true(bytes_equal(row.key, bump.key));
    assert_int_equal(row.value.size, 0);
    bucket = sample_bucket(&db, "meta");
    for (size_t i = 0; i < 2; i++) {
        assert_true(bbolt_bucket_get(&bucket, meta[i].key, &value, &e));
        assert_true(bytes_equal(value, meta[i].value));
    }
    assert_true(bytes_equal(sample_bucket(&db, "lease").value, leases));
}

static void
test_a_restore_s_changes_take_effect(void **state)
{
    (void)state;
    restore_round_trip("snap/basic-3.4.23.snap");
    restore_round_trip("snap/basic-3.5.30.snap");
    restore_round_trip("snap/rich-3.4.23.snap");
    restore_round_trip("snap/rich-3.5.30.snap");
    restore_round_trip("snap/synthetic-3.6-storageversion.snap");
    restore_round_trip("bolt/compact-4k-freelistpage.db");
    restore_round_trip("bolt/compact-4k-noinline.db");
    restore_round_trip("bolt/compact-8k.db");
    restore_round_trip("bolt/compact-16k.db");
    restore_round_trip("bolt/meta0-bad.db");
}

/* PUT_ROWS against a model: new keys before, between and behind the old ones, and the same. */
static void
test_put_rows_merges(void **state)
{
    static const char *const cases[][2] = {
        {"", "b"},   {"b", ""},       {"bd", "a"},  {"bd", "c"},  {"bd", "e"},
        {"bd", "b"}, {"bd", "abcde"}, {"bd", "bd"}, {"abc", "b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct model_bucket old = {.name = "meta"};
        struct model_bucket result = {.name = "meta"};
        struct model_bucket puts = {.name = "meta"};
        struct bbolt_change change = {.kind = BBOLT_PUT_ROWS, .bucket = BYTES_LITERAL("meta")};
        AUTO_FD fd = memory_file();
        struct bbolt db;
        uint64_t size;

        for (const char *key = cases[i][0]; *key != '\0'; key++)
            *ARRAY_PUSH(&tmp, &old.rows) =
                (struct bbolt_row){bytes_of(key, 1), BYTES_LITERAL("old")};
        for (const char *key = cases[i][1]; *key != '\0'; key++)
            *ARRAY_PUSH(&tmp, &puts.rows) =
                (struct bbolt_row){bytes_of(key, 1), BYTES_LITERAL("new")};
        for (const char *key = "abcde"; *key != '\0'; key++) {
            if (strchr(cases[i][1], *key) != NULL)
                *ARRAY_PUSH(&tmp, &result.rows) =
                    (struct bbolt_row){bytes_of(key, 1), BYTES_LITERAL("new")};
            else if (strchr(cases[i][0], *key) != NULL)
                *ARRAY_PUSH(&tmp, &result.rows) =
                    (struct bbolt_row){bytes_of(key, 1), BYTES_LITERAL("old")};
        }
        change.rows = puts.rows.items;
        change.row_count = puts.rows.count;
        model_write(&old, 1, fd, &(struct bbolt_writer_options){0}, &size);
        db = sample_open(file_content(&tmp, fd), "new.db");
        model_expect(edit_bytes(&tmp, &db, &change, 1), &result, 1);
    }
}

static void
build_fails(const struct bbolt *db, const struct bbolt_change *change, enum error_code code,
            const char *text)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_edit edit;

    assert_false(bbolt_edit_build(&tmp, db, change, 1, &edit, &e));
    assert_string_equal(e.text, text);
    assert_int_equal(e.code, code);
}

static void
test_changes_that_cannot_be_are_refused(void **state)
{
    static const struct bbolt_row unordered[] = {{{(const uint8_t *)"b", 1}, {NULL, 0}},
                                                 {{(const uint8_t *)"a", 1}, {NULL, 0}}};
    static const struct bbolt_row small = {{(const uint8_t *)"\0", 1}, {NULL, 0}};
    static const struct bbolt_row early = {{(const uint8_t *)"a", 1}, {NULL, 0}};
    const struct bbolt_change replace = {BBOLT_REPLACE_ROWS, BYTES_LITERAL("members"), unordered,
                                         2};
    const struct bbolt_change put = {BBOLT_PUT_ROWS, BYTES_LITERAL("meta"), unordered, 2};
    const struct bbolt_change append = {BBOLT_APPEND_ROWS, BYTES_LITERAL("key"), &small, 1};
    const struct bbolt_change append_inline = {BBOLT_APPEND_ROWS, BYTES_LITERAL("meta"), &early, 1};
    AUTO_ARENA tmp = ARENA_INIT;
    uint8_t *data;
    struct bbolt db = sample_open(sample_golden(&tmp, "snap/rich-3.5.30.snap", &data), "a.db");

    (void)state;
    build_fails(&db, &replace, ERROR_FORMAT, "'a.db': key 'a' does not come after 'b'");
    build_fails(&db, &put, ERROR_FORMAT, "'a.db': key 'a' does not come after 'b'");
    build_fails(&db, &append, ERROR_FORMAT,
                "'a.db': key 00 does not come after 00000000000000ee5f0000000000000000, the last "
                "one");
    build_fails(&db, &append_inline, ERROR_FORMAT,
                "'a.db': key 'a' does not come after 'term', the last one");
    db.txid = UINT64_MAX;
    build_fails(&db, &append, ERROR_FORMAT, "'a.db': its transaction number cannot grow");
}

static void
test_damage_on_the_way_is_told(void **state)
{
    static const struct bbolt_row row = {{(const uint8_t *)"\xff", 1}, {NULL, 0}};
    const struct bbolt_change append = {BBOLT_APPEND_ROWS, BYTES_LITERAL("key"), &row, 1};
    const struct bbolt_change put = {BBOLT_PUT_ROWS, BYTES_LITERAL("meta"), &row, 1};
    AUTO_ARENA tmp = ARENA_INIT;
    uint8_t *data;
    struct bytes file = sample_golden(&tmp, "bolt/compact-4k-noinline.db", &data);
    struct bbolt db = sample_open(file, "a.db");

    (void)state;
    /* The first element of the last leaf: the search for the last key does not look at it. */
    sample_store(data, 14 * 4096 + 16 + 8, 4, 0);
    build_fails(&db, &append, ERROR_CORRUPT,
                "'a.db': page 14, byte 57360: element 0 has an empty key");
    sample_store(data, 15 * 4096 + 16 + 4, 4, 0);
    build_fails(&db, &append, ERROR_CORRUPT,
                "'a.db': page 15, byte 61456: element 0 has an empty key");
    sample_store(data, 15 * 4096 + 8, 2, 9);
    build_fails(&db, &append, ERROR_CORRUPT,
                "'a.db': page 15, byte 61440: page type 0x0009 is not one of branch, leaf, "
                "freelist");
    sample_store(data, 19 * 4096, 8, 9);
    build_fails(&db, &put, ERROR_CORRUPT,
                "'a.db': page 19, byte 77824: the page says that it is page 9");
    sample_store(data, 20 * 4096 + 16, 4, 0);
    build_fails(&db, &put, ERROR_CORRUPT,
                "'a.db': page 20, byte 81936: row 'alarm' stands among the buckets");
}

static void
test_a_tail_has_a_limit(void **state)
{
    static const uint8_t value[1 << 20];
    AUTO_ARENA tmp = ARENA_INIT;
    ARRAY(struct bbolt_row) rows = ARRAY_INIT;
    struct bbolt_change change = {.kind = BBOLT_REPLACE_ROWS, .bucket = BYTES_LITERAL("members")};
    uint8_t *data;
    struct bbolt db = sample_open(sample_golden(&tmp, "snap/basic-3.5.30.snap", &data), "a.db");

    (void)state;
    for (unsigned i = 0; i < 256; i++)
        *ARRAY_PUSH(&tmp, &rows) = (struct bbolt_row){bytes_of(arena_printf(&tmp, "%03u", i), 3),
                                                      bytes_of(value, sizeof(value))};
    change.rows = rows.items;
    change.row_count = rows.count;
    build_fails(&db, &change, ERROR_LIMIT, "'a.db': the changes need more than 268435456 bytes");
}

/* To a file that holds a copy of the source, its trailer included. */
static void
test_an_edit_is_applied_to_a_copy(void **state)
{
    static const struct bbolt_row row = {{(const uint8_t *)"term", 4}, {(const uint8_t *)"1", 1}};
    const struct bbolt_change change = {BBOLT_REPLACE_ROWS, BYTES_LITERAL("meta"), &row, 1};
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    AUTO_FD fd = memory_file();
    AUTO_FD full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct bbolt_edit edit;
    uint8_t *data;
    struct bytes file = sample_golden(&tmp, "snap/rich-3.5.30.snap", &data);
    struct bbolt db = sample_open(file, "a.db");

    (void)state;
    assert_true(bbolt_edit_build(&tmp, &db, &change, 1, &edit, &e));
    assert_true(fd_write_all(fd, "b.db", file.data, file.size, &e));
    /* As a running etcd leaves it: longer than its pages. */
    assert_int_equal(ftruncate(fd, 1 << 20), 0);
    assert_true(bbolt_edit_apply(&edit, fd, "b.db", &e));
    assert_true(bytes_equal(file_content(&tmp, fd), edited(&tmp, &db, &edit)));
    assert_false(bbolt_edit_apply(&edit, full, "b.db", &e));
    assert_int_equal(e.code, ERROR_NO_SPACE);
    assert_string_equal(e.text, "'b.db': No space left on device");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appended_rows_are_read),
        cmocka_unit_test(test_appending_writes_only_the_right_edge),
        cmocka_unit_test(test_a_restore_s_changes_take_effect),
        cmocka_unit_test(test_put_rows_merges),
        cmocka_unit_test(test_changes_that_cannot_be_are_refused),
        cmocka_unit_test(test_damage_on_the_way_is_told),
        cmocka_unit_test(test_a_tail_has_a_limit),
        cmocka_unit_test(test_an_edit_is_applied_to_a_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
