#include "format/db_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>

#include "base/number.h"
#include "base/time.h"

enum { LOCK_RETRY_MS = 50, PROC_PATH_SIZE = 64 }; /* bbolt's flockRetryTimeout */

static bool
same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether one of the descriptors in "/proc/PID/fd" is that file. */
static bool
process_has_open(const char *fd_dir, const struct stat *file)
{
    DIR *dir = opendir(fd_dir);
    struct dirent *entry;
    bool found = false;

    if (dir == NULL)
        return false;
    while (!found && (entry = readdir(dir)) != NULL) {
        struct stat st;

        found = fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && same_file(&st, file);
    }
    closedir(dir);
    return found;
}

static void
process_name_read(uint64_t pid, char *ret_name, size_t size)
{
    char path[PROC_PATH_SIZE];
    AUTO_FD fd = -1;
    ssize_t got;

    snprintf(path, sizeof(path), "/proc/%llu/comm", (unsigned long long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    got = fd < 0 ? 0 : read(fd, ret_name, size - 1);
    ret_name[got > 0 ? got : 0] = '\0';
    ret_name[strcspn(ret_name, "\n")] = '\0';
}

bool
file_user_find(int fd, struct file_user *ret_user)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    struct stat file;
    bool found = false;

    if (proc == NULL)
        return false;
    while (fstat(fd, &file) == 0 && !found && (entry = readdir(proc)) != NULL) {
        struct error ignored = ERROR_INIT;
        char path[PROC_PATH_SIZE];
        uint64_t pid;

        if (!number_parse_u64(entry->d_name, &pid, &ignored) || pid == (uint64_t)getpid())
            continue;
        snprintf(path, sizeof(path), "/proc/%llu/fd", (unsigned long long)pid);
        found = process_has_open(path, &file);
        if (found) {
            ret_user->pid = (pid_t)pid;
            process_name_read(pid, ret_user->name, sizeof(ret_user->name));
        }
    }
    closedir(proc);
    return found;
}

static bool
locked_error(int fd, const char *path, struct error *e)
{
    struct file_user user;

    if (file_user_find(fd, &user) && user.name[0] != '\0')
        error_set_(e, ERROR_LOCKED, 0, "'%s' is in use by %s (pid %lld)", path, user.name,
                   (long long)user.pid);
    else
        error_set_(e, ERROR_LOCKED, 0, "'%s' is in use by another process", path);
    return error_hint(e, "stop that process first; a running member is defragmented with 'etcdctl "
                         "defrag', read with 'etcdctl snapshot save'");
}

static bool
lock_take(int fd, const char *path, enum db_file_use use, int64_t wait_ms, struct error *e)
{
    int kind = use == DB_FILE_CHANGE ? LOCK_EX : LOCK_SH;
    int64_t until_ms = time_monotonic_ms() + wait_ms;

    while (flock(fd, kind | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_set_errno(e, errno, "'%s': lock", path);
        if (wait_ms != DB_FILE_WAIT_FOREVER && time_monotonic_ms() >= until_ms)
            return locked_error(fd, path, e);
        time_sleep_ms(LOCK_RETRY_MS);
    }
    return true;
}

/* Between open and lock somebody may have put another file in its place, as defragmentation does. */
static bool
still_there(int fd, const char *path, struct error *e)
{
    struct stat opened;
    struct stat named;

    if (fstat(fd, &opened) != 0 || stat(path, &named) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    if (!same_file(&opened, &named))
        return error_set(e, ERROR_LOCKED, "'%s' was replaced just now: run the command again",
                         path);
    return true;
}

bool
db_file_lock(const char *path, enum db_file_use use, int64_t wait_ms, int *ret_fd, struct error *e)
{
    AUTO_FD fd = -1;

    if (!file_open(path, use == DB_FILE_CHANGE ? O_RDWR : O_RDONLY, 0, &fd, e) ||
        !lock_take(fd, path, use, wait_ms, e) || !still_there(fd, path, e))
        return false;
    *ret_fd = fd;
    fd = -1;
    return true;
}

/* What was changed meanwhile is told before the damage that it looks like. */
static bool
database_open(struct db_file *file, const char *path, struct error *e)
{
    struct error changed = ERROR_INIT;

    if (bbolt_open(file_map_bytes(&file->map), path, &file->db, e))
        return true;
    if (!file_map_unchanged(&file->map, path, &changed))
        *e = changed;
    return false;
}

bool
db_file_open(const char *path, enum db_file_use use, int64_t wait_ms, struct db_file *ret_file,
             struct error *e)
{
    struct db_file file = DB_FILE_INIT;

    if (db_file_lock(path, use, wait_ms, &file.fd, e) && file_map_open(path, &file.map, e) &&
        database_open(&file, path, e)) {
        if (file.map.size > 0)
            (void)madvise(without_const(file.map.data), file.map.size, MADV_SEQUENTIAL);
        ret_file->fd = file.fd;
        ret_file->map = file.map;
        ret_file->db = file.db;
        return true;
    }
    db_file_close(&file);
    return false;
}

void
db_file_close(struct db_file *file)
{
    read_ahead_end(&file->ahead);
    file_map_close(&file->map);
    fd_close(&file->fd);
}

void
db_file_read_ahead(struct db_file *file)
{
    read_ahead_begin(&file->ahead, &file->map);
    file->db.ahead = &file->ahead;
}

bool
db_file_unchanged(const struct db_file *file, struct error *e)
{
    return file_map_unchanged(&file->map, file->db.name, e);
}

bool
db_file_finish(const struct db_file *file, bool ok, struct error *e)
{
    struct error changed = ERROR_INIT;

    if (!ok && e->code != ERROR_CORRUPT && e->code != ERROR_FORMAT && e->code != ERROR_NOT_FOUND)
        return false;
    if (db_file_unchanged(file, &changed))
        return ok;
    *e = changed;
    return false;
}
