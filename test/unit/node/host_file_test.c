/* Files on a host, each test once by local calls and once by a real sshd. */
#include "node/host/host_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/evidence.h"
#include "base/io.h"
#include "base/time.h"
#include "expect.h"
#include "node/host/host_files.h"
#include "node/host/host_keep.h"
#include "node/host/host_tree.h"
#include "sshd.h"

enum { MUCH = 24 << 20 };

static struct sshd sshd;

/* A host, and a folder on it whose name has all that makes trouble. */
struct place {
    struct arena mem;
    const struct host *host;
    const char *dir;
};

static int
group_setup(void **state)
{
    (void)state;
    sshd_start(&sshd);
    return 0;
}

static int
group_teardown(void **state)
{
    (void)state;
    sshd_stop(&sshd);
    return 0;
}

static struct place *
place_new(void)
{
    static struct place place;
    char dir[] = "/tmp/qf it's\n-XXXXXX";

    place = (struct place){.mem = ARENA_INIT};
    assert_non_null(mkdtemp(dir));
    place.dir = arena_text(&place.mem, dir);
    return &place;
}

static int
local_setup(void **state)
{
    struct place *place = place_new();
    struct host *host;
    struct error e = ERROR_INIT;

    EXPECT_OK(host_open(&place->mem, "local:", NULL, &host, &e));
    place->host = host;
    *state = place;
    return 0;
}

static int
ssh_setup(void **state)
{
    struct place *place = place_new();

    *state = place;
    if (sshd.why_not == NULL)
        place->host = sshd_host(&place->mem, &sshd, "box");
    return 0;
}

static int
teardown(void **state)
{
    struct place *place = *state;
    struct error e = ERROR_INIT;

    EXPECT_OK(tree_remove(place->dir, &e));
    arena_release(&place->mem);
    return 0;
}

#define NEEDS_HOST(place)                                                                          \
    do {                                                                                           \
        if ((place)->host == NULL) {                                                               \
            printf("skipped: %s\n", sshd.why_not);                                                 \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

static const char *
in(struct place *place, const char *name)
{
    return path_join(&place->mem, place->dir, name);
}

static void
write_here(const char *path, const char *text, mode_t mode)
{
    struct error e = ERROR_INIT;

    EXPECT_OK(file_replace(path, bytes_of_text(text), 0600, &e));
    assert_int_equal(chmod(path, mode), 0);
}

/* The folder's names, as one text. */
static const char *
names_in(struct place *place, const char *dir)
{
    const char **names;
    size_t count;
    const char *all = "";
    struct error e = ERROR_INIT;

    EXPECT_OK(dir_list(&place->mem, dir, &names, &count, &e));
    for (size_t i = 0; i < count; i++)
        all = arena_printf(&place->mem, "%s%s%s", all, i > 0 ? " " : "", names[i]);
    return all;
}

static void
expect_content(struct place *place, const char *path, const char *text)
{
    struct bytes content;
    struct error e = ERROR_INIT;

    EXPECT_OK(file_read_all(&place->mem, path, 1 << 20, &content, &e));
    assert_string_equal((const char *)content.data, text);
}

static const struct host_file mine = {.mode = 0640};

static struct host_file
like_mine(void)
{
    struct host_file like = mine;

    like.uid = geteuid();
    like.gid = getegid();
    return like;
}

static void
test_look(void **state)
{
    struct place *place = *state;
    struct host_file file;
    struct stat here;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    write_here(in(place, "f"), "12345", 04751);
    assert_int_equal(symlink("to\nwhere", in(place, "l")), 0);
    assert_int_equal(stat(in(place, "f"), &here), 0);
    EXPECT_OK(host_file_look(&place->mem, place->host, in(place, "f"), &file, &e));
    assert_int_equal(file.kind, HOST_FILE);
    assert_int_equal(file.mode, 04751);
    assert_int_equal(file.uid, here.st_uid);
    assert_int_equal(file.gid, here.st_gid);
    assert_true(strlen(file.owner) > 0 && strlen(file.group) > 0);
    assert_int_equal(file.size_bytes, 5);
    assert_true(llabs(file.mtime_ms -
                      ((int64_t)here.st_mtim.tv_sec * 1000 + here.st_mtim.tv_nsec / 1000000)) <= 1);
    assert_null(file.target);
    EXPECT_OK(host_file_look(&place->mem, place->host, in(place, "l"), &file, &e));
    assert_int_equal(file.kind, HOST_LINK);
    assert_string_equal(file.target, "to\nwhere");
    EXPECT_OK(host_file_look(&place->mem, place->host, place->dir, &file, &e));
    assert_int_equal(file.kind, HOST_DIR);
    EXPECT_OK(host_file_look(&place->mem, place->host, "/dev/null", &file, &e));
    assert_int_equal(file.kind, HOST_OTHER);
    EXPECT_OK(host_file_look(&place->mem, place->host, in(place, "none"), &file, &e));
    assert_int_equal(file.kind, HOST_NOTHING);
    EXPECT_OK(host_file_look(&place->mem, place->host, in(place, "f/none"), &file, &e));
    assert_int_equal(file.kind, HOST_NOTHING);
    EXPECT_ERROR(host_file_look(&place->mem, place->host, "etc/x", &file, &e), ERROR_USAGE,
                 "'etc/x' is not an absolute path");
    EXPECT_ERROR(host_file_look(&place->mem, place->host, "/etc/../x", &file, &e), ERROR_USAGE,
                 "'/etc/../x' is not a plain path: '.', '..' or nothing between slashes");
}

static void
test_read(void **state)
{
    struct place *place = *state;
    struct bytes content;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    write_here(in(place, "f"), "12345", 0600);
    EXPECT_OK(host_file_read(&place->mem, place->host, in(place, "f"), 5, &content, &e));
    assert_true(bytes_equal_text(content, "12345"));
    EXPECT_OK(host_file_read(&place->mem, place->host, "/proc/self/comm", 100, &content, &e));
    assert_true(bytes_equal_text(content, "cat\n"));
    assert_false(host_file_read(&place->mem, place->host, in(place, "f"), 4, &content, &e));
    assert_int_equal(e.code, ERROR_LIMIT);
    assert_non_null(strstr(e.text, "f' is larger than 4 bytes"));
    EXPECT_ERROR(host_file_read(&place->mem, place->host, "/etc", 4, &content, &e), ERROR_REFUSED,
                 arena_printf(&place->mem, "%s: '/etc' is a directory", host_name(place->host)));
    EXPECT_ERROR(host_file_read(&place->mem, place->host, "/no/such", 4, &content, &e),
                 ERROR_NOT_FOUND,
                 arena_printf(&place->mem, "%s: cat: /no/such: No such file or directory",
                              host_name(place->host)));
}

static void
test_replace_keeps_owner_and_mode(void **state)
{
    struct place *place = *state;
    struct host_file_new file = {.path = in(place, "f")};
    struct host_file like = like_mine();
    struct stat found;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    write_here(file.path, "old", 0604);
    if (geteuid() == 0)
        assert_int_equal(chown(file.path, 12345, 54321), 0);
    EXPECT_OK(host_file_replace(place->host, &file, BYTES_LITERAL("new\n"), &e));
    expect_content(place, file.path, "new\n");
    assert_int_equal(stat(file.path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0604);
    if (geteuid() == 0) {
        assert_int_equal(found.st_uid, 12345);
        assert_int_equal(found.st_gid, 54321);
    }
    file.like = &like;
    EXPECT_OK(host_file_replace(place->host, &file, BYTES_NONE, &e));
    expect_content(place, file.path, "");
    assert_int_equal(stat(file.path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0640);
    assert_int_equal(found.st_uid, geteuid());
    file.path = in(place, "g");
    EXPECT_OK(host_file_replace(place->host, &file, BYTES_LITERAL("g"), &e));
    assert_string_equal(names_in(place, place->dir), "f g");
}

static void
test_replace_refuses(void **state)
{
    struct place *place = *state;
    struct host_file_new file = {.path = in(place, "d")};
    const char *name;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    name = host_name(place->host);
    assert_int_equal(mkdir(in(place, "d"), 0700), 0);
    assert_int_equal(symlink("d", in(place, "l")), 0);
    assert_false(host_file_replace(place->host, &file, BYTES_LITERAL("x"), &e));
    assert_int_equal(e.code, ERROR_REFUSED);
    assert_non_null(strstr(e.text, "d' is a directory"));
    file.path = in(place, "l");
    assert_false(host_file_replace(place->host, &file, BYTES_LITERAL("x"), &e));
    assert_int_equal(e.code, ERROR_REFUSED);
    assert_non_null(strstr(e.text, "l' is a symbolic link"));
    file.path = in(place, "none");
    assert_false(host_file_replace(place->host, &file, BYTES_LITERAL("x"), &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(e.text, "none' is not there"));
    file.path = "/no/such/folder/f";
    file.like = &mine;
    EXPECT_ERROR(
        host_file_replace(place->host, &file, BYTES_LITERAL("x"), &e), ERROR_NOT_FOUND,
        arena_printf(&place->mem,
                     "'/no/such/folder/f': %s: stat: cannot statx '/no/such/folder': No such "
                     "file or directory",
                     name));
    file.path = in(place, "f");
    file.temporary_dir = "/dev/shm";
    assert_false(host_file_replace(place->host, &file, BYTES_LITERAL("x"), &e));
    assert_int_equal(e.code, ERROR_REFUSED);
    assert_non_null(strstr(e.text, "f' cannot be renamed across file systems"));
    assert_string_equal(names_in(place, place->dir), "d l");
}

/* Looks into a folder whenever something has been sent. */
struct watcher {
    struct place *place;
    const char *dir;
    const char *seen;
    unsigned calls;
    uint64_t done;
    uint64_t total;
    bool cuts;
};

static void
watch(void *context, const char *what, const char *unit, uint64_t done, uint64_t total)
{
    struct watcher *w = context;

    (void)what;
    assert_null(unit);
    assert_true(done >= w->done);
    w->done = done;
    w->total = total;
    if (w->calls++ == 300 && w->dir != NULL)
        w->seen = names_in(w->place, w->dir);
    if (w->calls == 300 && w->cuts)
        sshd_cut(&sshd);
}

static void
much_make(struct place *place, const char *name)
{
    static uint8_t part[1 << 20];
    AUTO_FD fd = open(in(place, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    for (size_t i = 0; i < MUCH / sizeof(part); i++) {
        random_bytes(part, sizeof(part));
        assert_int_equal(write(fd, part, sizeof(part)), sizeof(part));
    }
}

static int
much_open(struct place *place)
{
    much_make(place, "from");
    return open(in(place, "from"), O_RDONLY | O_CLOEXEC);
}

/* By a program of the system's, not by ours. */
static void
expect_same(struct place *place, const char *a, const char *b)
{
    struct host *here;
    struct host_result result;
    struct error e = ERROR_INIT;

    EXPECT_OK(host_open(&place->mem, "local:", NULL, &here, &e));
    EXPECT_OK(host_run_well(
        &place->mem, here, &(struct host_command){.argv = (const char *const[]){"cmp", a, b, NULL}},
        &result, &e));
}

static void
test_send_much(void **state)
{
    struct place *place = *state;
    struct host_file like = like_mine();
    struct host_file_new file = {.like = &like};
    struct watcher watcher = {.place = place};
    struct observer observer = {.context = &watcher, .progress = watch};
    AUTO_FD fd = -1;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    fd = much_open(place);
    assert_int_equal(mkdir(in(place, "manifests"), 0700), 0);
    assert_int_equal(mkdir(in(place, "aside"), 0700), 0);
    file.path = in(place, "manifests/to");
    file.temporary_dir = in(place, "aside");
    watcher.dir = in(place, "manifests");
    EXPECT_OK(host_file_send(place->host, &file, fd, MUCH, "from", &observer, &e));
    expect_same(place, in(place, "from"), file.path);
    /* Nothing foreign has been in the folder, and nothing is left beside it. */
    assert_true(watcher.calls > 300 && watcher.done == MUCH && watcher.total == MUCH);
    assert_string_equal(watcher.seen, "");
    assert_string_equal(names_in(place, in(place, "manifests")), "to");
    assert_string_equal(names_in(place, in(place, "aside")), "");
}

/* The room that a log has reserved is no data; what is between two pieces of data is sent. */
static void
test_send_of_a_file_with_holes(void **state)
{
    enum { PIECE = 64 << 10, SECOND_AT = 1 << 20, ALL = 32 << 20 };
    static uint8_t piece[PIECE];
    struct place *place = *state;
    struct host_file like = like_mine();
    struct host_file_new file = {.path = in(place, "to"), .like = &like};
    struct watcher watcher = {.place = place, .dir = place->dir};
    struct observer observer = {.context = &watcher, .progress = watch};
    AUTO_FD fd = -1;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    memset(piece, 'x', sizeof(piece));
    fd = open(in(place, "from"), O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0 && ftruncate(fd, ALL) == 0);
    assert_int_equal(pwrite(fd, piece, PIECE, 0), PIECE);
    assert_int_equal(pwrite(fd, piece, PIECE, SECOND_AT), PIECE);
    EXPECT_OK(host_file_send(place->host, &file, fd, ALL, "from", &observer, &e));
    expect_same(place, in(place, "from"), file.path);
    assert_true(watcher.total < ALL / 2 && watcher.total >= SECOND_AT + PIECE);

    /* From where the descriptor stands, into nothing but a hole. */
    file.path = in(place, "tail");
    assert_int_equal(lseek(fd, 2 * SECOND_AT, SEEK_SET), 2 * SECOND_AT);
    EXPECT_OK(host_file_send(place->host, &file, fd, ALL - 2 * SECOND_AT, "from", NULL, &e));
    assert_int_equal(truncate(in(place, "to"), 0), 0);
    assert_int_equal(truncate(in(place, "to"), ALL - 2 * SECOND_AT), 0);
    expect_same(place, in(place, "to"), file.path);
}

static void
test_send_of_a_file_that_shrinks(void **state)
{
    struct place *place = *state;
    struct host_file like = like_mine();
    struct host_file_new file = {.path = in(place, "to"), .like = &like};
    AUTO_FD fd = -1;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    fd = much_open(place);
    assert_false(host_file_send(place->host, &file, fd, MUCH + 1, "from", NULL, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_non_null(strstr(e.text, "to': 'from' ended after 25165824 of 25165825 bytes"));
    for (int i = 0; i < 100 && strcmp(names_in(place, place->dir), "from") != 0; i++)
        time_sleep_ms(100);
    assert_string_equal(names_in(place, place->dir), "from");
}

/*
 * Sends in a process of its own, in which a byte changes on the way. A child's failpoints are its own.
 * at  which of the parts that are sent, from 1.
 */
static struct error
send_damaged(struct place *place, const char *at, bool whole_tree)
{
    struct host_file like = {.mode = 0700, .uid = geteuid(), .gid = getegid()};
    struct host_file_new file = {.path = in(place, "to")};
    struct error *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct error e;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        int fd = open(in(place, "from"), O_RDONLY | O_CLOEXEC);

        setenv("QUORATE_FAILPOINTS", arena_printf(&place->mem, "host_send=fail@%s", at), 1);
        if (whole_tree)
            _exit(host_tree_send(place->host, in(place, "data"), file.path, &like, "word", NULL,
                                 shared));
        _exit(host_file_send(place->host, &file, fd, MUCH, "from", NULL, shared));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    e = *shared;
    munmap(shared, sizeof(*shared));
    return e;
}

static void
test_send_that_is_damaged(void **state)
{
    struct place *place = *state;
    struct error e;

    NEEDS_HOST(place);
#ifndef QUORATE_FAILPOINTS
    printf("skipped: built without failpoints\n");
    skip();
#endif
    much_make(place, "from");
    write_here(in(place, "to"), "as it was", 0600);
    e = send_damaged(place, "7", false);
    assert_int_equal(e.code, ERROR_VERIFY);
    assert_non_null(strstr(e.text, "to' arrived with another SHA-256 than it left with"));
    expect_content(place, in(place, "to"), "as it was");
    assert_string_equal(names_in(place, place->dir), "from to");
}

static void
test_send_to_a_full_disk(void **state)
{
    struct place *place = *state;
    struct host_file like = like_mine();
    struct host_file_new file = {.like = &like};
    const char *disk = in(place, "disk");
    AUTO_FD fd = -1;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    assert_int_equal(mkdir(disk, 0700), 0);
    if (mount("none", disk, "tmpfs", 0, "size=8m") != 0) {
        printf("skipped: a small file system cannot be mounted: %s\n", strerror(errno));
        skip();
    }
    fd = much_open(place);
    file.path = in(place, "disk/to");
    assert_false(host_file_send(place->host, &file, fd, MUCH, "from", NULL, &e));
    assert_int_equal(e.code, ERROR_NO_SPACE);
    assert_non_null(strstr(e.text, "No space left on device"));
    assert_string_equal(names_in(place, disk), "");
    assert_int_equal(umount(disk), 0);
}

static void
test_fetch(void **state)
{
    struct place *place = *state;
    struct watcher watcher = {.place = place};
    struct observer observer = {.context = &watcher, .progress = watch};
    AUTO_FD to = -1;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    much_make(place, "from");
    EXPECT_OK(file_open(in(place, "to"), O_RDWR | O_CREAT, 0600, &to, &e));
    EXPECT_OK(host_file_fetch(place->host, in(place, "from"), to, "to", &observer, &e));
    expect_same(place, in(place, "from"), in(place, "to"));
    assert_true(watcher.done == MUCH && watcher.total == MUCH);
    assert_false(host_file_fetch(place->host, "/no/such", to, "to", NULL, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_false(host_file_fetch(place->host, "/etc", to, "to", NULL, &e));
    assert_int_equal(e.code, ERROR_REFUSED);
}

/* Only over ssh. */
static void
test_connection_that_breaks(void **state)
{
    struct place *place = *state;
    struct host_file_new file = {.path = in(place, "to")};
    struct watcher watcher = {.place = place, .cuts = true};
    struct observer observer = {.context = &watcher, .progress = watch};
    AUTO_FD fd = -1;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    fd = much_open(place);
    write_here(file.path, "as it was", 0600);
    assert_false(host_file_send(place->host, &file, fd, MUCH, "from", &observer, &e));
    assert_int_equal(e.code, ERROR_CONNECTION);
    assert_string_equal(e.cause, "connection-lost");
    expect_content(place, file.path, "as it was");
    /* The other end has noticed, too, and tidied up. */
    for (int i = 0; i < 100 && strcmp(names_in(place, place->dir), "from to") != 0; i++)
        time_sleep_ms(100);
    assert_string_equal(names_in(place, place->dir), "from to");
    lseek(fd, 0, SEEK_SET);
    EXPECT_OK(host_file_send(place->host, &file, fd, MUCH, "from", NULL, &e));
    expect_same(place, in(place, "from"), file.path);
}

static void
test_remove_and_list(void **state)
{
    struct place *place = *state;
    const char **names;
    size_t count;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    write_here(in(place, "b\nc"), "", 0600);
    write_here(in(place, ".a"), "", 0600);
    assert_int_equal(symlink("/etc", in(place, "l")), 0);
    EXPECT_OK(host_dir_list(&place->mem, place->host, place->dir, &names, &count, &e));
    assert_int_equal(count, 3);
    assert_string_equal(names[0], ".a");
    assert_string_equal(names[1], "b\nc");
    assert_string_equal(names[2], "l");
    EXPECT_OK(host_file_remove(place->host, in(place, "l"), &e));
    EXPECT_OK(host_file_remove(place->host, in(place, "b\nc"), &e));
    EXPECT_OK(host_file_remove(place->host, in(place, "b\nc"), &e));
    /* Nor is its folder there. */
    EXPECT_OK(host_file_remove(place->host, in(place, "none/b"), &e));
    assert_string_equal(names_in(place, place->dir), ".a");
    assert_false(host_file_remove(place->host, place->dir, &e));
    assert_int_equal(e.code, ERROR_REFUSED);
    assert_false(host_dir_list(&place->mem, place->host, in(place, "none"), &names, &count, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
}

static void
test_tree_move(void **state)
{
    struct place *place = *state;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    assert_int_equal(mkdir(in(place, "d"), 0700), 0);
    assert_int_equal(mkdir(in(place, "other"), 0700), 0);
    write_here(in(place, "d/f"), "", 0600);
    assert_false(host_tree_move(place->host, in(place, "d"), in(place, "other"), &e));
    assert_int_equal(e.code, ERROR_EXISTS);
    assert_non_null(strstr(e.text, "other' is there already"));
    assert_false(host_tree_move(place->host, in(place, "none"), in(place, "x"), &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_false(host_tree_move(place->host, in(place, "d"), "/dev/shm/x", &e));
    assert_int_equal(e.code, ERROR_REFUSED);
    assert_false(host_tree_move(place->host, "/proc", in(place, "x"), &e));
    assert_int_equal(e.code, ERROR_REFUSED);
    assert_non_null(strstr(e.hint, "what is in it can"));
    assert_string_equal(names_in(place, in(place, "other")), "");
    EXPECT_OK(host_tree_move(place->host, in(place, "d"), in(place, "other/d"), &e));
    assert_string_equal(names_in(place, in(place, "other/d")), "f");
    assert_string_equal(names_in(place, place->dir), "other");
}

static void
test_tree_remove(void **state)
{
    static const char *const guarded[] = {
        "/",       "/home",    "/var/lib", "/usr/share/doc", "/etc/systemd",
        "/proc/1", "relative", "/a/../b",  "/a//b"};
    struct place *place = *state;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
        assert_false(host_tree_remove(place->host, guarded[i], &e));
        assert_true(e.code == ERROR_REFUSED || e.code == ERROR_USAGE);
    }
    assert_int_equal(mkdir(in(place, "d"), 0700), 0);
    assert_int_equal(mkdir(in(place, "kept"), 0700), 0);
    write_here(in(place, "kept/f"), "", 0600);
    assert_int_equal(symlink(in(place, "kept"), in(place, "d/l")), 0);
    EXPECT_OK(host_tree_remove(place->host, in(place, "d"), &e));
    EXPECT_OK(host_tree_remove(place->host, in(place, "d"), &e));
    assert_string_equal(names_in(place, place->dir), "kept");
    assert_string_equal(names_in(place, in(place, "kept")), "f");
}

static void
test_tree_send(void **state)
{
    struct place *place = *state;
    struct host_file like = {.mode = 0711, .uid = geteuid(), .gid = getegid()};
    struct watcher watcher = {.place = place};
    struct observer observer = {.context = &watcher, .progress = watch};
    struct stat found;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    if (geteuid() == 0)
        like.uid = like.gid = 12345;
    EXPECT_OK(dir_make(in(place, "data/member/snap"), 0700, &e));
    EXPECT_OK(dir_make(in(place, "data/member/wal"), 0700, &e));
    write_here(in(place, "data/member/snap/db"), "database", 0600);
    write_here(in(place, "data/member/wal/0.wal"), "wal", 0640);
    write_here(in(place, "data/member/empty"), "", 0600);
    /* An earlier try was cut. */
    EXPECT_OK(dir_make(in(place, ".etcd.quorate-word"), 0700, &e));
    write_here(in(place, ".etcd.quorate-word/half"), "half", 0600);
    EXPECT_OK(host_tree_send(place->host, in(place, "data"), in(place, "etcd"), &like, "word",
                             &observer, &e));
    expect_content(place, in(place, "etcd/member/snap/db"), "database");
    expect_content(place, in(place, "etcd/member/wal/0.wal"), "wal");
    expect_content(place, in(place, "etcd/member/empty"), "");
    assert_int_equal(stat(in(place, "etcd"), &found), 0);
    assert_int_equal(found.st_mode & 07777, 0711);
    assert_int_equal(found.st_uid, like.uid);
    assert_int_equal(stat(in(place, "etcd/member/wal/0.wal"), &found), 0);
    assert_int_equal(found.st_mode & 07777, 0640);
    assert_int_equal(found.st_uid, like.uid);
    assert_int_equal(stat(in(place, "etcd/member"), &found), 0);
    assert_int_equal(found.st_mode & 07777, 0700);
    assert_true(watcher.done == 11 && watcher.total == 11);
    assert_string_equal(names_in(place, place->dir), "data etcd");
    assert_false(
        host_tree_send(place->host, in(place, "data"), in(place, "etcd"), &like, "word", NULL, &e));
    assert_int_equal(e.code, ERROR_EXISTS);
    assert_int_equal(symlink("x", in(place, "data/l")), 0);
    assert_false(
        host_tree_send(place->host, in(place, "data"), in(place, "new"), &like, "word", NULL, &e));
    assert_int_equal(e.code, ERROR_REFUSED);
    assert_string_equal(names_in(place, place->dir), "data etcd");
}

static void
test_tree_send_that_was_cut_is_cleared(void **state)
{
    struct place *place = *state;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    EXPECT_OK(dir_make(in(place, ".etcd.quorate-ours"), 0700, &e));
    write_here(in(place, ".etcd.quorate-ours/half"), "half", 0600);
    EXPECT_OK(dir_make(in(place, ".etcd.quorate-theirs"), 0700, &e));
    EXPECT_OK(host_tree_send_clear(place->host, in(place, "etcd"), "ours", &e));
    EXPECT_OK(host_tree_send_clear(place->host, in(place, "etcd"), "ours", &e));
    assert_string_equal(names_in(place, place->dir), ".etcd.quorate-theirs");
}

/* A file that cannot be sent leaves nothing behind. */
static void
test_tree_send_that_fails(void **state)
{
    struct place *place = *state;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
#ifndef QUORATE_FAILPOINTS
    printf("skipped: built without failpoints\n");
    skip();
#endif
    EXPECT_OK(dir_make(in(place, "data/member"), 0700, &e));
    write_here(in(place, "data/member/a"), "first", 0600);
    write_here(in(place, "data/member/b"), "second", 0600);
    e = send_damaged(place, "2", true);
    assert_int_equal(e.code, ERROR_VERIFY);
    assert_string_equal(names_in(place, place->dir), "data");
}

static void
test_dir_make(void **state)
{
    struct place *place = *state;
    struct host_file like = {.mode = 0750, .uid = geteuid(), .gid = getegid()};
    struct stat found;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    EXPECT_OK(host_dir_make(place->host, in(place, "a/b"), &like, &e));
    assert_int_equal(stat(in(place, "a"), &found), 0);
    assert_int_equal(found.st_mode & 07777, 0755);
    assert_int_equal(stat(in(place, "a/b"), &found), 0);
    assert_int_equal(found.st_mode & 07777, 0750);
    like.mode = 0700;
    EXPECT_OK(host_dir_make(place->host, in(place, "a/b"), &like, &e));
    assert_int_equal(stat(in(place, "a/b"), &found), 0);
    assert_int_equal(found.st_mode & 07777, 0750);
    write_here(in(place, "f"), "", 0600);
    assert_false(host_dir_make(place->host, in(place, "f"), &like, &e));
    assert_int_equal(e.code, ERROR_EXISTS);
}

static void
test_keep_and_put_back(void **state)
{
    struct place *place = *state;
    const char *keeping = in(place, "kept/plan-1.json");
    const char *const paths[] = {in(place, "f"), in(place, "none"), in(place, "dir/inner"),
                                 in(place, "dir")};
    struct host_file like = like_mine();
    struct stat found;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    if (geteuid() != 0) {
        printf("skipped: a keeping is root's\n");
        skip();
    }
    write_here(paths[0], "original\r\n\xff", 0604);
    assert_int_equal(chown(paths[0], 12345, 54321), 0);
    EXPECT_OK(host_keep(place->host, keeping, paths, 4, &e));
    assert_int_equal(stat(keeping, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
    EXPECT_OK(host_file_replace(place->host,
                                &(struct host_file_new){.path = paths[0], .like = &like},
                                BYTES_LITERAL("changed"), &e));
    write_here(paths[1], "new", 0600);
    /* The second try of the same change keeps what the first has kept. */
    EXPECT_OK(host_keep(place->host, keeping, paths, 4, &e));
    EXPECT_OK(host_dir_make(place->host, in(place, "dir/inner"), &like, &e));
    write_here(in(place, "dir/data"), "of somebody", 0600);
    EXPECT_OK(host_put_back(place->host, keeping, &e));
    assert_string_equal(names_in(place, place->dir), "dir f kept");
    assert_string_equal(names_in(place, in(place, "dir")), "data");
    assert_int_equal(unlink(in(place, "dir/data")), 0);
    EXPECT_OK(host_put_back(place->host, keeping, &e));
    expect_content(place, paths[0], "original\r\n\xff");
    assert_int_equal(stat(paths[0], &found), 0);
    assert_int_equal(found.st_mode & 07777, 0604);
    assert_int_equal(found.st_uid, 12345);
    assert_int_equal(found.st_gid, 54321);
    assert_string_equal(names_in(place, place->dir), "f kept");
}

static void
test_keeping_that_is_damaged(void **state)
{
    static const char *const damaged[] = {
        "", "{}", "{\"kept\":[{\"path\":\"/x\"}]}",
        ("{\"kept\":[{\"path\":\"/x\",\"there\":true,\"uid\":0,\"gid\":0,\"mode\":0,\"label\":\"\","
         "\"content\":\"*\"}]}")};
    struct place *place = *state;
    const char *const paths[] = {place->dir};
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        write_here(in(place, "kept"), damaged[i], 0600);
        assert_false(host_put_back(place->host, in(place, "kept"), &e));
        assert_int_equal(e.code, ERROR_CORRUPT);
    }
    assert_false(host_put_back(place->host, in(place, "none"), &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_false(host_keep(place->host, in(place, "new/k"), paths, 1, &e));
    assert_int_equal(e.code, ERROR_REFUSED);
}

/* A pair of which one is there, in a folder that is not. */
struct together {
    struct host_files_item items[3];
    const char *paths[3];
    const char *keeping;
};

static struct together
together_make(struct place *place)
{
    struct together t = {.keeping = in(place, "kept/one")};
    static const char *const names[] = {"t/ca", "t/x/crt", "t/x/key"};

    assert_int_equal(mkdir(in(place, "t"), 0755), 0);
    assert_int_equal(mkdir(in(place, "here"), 0755), 0);
    write_here(in(place, "t/ca"), "old ca\r\n\xff", 0604);
    for (size_t i = 0; i < 3; i++) {
        t.paths[i] = in(place, names[i]);
        t.items[i] = (struct host_files_item){
            t.paths[i], in(place, arena_printf(&place->mem, "here/%zu", i)), like_mine()};
        write_here(t.items[i].from, arena_printf(&place->mem, "new %zu", i), 0600);
    }
    return t;
}

static void
test_files_replace_and_put_back(void **state)
{
    struct place *place = *state;
    struct together t;
    struct stat found;
    bool are;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    t = together_make(place);
    EXPECT_OK(host_files_are(place->host, t.items, 3, &are, &e));
    assert_false(are);
    EXPECT_OK(host_files_replace(place->host, t.keeping, t.items, 3, &e));
    EXPECT_OK(host_files_are(place->host, t.items, 3, &are, &e));
    assert_true(are);
    expect_content(place, t.paths[2], "new 2");
    assert_int_equal(stat(t.paths[2], &found), 0);
    assert_int_equal(found.st_mode & 07777, 0640);
    assert_string_equal(names_in(place, in(place, "t/x")), "crt key");
    assert_int_equal(stat(t.keeping, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0700);
    /* The second try of the same change keeps what the first has kept. */
    EXPECT_OK(host_files_replace(place->host, t.keeping, t.items, 3, &e));
    assert_int_equal(chmod(t.paths[2], 0600), 0);
    EXPECT_OK(host_files_are(place->host, t.items, 3, &are, &e));
    assert_false(are);
    EXPECT_OK(host_files_put_back(place->host, t.keeping, t.paths, 3, &e));
    expect_content(place, t.paths[0], "old ca\r\n\xff");
    assert_int_equal(stat(t.paths[0], &found), 0);
    assert_int_equal(found.st_mode & 07777, 0604);
    assert_string_equal(names_in(place, in(place, "t")), "ca");
    assert_string_equal(names_in(place, in(place, "kept")), "");
    EXPECT_OK(host_files_put_back(place->host, t.keeping, t.paths, 3, &e));
    expect_content(place, t.paths[0], "old ca\r\n\xff");
}

static void
test_files_that_cannot_all_be_replaced(void **state)
{
    struct place *place = *state;
    struct together t;
    struct error e = ERROR_INIT;

    NEEDS_HOST(place);
    t = together_make(place);
    t.items[2].from = in(place, "here/none");
    assert_false(host_files_replace(place->host, t.keeping, t.items, 3, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    expect_content(place, t.paths[0], "old ca\r\n\xff");
    EXPECT_OK(host_files_put_back(place->host, t.keeping, t.paths, 3, &e));
    assert_string_equal(names_in(place, in(place, "t")), "ca");
    assert_int_equal(unlink(t.paths[0]), 0);
    assert_int_equal(symlink("/etc/passwd", t.paths[0]), 0);
    assert_false(host_files_replace(place->host, t.keeping, t.items, 3, &e));
    assert_non_null(strstr(e.text, "is a symbolic link"));
    assert_string_equal(names_in(place, in(place, "t")), "ca");
}

#define EACH_WAY(test)                                                                             \
    cmocka_unit_test_setup_teardown(test, local_setup, teardown),                                  \
        cmocka_unit_test_setup_teardown(test, ssh_setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        EACH_WAY(test_look),
        EACH_WAY(test_read),
        EACH_WAY(test_replace_keeps_owner_and_mode),
        EACH_WAY(test_replace_refuses),
        EACH_WAY(test_send_much),
        EACH_WAY(test_send_of_a_file_with_holes),
        EACH_WAY(test_send_of_a_file_that_shrinks),
        EACH_WAY(test_send_that_is_damaged),
        EACH_WAY(test_send_to_a_full_disk),
        EACH_WAY(test_fetch),
        cmocka_unit_test_setup_teardown(test_connection_that_breaks, ssh_setup, teardown),
        EACH_WAY(test_remove_and_list),
        EACH_WAY(test_tree_move),
        EACH_WAY(test_tree_remove),
        EACH_WAY(test_tree_send),
        EACH_WAY(test_tree_send_that_was_cut_is_cleared),
        EACH_WAY(test_tree_send_that_fails),
        EACH_WAY(test_dir_make),
        EACH_WAY(test_keep_and_put_back),
        EACH_WAY(test_keeping_that_is_damaged),
        EACH_WAY(test_files_replace_and_put_back),
        EACH_WAY(test_files_that_cannot_all_be_replaced),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
