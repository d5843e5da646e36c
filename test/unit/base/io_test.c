#include "expect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include "scratch.h"

#include "base/io.h"

static struct error e;

static void
put(const char *path, const char *content)
{
    EXPECT_OK(file_replace(path, bytes_of_text(content), 0600, &e));
}

static void
assert_content(const char *path, const char *content)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes bytes;

    EXPECT_OK(file_read_all(&tmp, path, 1000, &bytes, &e));
    assert_string_equal((const char *)bytes.data, content);
    assert_int_equal(bytes.size, strlen(content));
}

static void
test_open_names_the_path(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "f");
    AUTO_FD fd = -1;
    uint64_t size = 7;

    (void)state;
    EXPECT_ERROR(file_open(path, O_RDONLY, 0, &fd, &e), ERROR_NOT_FOUND,
                 arena_printf(&tmp, "'%s': No such file or directory", path));
    assert_int_equal(fd, -1);
    EXPECT_OK(file_open(path, O_WRONLY | O_CREAT, 0600, &fd, &e));
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    EXPECT_OK(fd_write_all(fd, path, "abc", 3, &e));
    EXPECT_OK(file_size(fd, path, &size, &e));
    assert_int_equal(size, 3);
    EXPECT_OK(file_sync(fd, path, &e));
    fd_close(&fd);
    assert_int_equal(fd, -1);
    fd_close(&fd);
    EXPECT_ERROR(file_size(fd, path, &size, &e), ERROR_IO,
                 arena_printf(&tmp, "'%s': Bad file descriptor", path));
    EXPECT_ERROR(file_sync(fd, path, &e), ERROR_IO,
                 arena_printf(&tmp, "'%s': sync: Bad file descriptor", path));
    EXPECT_OK(file_open(path_dir(&tmp, path), O_RDONLY, 0, &fd, &e));
    EXPECT_ERROR(file_size(fd, "d", &size, &e), ERROR_IO, "'d': is a directory");
    assert_int_equal(size, 3);
}

static void
test_read_all_keeps_its_limit(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "f");
    struct bytes content = BYTES_LITERAL("old");

    (void)state;
    EXPECT_ERROR(file_read_all(&tmp, path, 5, &content, &e), ERROR_NOT_FOUND,
                 arena_printf(&tmp, "'%s': No such file or directory", path));
    EXPECT_OK(file_replace(path, BYTES_LITERAL("a\0cde"), 0600, &e));
    EXPECT_ERROR(file_read_all(&tmp, path, 4, &content, &e), ERROR_LIMIT,
                 arena_printf(&tmp, "'%s': 5 bytes, at most 4 are expected", path));
    assert_true(bytes_equal_text(content, "old"));
    EXPECT_OK(file_read_all(&tmp, path, 5, &content, &e));
    assert_true(bytes_equal(content, BYTES_LITERAL("a\0cde")));
    assert_int_equal(content.data[5], '\0');
    put(path, "");
    EXPECT_OK(file_read_all(&tmp, path, 0, &content, &e));
    assert_int_equal(content.size, 0);
    assert_int_equal(content.data[0], '\0');
    EXPECT_ERROR(file_read_all(&tmp, path_dir(&tmp, path), 5, &content, &e), ERROR_IO,
                 arena_printf(&tmp, "'%s': is a directory", path_dir(&tmp, path)));
}

/* A file whose size says 0 is read too, and no less bounded. */
static void
test_read_all_of_proc(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes content;

    (void)state;
    EXPECT_OK(file_read_all(&tmp, "/proc/self/status", 1 << 20, &content, &e));
    assert_memory_equal(content.data, "Name:", 5);
    EXPECT_ERROR(file_read_all(&tmp, "/proc/self/status", 20, &content, &e), ERROR_LIMIT,
                 "'/proc/self/status': more than 20 bytes");
}

static void
test_read_all_of_much(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "f");
    size_t size = 1000003;
    uint8_t *data = arena_alloc(&tmp, size);
    struct bytes content;

    (void)state;
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 31 >> 3);
    EXPECT_OK(file_replace(path, bytes_of(data, size), 0600, &e));
    EXPECT_OK(file_read_all(&tmp, path, size, &content, &e));
    assert_true(bytes_equal(content, bytes_of(data, size)));
}

static void
test_positioned_io(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "f");
    AUTO_FD fd = -1;
    char part[8] = "";

    (void)state;
    EXPECT_OK(file_open(path, O_RDWR | O_CREAT, 0600, &fd, &e));
    EXPECT_OK(fd_pwrite_all(fd, path, "world", 5, 6, &e));
    EXPECT_OK(fd_pwrite_all(fd, path, "hello ", 6, 0, &e));
    EXPECT_OK(fd_pread_all(fd, path, part, 5, 6, &e));
    assert_memory_equal(part, "world", 5);
    EXPECT_OK(fd_pread_all(fd, path, part, 0, 99, &e));
    EXPECT_ERROR(fd_pread_all(fd, path, part, 8, 6, &e), ERROR_FORMAT,
                 arena_printf(&tmp, "'%s': ends at byte 11, 3 more are expected", path));
    fd_close(&fd);
    EXPECT_ERROR(fd_pread_all(fd, path, part, 1, 0, &e), ERROR_IO,
                 arena_printf(&tmp, "'%s': Bad file descriptor", path));
    EXPECT_ERROR(fd_pwrite_all(fd, path, "x", 1, 0, &e), ERROR_IO,
                 arena_printf(&tmp, "'%s': Bad file descriptor", path));
    EXPECT_ERROR(fd_write_all(fd, path, "x", 1, &e), ERROR_IO,
                 arena_printf(&tmp, "'%s': Bad file descriptor", path));
    EXPECT_OK(fd_write_all(fd, path, NULL, 0, &e));
}

static void
test_a_full_disk_is_no_space(void **state)
{
    AUTO_FD fd = -1;

    (void)state;
    EXPECT_OK(file_open("/dev/full", O_WRONLY, 0, &fd, &e));
    EXPECT_ERROR(fd_write_all(fd, "/dev/full", "x", 1, &e), ERROR_NO_SPACE,
                 "'/dev/full': No space left on device");
}

static void
test_replace_is_whole_or_not_there(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    const char *path = path_join(&tmp, dir, "f");
    mode_t mask = umask(022);
    struct stat st;
    const char **names;
    size_t count;
    AUTO_FD old = -1;
    char kept[3];

    (void)state;
    EXPECT_OK(file_replace(path, BYTES_LITERAL("one"), 0640, &e));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    EXPECT_OK(file_open(path, O_RDONLY, 0, &old, &e));
    EXPECT_OK(file_replace(path, BYTES_LITERAL("second"), 0666, &e));
    umask(mask);
    assert_content(path, "second");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    /* Who had it open goes on with the old one. */
    EXPECT_OK(fd_pread_all(old, path, kept, 3, 0, &e));
    assert_memory_equal(kept, "one", 3);
    EXPECT_OK(dir_list(&tmp, dir, &names, &count, &e));
    assert_int_equal(count, 1);
}

static void
test_replace_that_fails_leaves_nothing(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    const char *path = path_join(&tmp, dir, "missing/f");
    const char **names;
    size_t count;

    (void)state;
    EXPECT_ERROR(file_replace(path, BYTES_LITERAL("x"), 0600, &e), ERROR_NOT_FOUND,
                 arena_printf(&tmp, "'%s': No such file or directory", path));
    path = path_join(&tmp, dir, "d");
    EXPECT_OK(dir_make(path, 0700, &e));
    EXPECT_ERROR(file_replace(path, BYTES_LITERAL("x"), 0600, &e), ERROR_IO,
                 arena_printf(&tmp, "'%s': Is a directory", path));
    EXPECT_OK(dir_list(&tmp, dir, &names, &count, &e));
    assert_int_equal(count, 1);
}

static void
test_rename_new_refuses_what_is_there(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    const char *a = path_join(&tmp, dir, "a");
    const char *b = path_join(&tmp, dir, "b");

    (void)state;
    put(a, "a");
    put(b, "b");
    EXPECT_ERROR(file_rename_new(a, b, &e), ERROR_EXISTS,
                 arena_printf(&tmp, "'%s': File exists", b));
    assert_content(a, "a");
    assert_content(b, "b");
    assert_int_equal(unlink(b), 0);
    EXPECT_OK(file_rename_new(a, b, &e));
    assert_content(b, "a");
    assert_false(path_exists(a));
    EXPECT_ERROR(file_rename_new(a, path_join(&tmp, dir, "c"), &e), ERROR_NOT_FOUND,
                 arena_printf(&tmp, "'%s': No such file or directory", a));
    /* An empty directory is there too, although rename(2) would replace it. */
    EXPECT_OK(dir_make(path_join(&tmp, dir, "d1"), 0700, &e));
    EXPECT_OK(dir_make(path_join(&tmp, dir, "d2"), 0700, &e));
    EXPECT_ERROR(file_rename_new(path_join(&tmp, dir, "d1"), path_join(&tmp, dir, "d2"), &e),
                 ERROR_EXISTS, arena_printf(&tmp, "'%s/d2': File exists", dir));
}

static void
test_exists_looks_at_the_link_itself(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *link = path_join(&tmp, scratch_dir(&tmp), "link");

    (void)state;
    assert_false(path_exists(link));
    assert_int_equal(symlink("nowhere", link), 0);
    assert_true(path_exists(link));
}

static void
test_dir_make(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    const char *deep = path_join(&tmp, dir, "a//b/c/");
    const char *file = path_join(&tmp, dir, "file");
    struct stat st;

    (void)state;
    EXPECT_OK(dir_make(deep, 0700, &e));
    assert_int_equal(stat(path_join(&tmp, dir, "a/b/c"), &st), 0);
    assert_int_equal(st.st_mode, S_IFDIR | 0700);
    EXPECT_OK(dir_make(deep, 0755, &e));
    EXPECT_OK(dir_make("/", 0755, &e));
    EXPECT_OK(dir_make(".", 0755, &e));
    put(file, "x");
    EXPECT_ERROR(dir_make(file, 0700, &e), ERROR_EXISTS,
                 arena_printf(&tmp, "'%s': is there, but is not a directory", file));
    EXPECT_ERROR(dir_make(path_join(&tmp, file, "x/y"), 0700, &e), ERROR_IO,
                 arena_printf(&tmp, "'%s/x': Not a directory", file));
    EXPECT_ERROR(dir_make("", 0700, &e), ERROR_NOT_FOUND, "'': No such file or directory");
    EXPECT_ERROR(dir_make("/proc/quorate", 0700, &e), ERROR_NOT_FOUND,
                 "'/proc/quorate': No such file or directory");
}

static void
test_dir_list_is_sorted(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    const char **names;
    size_t count;
    bool empty = false;

    (void)state;
    EXPECT_OK(dir_list(&tmp, dir, &names, &count, &e));
    assert_int_equal(count, 0);
    EXPECT_OK(dir_is_empty(dir, &empty, &e));
    assert_true(empty);
    put(path_join(&tmp, dir, "b"), "");
    put(path_join(&tmp, dir, ".hidden"), "");
    put(path_join(&tmp, dir, "a"), "");
    EXPECT_OK(dir_list(&tmp, dir, &names, &count, &e));
    assert_int_equal(count, 3);
    assert_string_equal(names[0], ".hidden");
    assert_string_equal(names[1], "a");
    assert_string_equal(names[2], "b");
    EXPECT_OK(dir_is_empty(dir, &empty, &e));
    assert_false(empty);
    EXPECT_OK(dir_is_empty(path_join(&tmp, dir, "missing"), &empty, &e));
    assert_true(empty);
    assert_int_equal(e.code, ERROR_NONE);
    EXPECT_ERROR(dir_list(&tmp, path_join(&tmp, dir, "a"), &names, &count, &e), ERROR_IO,
                 arena_printf(&tmp, "'%s/a': Not a directory", dir));
    EXPECT_ERROR(dir_is_empty(path_join(&tmp, dir, "a"), &empty, &e), ERROR_IO,
                 arena_printf(&tmp, "'%s/a': Not a directory", dir));
}

static void
test_tree_remove_follows_no_link(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    const char *tree = path_join(&tmp, dir, "tree");
    const char *outside = path_join(&tmp, dir, "outside");

    (void)state;
    EXPECT_OK(dir_make(path_join(&tmp, tree, "a/b"), 0700, &e));
    EXPECT_OK(dir_make(outside, 0700, &e));
    put(path_join(&tmp, outside, "kept"), "kept");
    put(path_join(&tmp, tree, "a/b/f"), "x");
    assert_int_equal(symlink(outside, path_join(&tmp, tree, "a/link")), 0);
    assert_int_equal(symlink("..", path_join(&tmp, tree, "a/b/up")), 0);
    EXPECT_OK(tree_remove(tree, &e));
    assert_false(path_exists(tree));
    assert_content(path_join(&tmp, outside, "kept"), "kept");
    /* A link at the top goes, its target stays. */
    assert_int_equal(symlink(outside, tree), 0);
    EXPECT_OK(tree_remove(tree, &e));
    assert_false(path_exists(tree));
    assert_content(path_join(&tmp, outside, "kept"), "kept");
    EXPECT_OK(tree_remove(path_join(&tmp, outside, "kept"), &e));
    EXPECT_OK(tree_remove(path_join(&tmp, outside, "kept"), &e));
    assert_true(path_exists(outside));
}

static void
test_tree_remove_says_what_cannot_go(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    struct rlimit few = {.rlim_cur = 24, .rlim_max = 24};
    struct rlimit before;
    const char *deep = dir;

    (void)state;
    EXPECT_ERROR(tree_remove("/proc/self/status", &e), ERROR_PERMISSION,
                 "'/proc/self/status': Operation not permitted");
    /* One descriptor a level: a tree that is too deep is an error, no crash. */
    for (int i = 0; i < 60; i++)
        deep = path_join(&tmp, deep, "d");
    EXPECT_OK(dir_make(deep, 0700, &e));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    error_clear(&e);
    assert_false(tree_remove(path_join(&tmp, dir, "d"), &e));
    assert_int_equal(e.sys_errno, EMFILE);
    assert_non_null(strstr(e.text, "/d/d': Too many open files"));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void
test_paths(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    char here[4096];
    const char *path;

    (void)state;
    assert_string_equal(path_join(&tmp, "a", "b"), "a/b");
    assert_string_equal(path_join(&tmp, "a/", "b"), "a/b");
    assert_string_equal(path_join(&tmp, "a", "/b"), "/b");
    assert_string_equal(path_join(&tmp, "", "b"), "b");
    assert_string_equal(path_join(&tmp, "/", "b"), "/b");
    assert_string_equal(path_dir(&tmp, "a/b/c"), "a/b");
    assert_string_equal(path_dir(&tmp, "/a"), "/");
    assert_string_equal(path_dir(&tmp, "a"), ".");
    assert_string_equal(path_name("a/b/c"), "c");
    assert_string_equal(path_name("c"), "c");
    EXPECT_OK(path_absolute(&tmp, "/x/y", &path, &e));
    assert_string_equal(path, "/x/y");
    assert_non_null(getcwd(here, sizeof(here)));
    EXPECT_OK(path_absolute(&tmp, "y", &path, &e));
    assert_string_equal(path, path_join(&tmp, here, "y"));
}

static void
test_dir_sync(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);

    (void)state;
    EXPECT_OK(dir_sync(dir, &e));
    EXPECT_OK(dir_sync_parent(path_join(&tmp, dir, "missing"), &e));
    EXPECT_ERROR(dir_sync(path_join(&tmp, dir, "missing"), &e), ERROR_NOT_FOUND,
                 arena_printf(&tmp, "'%s/missing': No such file or directory", dir));
    /* A file system that cannot sync directories is no failure. */
    EXPECT_OK(dir_sync("/proc/self", &e));
    assert_int_equal(e.code, ERROR_NONE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_names_the_path),
        cmocka_unit_test(test_read_all_keeps_its_limit),
        cmocka_unit_test(test_read_all_of_proc),
        cmocka_unit_test(test_read_all_of_much),
        cmocka_unit_test(test_positioned_io),
        cmocka_unit_test(test_a_full_disk_is_no_space),
        cmocka_unit_test(test_replace_is_whole_or_not_there),
        cmocka_unit_test(test_replace_that_fails_leaves_nothing),
        cmocka_unit_test(test_rename_new_refuses_what_is_there),
        cmocka_unit_test(test_exists_looks_at_the_link_itself),
        cmocka_unit_test(test_dir_make),
        cmocka_unit_test(test_dir_list_is_sorted),
        cmocka_unit_test(test_tree_remove_follows_no_link),
        cmocka_unit_test(test_tree_remove_says_what_cannot_go),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_dir_sync),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
