/*
 * The second opinion: what we write and edit goes through 'bbolt check', bbolt's own, when
 * QUORATE_BBOLT names that program.
 */
#include "format/bbolt/bbolt_edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <spawn.h>
#include <sys/wait.h>

#include "bbolt_rows.h"

extern char **environ;

static const char *bbolt_program;
static char folder[] = "/tmp/quorate-bbolt-XXXXXX";

static void
expect_good(const char *path)
{
    char check[] = "check";
    char *argv[] = {(char *)(uintptr_t)bbolt_program, check, (char *)(uintptr_t)path, NULL};
    int status;
    pid_t child;

    assert_int_equal(posix_spawn(&child, bbolt_program, NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("bbolt check %s: status %d", path, status);
}

static void
write_and_edit(uint64_t seed, uint32_t page_size, size_t row_count)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_writer_options options = {.page_size = page_size};
    struct model_bucket buckets[4] = {
        {.name = "empty"}, {.name = "key"}, {.name = "lease"}, {.name = "small"}};
    struct model_bucket more;
    struct bbolt_change changes[3] = {
        {.kind = BBOLT_APPEND_ROWS, .bucket = BYTES_LITERAL("key")},
        {.kind = BBOLT_REPLACE_ROWS, .bucket = BYTES_LITERAL("lease")},
        {.kind = BBOLT_REMOVE_BUCKET, .bucket = BYTES_LITERAL("small")},
    };
    const char *path = arena_printf(&tmp, "%s/%u-%zu.db", folder, page_size, row_count);
    AUTO_FD fd = -1;
    struct bbolt_edit edit;
    struct bbolt db;
    uint64_t size;

    assert_true(file_open(path, O_RDWR | O_CREAT | O_EXCL, 0600, &fd, &e));
    model_add_rows(&tmp, &buckets[1], &seed, row_count, page_size);
    model_add_rows(&tmp, &buckets[2], &seed, 30, 64);
    model_add_rows(&tmp, &buckets[3], &seed, 2, 16);
    model_write(buckets, 4, fd, &options, &size);
    expect_good(path);

    more = buckets[1];
    model_add_rows(&tmp, &more, &seed, 70, page_size);
    changes[0].rows = more.rows.items + row_count;
    changes[0].row_count = 70;
    changes[1].rows = buckets[1].rows.items;
    changes[1].row_count = row_count < 40 ? row_count : 40;
    db = sample_open(file_content(&tmp, fd), path);
    assert_true(bbolt_edit_build(&tmp, &db, changes, 3, &edit, &e));
    assert_true(bbolt_edit_apply(&edit, fd, path, &e));
    expect_good(path);
}

static void
test_bbolt_accepts_what_we_write(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (uint32_t page_size = 1024; page_size <= 65536; page_size *= 2) {
        for (size_t rows = 1; rows < 3000; rows = rows * 7 + 1)
            write_and_edit(rows, page_size, rows);
    }
    assert_true(tree_remove(folder, &e));
}

int
main(void)
{
    enum { SKIPPED = 77 };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bbolt_accepts_what_we_write),
    };

    bbolt_program = getenv("QUORATE_BBOLT");
    if (bbolt_program == NULL) {
        printf("skipped: QUORATE_BBOLT does not name the program 'bbolt'\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
