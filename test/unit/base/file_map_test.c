#include "expect.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"

#include "base/file_map.h"
#include "base/io.h"
#include "base/map_guard.h"

static struct error e;

enum { PAGES = 8, PAGE = 4096 };

static void
put(const char *path, const char *content)
{
    EXPECT_OK(file_replace(path, bytes_of_text(content), 0600, &e));
}

static void
put_pages(struct arena *mem, const char *path)
{
    char *content = arena_alloc(mem, PAGES * PAGE);

    memset(content, 'x', PAGES * PAGE);
    EXPECT_OK(file_replace(path, bytes_of(content, PAGES * PAGE), 0600, &e));
}

static void
test_map(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "f");
    AUTO_FILE_MAP map = FILE_MAP_INIT;

    (void)state;
    EXPECT_ERROR(file_map_open(path, &map, &e), ERROR_NOT_FOUND,
                 arena_printf(&tmp, "'%s': No such file or directory", path));
    assert_int_equal(map.fd, -1);
    put(path, "content");
    EXPECT_OK(file_map_open(path, &map, &e));
    assert_true(bytes_equal_text(file_map_bytes(&map), "content"));
    file_map_close(&map);
    assert_null(map.data);
    assert_int_equal(map.fd, -1);
    file_map_close(&map);
    put(path, "");
    EXPECT_OK(file_map_open(path, &map, &e));
    assert_null(map.data);
    assert_int_equal(map.size, 0);
    file_map_close(&map);
    EXPECT_ERROR(file_map_open(path_dir(&tmp, path), &map, &e), ERROR_IO,
                 arena_printf(&tmp, "'%s': is a directory", path_dir(&tmp, path)));
}

/* What is gone reads as zeros, and is told afterwards: nothing crashes. */
static void
test_a_file_that_is_cut_while_it_is_read(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "f");
    AUTO_FILE_MAP map = FILE_MAP_INIT;

    (void)state;
    put_pages(&tmp, path);
    EXPECT_OK(file_map_open(path, &map, &e));
    EXPECT_OK(file_map_unchanged(&map, path, &e));
    assert_int_equal(truncate(path, PAGE), 0);
    assert_int_equal(map.data[0], 'x');
    assert_false(map_guard_is_broken(map.guard));
    assert_int_equal(map.data[PAGE], 0);
    assert_int_equal(map.data[PAGES * PAGE - 1], 0);
    assert_true(map_guard_is_broken(map.guard));
    EXPECT_ERROR(
        file_map_unchanged(&map, path, &e), ERROR_CONFLICT,
        arena_printf(&tmp, "'%s' was cut from 32768 to 4096 bytes while it was read", path));
    assert_string_equal(error_hint_text(&e),
                        "wait until nobody writes to the file, then run the command again");
    file_map_close(&map);
    /* The next one starts whole. */
    EXPECT_OK(file_map_open(path, &map, &e));
    EXPECT_OK(file_map_unchanged(&map, path, &e));
}

static void
test_a_file_that_grows_or_changes(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "f");
    const char *text = arena_printf(&tmp, "'%s' was changed while it was read", path);
    struct timespec later[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 4711}};
    AUTO_FILE_MAP map = FILE_MAP_INIT;

    (void)state;
    put_pages(&tmp, path);
    EXPECT_OK(file_map_open(path, &map, &e));
    assert_int_equal(truncate(path, (PAGES + 1) * PAGE), 0);
    EXPECT_ERROR(file_map_unchanged(&map, path, &e), ERROR_CONFLICT, text);
    file_map_close(&map);
    EXPECT_OK(file_map_open(path, &map, &e));
    assert_int_equal(utimensat(AT_FDCWD, path, later, 0), 0);
    EXPECT_ERROR(file_map_unchanged(&map, path, &e), ERROR_CONFLICT, text);
}

/* Broken, though nobody changed the file: as a disk that cannot read. */
static void
test_a_part_that_cannot_be_read(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "f");
    struct timespec before[2] = {{.tv_nsec = UTIME_OMIT}};
    AUTO_FILE_MAP map = FILE_MAP_INIT;

    (void)state;
    put_pages(&tmp, path);
    EXPECT_OK(file_map_open(path, &map, &e));
    before[1] = map.stamp.changed_at;
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(map.data[2 * PAGE], 0);
    assert_int_equal(truncate(path, PAGES * PAGE), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, before, 0), 0);
    EXPECT_ERROR(file_map_unchanged(&map, path, &e), ERROR_IO,
                 arena_printf(&tmp, "'%s': a part of it cannot be read from its disk", path));
}

static void
test_other_addresses_end_the_process(void **state)
{
    int guard = map_guard_add(state, 1); /* now the handler is there */
    int status;
    pid_t child;

    map_guard_remove(guard);
    child = fork();
    if (child == 0) {
        kill(getpid(), SIGBUS);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

static void
test_more_guards_than_there_are(void **state)
{
    static const char bytes[1];
    int guards[MAP_GUARDS_MOST + 1];

    (void)state;
    for (size_t i = 0; i <= MAP_GUARDS_MOST; i++)
        guards[i] = map_guard_add(bytes, sizeof(bytes));
    assert_int_equal(guards[MAP_GUARDS_MOST], MAP_GUARD_NONE);
    assert_false(map_guard_is_broken(MAP_GUARD_NONE));
    for (size_t i = 0; i <= MAP_GUARDS_MOST; i++)
        map_guard_remove(guards[i]);
    guards[0] = map_guard_add(bytes, sizeof(bytes));
    assert_true(guards[0] >= 0);
    map_guard_remove(guards[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_a_file_that_is_cut_while_it_is_read),
        cmocka_unit_test(test_a_file_that_grows_or_changes),
        cmocka_unit_test(test_a_part_that_cannot_be_read),
        cmocka_unit_test(test_other_addresses_end_the_process),
        cmocka_unit_test(test_more_guards_than_there_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
