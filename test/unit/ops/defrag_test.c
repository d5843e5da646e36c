#include "ops/defrag.h"

#include <string.h>
#include <sys/stat.h>

#include "expect.h"
#include "format/backend/backend_hash.h"
#include "format/bbolt/bbolt_check.h"
#include "format/db_file.h"
#include "scratch.h"

static const char *
data_dir_make(struct arena *mem, const char *golden)
{
    struct error e = ERROR_INIT;
    const char *top = scratch_dir(mem);
    const char *snap = path_join(mem, top, "member/snap");

    EXPECT_OK(dir_make(snap, 0700, &e));
    EXPECT_OK(file_replace(path_join(mem, snap, "db"), golden_load(mem, golden), 0640, &e));
    return top;
}

static void
content_read(const char *path, struct backend_content *ret_content, uint32_t *ret_page_size,
             uint64_t *ret_free)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_DB_FILE file = DB_FILE_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_check_report report;

    EXPECT_OK(db_file_open(path, DB_FILE_READ, 0, &file, &e));
    EXPECT_OK(backend_content_read(&file.db, NULL, 0, ret_content, &e));
    bbolt_check(&tmp, &file.db, 1, &report);
    assert_int_equal(report.found, 0);
    *ret_page_size = file.db.page_size;
    *ret_free = report.free;
}

static void
test_the_same_rows_without_free_pages(void **state)
{
    static const char *const goldens[] = {
        "snap/rich-3.4.23.snap",
        "snap/rich-3.5.30.snap",
        "snap/synthetic-3.6-storageversion.snap",
        "bolt/compact-16k.db",
        "bolt/compact-4k-noinline.db",
        "bolt/meta0-bad.db",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(goldens) / sizeof(*goldens); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        const char *top = data_dir_make(&tmp, goldens[i]);
        const char *path = path_join(&tmp, top, "member/snap/db");
        const struct observer observer = {.note = NULL};
        struct backend_content before;
        struct backend_content after;
        struct defrag_result result;
        uint32_t page_size;
        uint64_t free_pages;
        struct stat st;

        content_read(path, &before, &page_size, &free_pages);
        EXPECT_OK(defrag_data_dir(&tmp, top, 0, &observer, &result, &e));
        content_read(path, &after, &page_size, &free_pages);
        assert_int_equal(after.hash, before.hash);
        assert_int_equal(after.row_count, before.row_count);
        assert_int_equal(result.row_count, before.row_count);
        assert_int_equal(free_pages, 0);
        /* No larger pages than the machine's, which is what a new file of etcd's gets. */
        assert_true(page_size <= sysconf(_SC_PAGESIZE));
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0640);
        assert_int_equal(st.st_size, result.file_bytes_after);
        assert_true(result.used_bytes <= result.file_bytes_before);
    }
}

static void
test_damage_is_left_alone(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *top = data_dir_make(&tmp, "snap/truncated.snap");
    const struct observer observer = {.note = NULL};
    struct bytes after;
    struct defrag_result result;
    const char **names;
    size_t count;

    (void)state;
    assert_false(defrag_data_dir(&tmp, top, 0, &observer, &result, &e));
    assert_int_equal(e.code, ERROR_CORRUPT);
    EXPECT_OK(file_read_all(&tmp, path_join(&tmp, top, "member/snap/db"), 1 << 20, &after, &e));
    assert_true(bytes_equal(after, golden_load(&tmp, "snap/truncated.snap")));
    EXPECT_OK(dir_list(&tmp, path_join(&tmp, top, "member/snap"), &names, &count, &e));
    assert_int_equal(count, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_rows_without_free_pages),
        cmocka_unit_test(test_damage_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
