#include "expect.h"

#include <fcntl.h>

#include "scratch.h"

#include "base/io.h"
#include "base/read_ahead.h"

static struct error e;

enum { SIZE = 9 << 20 }; /* more than two windows */

/* A file that the page cache has not, as far as the file system lets us ask for that. */
static void
put_cold(struct arena *mem, const char *path)
{
    uint8_t *data = arena_alloc(mem, SIZE);
    AUTO_FD fd = -1;

    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(i >> 12);
    EXPECT_OK(file_replace(path, bytes_of(data, SIZE), 0600, &e));
    EXPECT_OK(file_open(path, O_RDONLY, 0, &fd, &e));
    assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
}

static void
test_all_comes_in_order(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "f");
    AUTO_FILE_MAP map = FILE_MAP_INIT;
    AUTO_READ_AHEAD ahead = READ_AHEAD_INIT;

    (void)state;
    put_cold(&tmp, path);
    EXPECT_OK(file_map_open(path, &map, &e));
    read_ahead_begin(&ahead, &map);
    for (uint64_t at = 4096; at <= SIZE; at += 4096) {
        read_ahead_await(&ahead, at);
        assert_true(atomic_load(&ahead.done) >= at);
        assert_int_equal(map.data[at - 1], (uint8_t)((at - 1) >> 12));
    }
    read_ahead_await(&ahead, SIZE + 1); /* a file that ends early leaves nobody waiting */
    read_ahead_end(&ahead);
    read_ahead_end(&ahead);
    assert_true(atomic_load(&ahead.done) == UINT64_MAX);
}

static void
test_a_cached_file_needs_no_thread(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "f");
    AUTO_FILE_MAP map = FILE_MAP_INIT;
    AUTO_READ_AHEAD ahead = READ_AHEAD_INIT;

    (void)state;
    EXPECT_OK(file_replace(path, BYTES_LITERAL("small"), 0600, &e));
    EXPECT_OK(file_map_open(path, &map, &e));
    (void)map.data[0];
    read_ahead_begin(&ahead, &map);
    read_ahead_await(&ahead, 5);
}

/* Whoever waits is let go when the reading stops. */
static void
test_it_may_stop_early(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "f");

    (void)state;
    put_cold(&tmp, path);
    for (int i = 0; i < 20; i++) {
        AUTO_FILE_MAP map = FILE_MAP_INIT;
        AUTO_READ_AHEAD ahead = READ_AHEAD_INIT;

        EXPECT_OK(file_map_open(path, &map, &e));
        assert_int_equal(posix_fadvise(map.fd, 0, 0, POSIX_FADV_DONTNEED), 0);
        read_ahead_begin(&ahead, &map);
        read_ahead_end(&ahead);
        read_ahead_await(&ahead, SIZE);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_comes_in_order),
        cmocka_unit_test(test_a_cached_file_needs_no_thread),
        cmocka_unit_test(test_it_may_stop_early),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
