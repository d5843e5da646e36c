#include "base/file_draft.h"

#include "expect.h"
#include "scratch.h"

static void
test_the_name_comes_last(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct file_draft draft = FILE_DRAFT_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&mem);
    const char *path = path_join(&mem, dir, "x");
    struct bytes content;
    struct stat st;
    bool empty;

    EXPECT_OK(file_draft_open(path, &draft, &e));
    EXPECT_OK(fd_write_all(draft.fd, path, "new", 3, &e));
    assert_false(path_exists(path));
    file_draft_drop(&draft);
    EXPECT_OK(dir_is_empty(dir, &empty, &e));
    assert_true(empty);

    EXPECT_OK(file_replace(path, BYTES_LITERAL("old"), 0644, &e));
    EXPECT_OK(file_draft_open(path, &draft, &e));
    EXPECT_OK(fd_write_all(draft.fd, path, "new", 3, &e));
    EXPECT_OK(file_draft_keep(&draft, &e));
    EXPECT_OK(file_read_all(&mem, path, 100, &content, &e));
    assert_true(bytes_equal_text(content, "new"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    file_draft_drop(&draft);
    assert_true(path_exists(path));
    assert_false(path_exists(path_join(&mem, dir, "x.part")));
}

static void
test_what_is_no_file_is_left_alone(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct file_draft draft = FILE_DRAFT_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&mem);

    EXPECT_ERROR(file_draft_open(dir, &draft, &e), ERROR_EXISTS,
                 arena_printf(&mem, "'%s': is there, and is not a plain file", dir));
    EXPECT_ERROR(file_draft_open(path_join(&mem, dir, "no/x"), &draft, &e), ERROR_NOT_FOUND,
                 arena_printf(&mem, "'%s/no/x': No such file or directory", dir));
}

static void
test_a_new_name_replaces_nothing(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_FILE_DRAFT draft = FILE_DRAFT_INIT;
    struct error e = ERROR_INIT;
    const char *path = path_join(&mem, scratch_dir(&mem), "x");
    struct bytes content;

    EXPECT_OK(file_draft_open(path, &draft, &e));
    EXPECT_OK(fd_write_all(draft.fd, path, "new", 3, &e));
    EXPECT_OK(file_read_all(&mem, file_draft_self(&mem, &draft), 100, &content, &e));
    assert_true(bytes_equal_text(content, "new"));
    EXPECT_OK(file_replace(path, BYTES_LITERAL("old"), 0644, &e));
    EXPECT_ERROR(file_draft_keep_new(&draft, &e), ERROR_EXISTS,
                 arena_printf(&mem, "'%s': File exists", path));
    EXPECT_OK(file_read_all(&mem, path, 100, &content, &e));
    assert_true(bytes_equal_text(content, "old"));
    assert_int_equal(unlink(path), 0);
    EXPECT_OK(file_draft_keep_new(&draft, &e));
    EXPECT_OK(file_read_all(&mem, path, 100, &content, &e));
    assert_true(bytes_equal_text(content, "new"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_name_comes_last),
        cmocka_unit_test(test_a_new_name_replaces_nothing),
        cmocka_unit_test(test_what_is_no_file_is_left_alone),
    };

    return cmocka_run_group_tests_name("file_draft", tests, NULL, NULL);
}
