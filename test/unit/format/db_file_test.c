#include "format/db_file.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "expect.h"
#include "format/backend/backend_hash.h"
#include "format/data_dir.h"
#include "scratch.h"

static const char *
file_copy(struct arena *mem, const char *dir, const char *golden)
{
    struct error e = ERROR_INIT;
    const char *path = path_join(mem, dir, "db");

    EXPECT_OK(file_replace(path, golden_load(mem, golden), 0600, &e));
    return path;
}

static void
test_readers_share_and_writers_do_not(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_DB_FILE one = DB_FILE_INIT;
    AUTO_DB_FILE two = DB_FILE_INIT;
    struct error e = ERROR_INIT;
    const char *path = file_copy(&tmp, scratch_dir(&tmp), "snap/basic-3.5.30.snap");
    int64_t begun_ms;

    (void)state;
    EXPECT_OK(db_file_open(path, DB_FILE_READ, DB_FILE_WAIT_NOT, &one, &e));
    EXPECT_OK(db_file_open(path, DB_FILE_READ, DB_FILE_WAIT_NOT, &two, &e));
    assert_int_equal(one.db.page_size, 4096);
    db_file_close(&two);
    /* The other user is this process itself, which is not looked for. */
    EXPECT_ERROR(db_file_open(path, DB_FILE_CHANGE, DB_FILE_WAIT_NOT, &two, &e), ERROR_LOCKED,
                 arena_printf(&tmp, "'%s' is in use by another process", path));
    begun_ms = time_monotonic_ms();
    assert_false(db_file_open(path, DB_FILE_CHANGE, 60, &two, &e));
    assert_true(time_monotonic_ms() - begun_ms >= 60);
    db_file_close(&one);
    EXPECT_OK(db_file_open(path, DB_FILE_CHANGE, DB_FILE_WAIT_FOREVER, &two, &e));
    assert_false(db_file_open(path, DB_FILE_READ, DB_FILE_WAIT_NOT, &one, &e));
}

static void
test_who_has_it_is_told(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_DB_FILE file = DB_FILE_INIT;
    struct error e = ERROR_INIT;
    const char *path = file_copy(&tmp, scratch_dir(&tmp), "snap/basic-3.5.30.snap");
    struct file_user user;
    int ready[2];
    char byte;
    pid_t child;
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    assert_false(file_user_find(fd, &user));
    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        int own = open(path, O_RDONLY | O_CLOEXEC);

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(own < 0 || flock(own, LOCK_EX | LOCK_NB) != 0 || write(ready[1], "x", 1) != 1 ||
              pause() == 0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    /* Of a name the kernel keeps 15 letters. */
    EXPECT_ERROR(db_file_open(path, DB_FILE_READ, DB_FILE_WAIT_NOT, &file, &e), ERROR_LOCKED,
                 arena_printf(&tmp, "'%s' is in use by format-db_file_ (pid %d)", path, child));
    assert_true(file_user_find(fd, &user));
    assert_int_equal(user.pid, child);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_false(file_user_find(fd, &user));
    close(ready[0]);
    close(ready[1]);
}

static void
test_what_is_no_database_is_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_DB_FILE file = DB_FILE_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&tmp);

    (void)state;
    assert_false(db_file_open(path_join(&tmp, dir, "none"), DB_FILE_READ, 0, &file, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_false(db_file_open(dir, DB_FILE_CHANGE, 0, &file, &e));
    assert_false(
        db_file_open(file_copy(&tmp, dir, "snap/truncated.snap"), DB_FILE_READ, 0, &file, &e));
    assert_int_equal(e.code, ERROR_CORRUPT);
    assert_int_equal(file.fd, -1);
}

static void
test_a_data_directory_is_found_or_hinted_at(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *top = scratch_dir(&tmp);
    const char *snap = path_join(&tmp, top, "member/snap");
    struct data_dir dir;

    (void)state;
    EXPECT_ERROR(data_dir_find(&tmp, top, NULL, &dir, &e), ERROR_NOT_FOUND,
                 arena_printf(&tmp, "'%s/db': No such file or directory", snap));
    EXPECT_OK(dir_make(snap, 0700, &e));
    file_copy(&tmp, snap, "snap/basic-3.5.30.snap");
    EXPECT_OK(data_dir_find(&tmp, top, "", &dir, &e));
    assert_string_equal(dir.db_path, path_join(&tmp, snap, "db"));
    assert_string_equal(dir.wal_dir, path_join(&tmp, top, "member/wal"));
    EXPECT_OK(data_dir_find(&tmp, top, "/wal", &dir, &e));
    assert_string_equal(dir.wal_dir, "/wal");
    assert_false(data_dir_find(&tmp, snap, NULL, &dir, &e));
    assert_string_equal(
        e.hint, arena_printf(&tmp, "--data-dir is the directory that holds 'member': %s", top));

    /* A database elsewhere is written where it is. */
    EXPECT_OK(dir_make(path_join(&tmp, top, "disk"), 0700, &e));
    assert_int_equal(rename(path_join(&tmp, snap, "db"), path_join(&tmp, top, "disk/store")), 0);
    assert_int_equal(symlink(path_join(&tmp, top, "disk/store"), path_join(&tmp, snap, "db")), 0);
    EXPECT_OK(data_dir_find(&tmp, top, NULL, &dir, &e));
    assert_string_equal(path_name(dir.db_path), "store");
}

/* What a reader meets behind the cut looks like damage, and is none. */
static void
test_a_cut_goes_before_damage(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_DB_FILE file = DB_FILE_INIT;
    struct error e = ERROR_INIT;
    const char *path = file_copy(&tmp, scratch_dir(&tmp), "snap/rich-3.5.30.snap");
    struct backend_content content;

    (void)state;
    EXPECT_OK(db_file_open(path, DB_FILE_READ, DB_FILE_WAIT_NOT, &file, &e));
    EXPECT_OK(db_file_finish(&file, backend_content_read(&file.db, NULL, 0, &content, &e), &e));
    error_set_(&e, ERROR_CANCELLED, 0, "interrupted");
    assert_false(db_file_finish(&file, false, &e));
    assert_int_equal(e.code, ERROR_CANCELLED);
    error_clear(&e);
    assert_int_equal(truncate(path, 8192), 0);
    assert_false(db_file_finish(&file, backend_content_read(&file.db, NULL, 0, &content, &e), &e));
    assert_int_equal(e.code, ERROR_CONFLICT);
    assert_non_null(strstr(e.text, "was cut from"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readers_share_and_writers_do_not),
        cmocka_unit_test(test_who_has_it_is_told),
        cmocka_unit_test(test_what_is_no_database_is_refused),
        cmocka_unit_test(test_a_data_directory_is_found_or_hinted_at),
        cmocka_unit_test(test_a_cut_goes_before_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
