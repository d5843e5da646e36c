#include "format/backend/backend_rescue.h"

#include "../expect.h"

#include <string.h>

#include "backend_sample.h"
#include "format/backend/backend_summary.h"
#include "format/bbolt/bbolt_page.h"

#define PAGE ((size_t)4096)

enum { REVISIONS = 2000, KEYS = 300, LARGE_EVERY = 400, LARGE_BYTES = 9000 };

static void
revision_put(struct arena *mem, struct bbolt_writer *w, int64_t main)
{
    static uint8_t filling[LARGE_BYTES];
    AUTO_BUF value = BUF_INIT;
    uint8_t key[REVISION_KEY_TOMBSTONE_SIZE];
    struct revision_key revision = {main, 0, false};
    struct error e = ERROR_INIT;
    struct key_value kv = {
        .key = bytes_of_text(arena_printf(mem, "/registry/pods/%03d", (int)(main % KEYS))),
        .create_revision = main < KEYS ? main : main % KEYS + 2,
        .mod_revision = main,
        .version = 1 + main / KEYS,
        .value = bytes_of(filling, main % LARGE_EVERY == 0 ? LARGE_BYTES : 100),
    };

    if (kv.create_revision > main)
        kv.create_revision = main;
    key_value_encode(&value, &kv);
    OK(bbolt_writer_put(w, bytes_of(key, revision_key_encode(&revision, key)), buf_bytes(&value),
                        &e));
}

/* A database of etcd's with a tree of several levels; some values span pages. */
static struct bytes
database_make(struct arena *mem, int64_t compact)
{
    AUTO_BBOLT_WRITER w;
    AUTO_FD fd = memfd_create("db", MFD_CLOEXEC);
    const char *path = arena_printf(mem, "/proc/self/fd/%d", fd);
    uint8_t key[REVISION_KEY_TOMBSTONE_SIZE];
    static const uint8_t index[8] = {0, 0, 0, 0, 0, 0, 16, 0};
    struct revision_key compacted = {compact, 0, false};
    struct error e = ERROR_INIT;
    struct bytes content = BYTES_NONE;
    uint64_t size;

    bbolt_writer_init(&w, fd, path, &(struct bbolt_writer_options){.page_size = PAGE});
    OK(bbolt_writer_bucket_begin(&w, BYTES_LITERAL("alarm"), &e) &&
       bbolt_writer_bucket_end(&w, &e));
    OK(bbolt_writer_bucket_begin(&w, BYTES_LITERAL("key"), &e));
    for (int64_t main = 2; main < 2 + REVISIONS; main++)
        revision_put(mem, &w, main);
    OK(bbolt_writer_bucket_end(&w, &e));
    OK(bbolt_writer_bucket_begin(&w, BYTES_LITERAL("meta"), &e));
    OK(bbolt_writer_put(&w, BYTES_LITERAL("consistent_index"), bytes_of(index, 8), &e));
    if (compact > 0)
        OK(bbolt_writer_put(&w, BYTES_LITERAL("finishedCompactRev"),
                            bytes_of(key, revision_key_encode(&compacted, key)), &e));
    OK(bbolt_writer_bucket_end(&w, &e) && bbolt_writer_finish(&w, &size, &e));
    OK(file_read_all(mem, path, SAMPLE_LARGEST_BYTES, &content, &e));
    return arena_copy(mem, content);
}

static uint16_t
flags_at(const uint8_t *data, size_t page)
{
    return (uint16_t)(data[page * PAGE + 8] | data[page * PAGE + 9] << 8);
}

/* The nth page of a kind. */
static size_t
page_find(struct bytes file, uint16_t flags, size_t nth)
{
    for (size_t page = 2; page < file.size / PAGE; page++) {
        bool is_page = file.data[page * PAGE] == (page & 0xff) &&
                       file.data[page * PAGE + 1] == page >> 8 &&
                       flags_at(file.data, page) == flags;

        if (is_page && nth-- == 0)
            return page;
    }
    fail_msg("no such page");
    return 0;
}

static size_t
rows_of_page(struct bytes file, size_t page)
{
    return (size_t)(file.data[page * PAGE + 10] | file.data[page * PAGE + 11] << 8);
}

static void
rescue(struct arena *mem, struct bytes file, struct backend_rescue *r)
{
    struct error e = ERROR_INIT;

    OK(backend_rescue_read(mem, file, "a.db", r, &e));
}

/* Writes what was rescued and reads it as any backup is read. */
static struct backend_summary
written(struct arena *mem, const struct backend_rescue *r)
{
    AUTO_FD fd = memfd_create("rescued", MFD_CLOEXEC);
    const char *path = arena_printf(mem, "/proc/self/fd/%d", fd);
    struct error e = ERROR_INIT;
    struct backend_summary summary = {0};
    struct backend_info info = {0};
    struct bytes content = BYTES_NONE;
    struct bbolt db = {0};
    uint64_t size = 0;

    OK(backend_rescue_write(r, fd, path, &size, &e));
    OK(file_read_all(mem, path, SAMPLE_LARGEST_BYTES, &content, &e));
    assert_int_equal(content.size, size);
    OK(bbolt_open(content, "rescued", &db, &e) && backend_info_read(mem, &db, &info, &e) &&
       backend_summary_read(&db, &info, BACKEND_ALL, NULL, &summary, &e));
    return summary;
}

static void
test_a_whole_file_loses_nothing(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
        struct error e = ERROR_INIT;
        struct bytes file = sample_snapshot(&tmp, sample_names[i]);
        struct backend_summary before;
        struct backend_summary after;
        struct backend_info info = {0};
        struct bbolt db = {0};

        rescue(&tmp, file, &r);
        after = written(&tmp, &r);
        OK(bbolt_open(file, "a.db", &db, &e) && backend_info_read(&tmp, &db, &info, &e) &&
           backend_summary_read(&db, &info, BACKEND_ALL, NULL, &before, &e));
        assert_int_equal(after.hash_kv.hash, before.hash_kv.hash);
        assert_int_equal(after.status_hash, before.status_hash);
        assert_true(backend_rescue_is_complete(&r));
        assert_int_equal(r.losses, 0);
        assert_true(r.root_is_newest);
    }
}

static void
test_without_meta_pages_the_root_is_looked_for(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct bytes file = database_make(&tmp, 0);

    (void)state;
    memset(without_const(file.data), 0xff, 2 * PAGE);
    rescue(&tmp, file, &r);
    assert_true(r.pages.meta_bad[0] && r.pages.meta_bad[1]);
    assert_int_equal(r.pages.db.page_size, PAGE);
    assert_int_equal(r.losses, 0);
    assert_int_equal(r.revisions.found, REVISIONS);
    assert_int_equal(r.revisions.expected, REVISIONS);
    assert_int_equal(written(&tmp, &r).key_row_count, REVISIONS);
}

static void
test_below_a_broken_branch_all_leaves_are_found(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct bytes file = database_make(&tmp, 0);
    size_t branch = page_find(file, BBOLT_PAGE_BRANCH, 0);

    (void)state;
    memset(without_const(file.data + branch * PAGE), 0, PAGE);
    rescue(&tmp, file, &r);
    assert_true(r.losses > 0);
    assert_int_equal(r.revisions.found, REVISIONS);
    assert_int_equal(r.revisions.lost_range_total, 0);
    assert_true(r.loose_pages > 0);
    assert_int_equal(written(&tmp, &r).key_row_count, REVISIONS);
}

static void
test_a_broken_leaf_loses_its_own_revisions_alone(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct bytes file = database_make(&tmp, 0);
    size_t leaf = page_find(file, BBOLT_PAGE_LEAF, 5);
    size_t rows = rows_of_page(file, leaf);

    (void)state;
    memset(without_const(file.data + leaf * PAGE), 0, PAGE);
    rescue(&tmp, file, &r);
    assert_int_equal(r.losses, 1);
    assert_int_equal(r.revisions.expected, REVISIONS);
    assert_int_equal(r.revisions.found, REVISIONS - rows);
    assert_int_equal(r.revisions.lost_range_total, 1);
    assert_int_equal(r.revisions.lost[0].last - r.revisions.lost[0].first + 1, rows);
    assert_false(backend_rescue_is_complete(&r));
    assert_false(r.revisions.last_may_be_missing);
    assert_int_equal(written(&tmp, &r).key_row_count, REVISIONS - rows);
}

static void
test_pages_that_changed_places_are_found(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct bytes file = database_make(&tmp, 0);
    uint8_t *one = without_const(file.data + page_find(file, BBOLT_PAGE_LEAF, 3) * PAGE);
    uint8_t *other = without_const(file.data + page_find(file, BBOLT_PAGE_LEAF, 4) * PAGE);
    uint8_t held[PAGE];

    (void)state;
    memcpy(held, one, PAGE);
    memcpy(one, other, PAGE);
    memcpy(other, held, PAGE);
    rescue(&tmp, file, &r);
    assert_int_equal(r.losses, 2);
    assert_int_equal(r.revisions.found, REVISIONS);
}

static void
test_a_run_that_claims_its_neighbours_does_not_lose_them(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct bytes file = database_make(&tmp, 0);
    size_t leaf = page_find(file, BBOLT_PAGE_LEAF, 3);

    (void)state;
    *(uint8_t *)without_const(file.data + leaf * PAGE + 12) = 7; /* overflow */
    rescue(&tmp, file, &r);
    assert_int_equal(r.losses, 1);
    assert_int_equal(r.revisions.found, REVISIONS);
}

static void
test_a_file_cut_short_gives_what_is_left(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct bytes file = database_make(&tmp, 0);

    (void)state;
    rescue(&tmp, bytes_of(file.data, file.size / 2), &r);
    assert_true(r.pages.missing_pages > 0);
    assert_false(backend_rescue_is_complete(&r));
    assert_true(r.revisions.found > REVISIONS / 3 && r.revisions.found < REVISIONS);
    assert_true(r.revisions.last_may_be_missing);
    assert_int_equal(written(&tmp, &r).key_row_count, r.revisions.found);
}

/* At revision 1000 only the newest row of each key is left by a compaction; the pages of the others
 * still are in the file. */
static void
test_rows_that_a_compaction_removed_stay_away(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct bytes file = database_make(&tmp, 1000);
    size_t branch = page_find(file, BBOLT_PAGE_BRANCH, 0);

    (void)state;
    memset(without_const(file.data + branch * PAGE), 0, PAGE);
    rescue(&tmp, file, &r);
    assert_int_equal(r.revisions.compact_revision, 1000);
    assert_int_equal(r.revisions.expected, REVISIONS + 1 - 1000);
    assert_int_equal(r.revisions.found, r.revisions.expected);
    assert_int_equal(r.revisions.superseded_rows, 999 - KEYS);
    assert_int_equal(r.revisions.kept_old_rows, KEYS);
    assert_false(backend_rescue_is_complete(&r));
}

/* What the corruption campaign found. */
static void
test_a_tombstone_at_the_compaction_is_kept(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct bytes file = sample_snapshot(&tmp, "rich-3.5.30");

    (void)state;
    memset(without_const(file.data + page_find(file, BBOLT_PAGE_BRANCH, 0) * PAGE), 0, PAGE);
    rescue(&tmp, file, &r);
    assert_int_equal(r.revisions.rows, 227);
}

/* Found by the campaign as well: one of the two rows that tell the compaction was hit. */
static void
test_a_compaction_beyond_all_rows_is_not_believed(void **state)
{
    static const char *const rows[] = {BACKEND_FINISHED_COMPACT, BACKEND_SCHEDULED_COMPACT};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
        struct bytes file = sample_snapshot(&tmp, "rich-3.5.30");
        uint8_t *row = memmem(without_const(file.data), file.size, rows[i], strlen(rows[i]));

        assert_non_null(row);
        row[strlen(rows[i]) + 4] ^= 0xab;
        memset(without_const(file.data + page_find(file, BBOLT_PAGE_BRANCH, 0) * PAGE), 0, PAGE);
        rescue(&tmp, file, &r);
        assert_int_equal(r.revisions.compact_revision, 160);
        assert_int_equal(r.revisions.rows, 227);
    }
}

/* So was this: a child cannot be reached, and where it begins is damaged, too. */
static void
test_a_border_of_what_is_lost_may_be_damaged(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct bytes file = database_make(&tmp, 0);
    size_t branch = page_find(file, BBOLT_PAGE_BRANCH, 0);
    uint8_t *element = without_const(file.data + branch * PAGE + 16 + 16);
    size_t key_at = (size_t)element[0] | (size_t)element[1] << 8;

    (void)state;
    element[15] = 0xff;
    element[key_at + 7] += 2;
    rescue(&tmp, file, &r);
    assert_true(r.losses > 0);
    assert_int_equal(r.revisions.found, REVISIONS);
}

static void
test_a_branch_with_fewer_elements_than_it_was_written_with_is_noticed(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct bytes file = database_make(&tmp, 0);
    size_t branch = page_find(file, BBOLT_PAGE_BRANCH, 0);

    (void)state;
    *(uint8_t *)without_const(file.data + branch * PAGE + 10) = 3;
    rescue(&tmp, file, &r);
    assert_true(r.losses > 0);
    assert_int_equal(r.revisions.found, REVISIONS);
}

static void
meta_seal(uint8_t *page)
{
    uint64_t sum = fnv1a64(page + 16, 56);

    memcpy(page + 72, &sum, sizeof(sum));
}

static void
test_a_meta_page_with_another_page_size_is_not_believed(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct bytes file = database_make(&tmp, 0);
    uint8_t *data = without_const(file.data);

    (void)state;
    data[25] = 0x08;
    meta_seal(data);
    rescue(&tmp, file, &r);
    assert_int_equal(r.pages.db.page_size, PAGE);
    assert_true(r.pages.meta_bad[0]);
    assert_int_equal(r.revisions.found, REVISIONS);
}

/* The root stands behind it. */
static void
test_a_number_of_pages_that_leaves_out_the_root_is_not_believed(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct bytes file = database_make(&tmp, 0);
    uint8_t *data = without_const(file.data);

    (void)state;
    for (size_t page = 0; page < 2; page++) {
        memset(data + page * PAGE + 56, 0, 8);
        data[page * PAGE + 56] = 1;
        meta_seal(data + page * PAGE);
    }
    rescue(&tmp, file, &r);
    assert_int_equal(r.pages.db.pgid, file.size / PAGE);
    assert_int_equal(r.revisions.found, REVISIONS);
}

static void
test_a_bucket_whose_name_is_damaged_is_known_by_the_rest(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct bytes file = sample_snapshot(&tmp, "basic-3.5.30");
    struct error e = ERROR_INIT;
    struct bbolt_bucket bucket = {0};
    struct bbolt db = {0};

    (void)state;
    OK(bbolt_open(file, "a.db", &db, &e) &&
       bbolt_bucket_find(&db, BYTES_LITERAL("key"), &bucket, &e));
    *(uint8_t *)without_const(bucket.name.data + 1) ^= 0x02;
    rescue(&tmp, file, &r);
    assert_int_equal(r.revisions.rows, 6);
    assert_false(backend_rescue_is_complete(&r));
}

static void
test_what_is_no_database_is_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct error e = ERROR_INIT;
    uint8_t *noise = arena_alloc(&tmp, 8 * PAGE);

    (void)state;
    memset(noise, 0x5a, 8 * PAGE);
    EXPECT_ERROR(backend_rescue_read(&tmp, bytes_of(noise, 8 * PAGE), "a.db", &r, &e), ERROR_FORMAT,
                 "'a.db': 32768 bytes in which nothing looks like a page");
    EXPECT_ERROR(backend_rescue_read(&tmp, BYTES_NONE, "a.db", &r, &e), ERROR_FORMAT,
                 "'a.db': 0 bytes in which nothing looks like a page");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_file_loses_nothing),
        cmocka_unit_test(test_without_meta_pages_the_root_is_looked_for),
        cmocka_unit_test(test_below_a_broken_branch_all_leaves_are_found),
        cmocka_unit_test(test_a_broken_leaf_loses_its_own_revisions_alone),
        cmocka_unit_test(test_pages_that_changed_places_are_found),
        cmocka_unit_test(test_a_run_that_claims_its_neighbours_does_not_lose_them),
        cmocka_unit_test(test_a_file_cut_short_gives_what_is_left),
        cmocka_unit_test(test_rows_that_a_compaction_removed_stay_away),
        cmocka_unit_test(test_a_tombstone_at_the_compaction_is_kept),
        cmocka_unit_test(test_a_compaction_beyond_all_rows_is_not_believed),
        cmocka_unit_test(test_a_border_of_what_is_lost_may_be_damaged),
        cmocka_unit_test(test_a_branch_with_fewer_elements_than_it_was_written_with_is_noticed),
        cmocka_unit_test(test_a_meta_page_with_another_page_size_is_not_believed),
        cmocka_unit_test(test_a_number_of_pages_that_leaves_out_the_root_is_not_believed),
        cmocka_unit_test(test_a_bucket_whose_name_is_damaged_is_known_by_the_rest),
        cmocka_unit_test(test_what_is_no_database_is_refused),
    };

    return cmocka_run_group_tests_name("backend_rescue", tests, NULL, NULL);
}
