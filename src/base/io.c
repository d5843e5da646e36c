#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/failpoint.h"
#include "base/hash.h"

enum { READ_BYTES = 64 * 1024, WRITE_BACK_BYTES = 8 << 20 };

void
fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

bool
file_open(const char *path, int flags, mode_t mode, int *ret_fd, struct error *e)
{
    int fd = open(path, flags | O_CLOEXEC, mode);

    if (fd < 0)
        return error_set_errno(e, errno, "'%s'", path);
    *ret_fd = fd;
    return true;
}

bool
file_open_temporary(int *ret_fd, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = getenv("TMPDIR");
    char *path;
    int fd;

    if (dir == NULL || dir[0] == '\0')
        dir = "/tmp";
    fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        path = arena_printf(&tmp, "%s/quorate-XXXXXX", dir);
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            unlink(path);
    }
    if (fd < 0) {
        error_set_errno_(e, errno, "temporary file below '%s'", dir);
        return error_hint(e, "set TMPDIR to a directory that can be written");
    }
    *ret_fd = fd;
    return true;
}

bool
file_size(int fd, const char *path, uint64_t *ret_size, struct error *e)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    if (S_ISDIR(st.st_mode))
        return error_set(e, ERROR_IO, "'%s': is a directory", path);
    *ret_size = (uint64_t)st.st_size;
    return true;
}

/* Reads on until the end of the file, or until one byte more than expected is there. */
static bool
read_to_end(int fd, const char *path, size_t most_bytes, struct buf *content, struct error *e)
{
    while (content->size <= most_bytes) {
        size_t room = most_bytes + 1 - content->size;
        ssize_t got;

        if (room > READ_BYTES)
            room = READ_BYTES;
        got = read(fd, buf_reserve(content, room), room);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(e, errno, "'%s'", path);
        if (got == 0)
            return true;
        content->size += (size_t)got;
    }
    return error_set(e, ERROR_LIMIT, "'%s': more than %zu bytes", path, most_bytes);
}

bool
file_read_all(struct arena *mem, const char *path, size_t most_bytes, struct bytes *ret_content,
              struct error *e)
{
    AUTO_BUF content = BUF_INIT;
    AUTO_FD fd = -1;
    uint64_t size;

    ASSERT(most_bytes < SIZE_MAX);
    if (!file_open(path, O_RDONLY, 0, &fd, e) || !file_size(fd, path, &size, e))
        return false;
    if (size > most_bytes)
        return error_set(e, ERROR_LIMIT, "'%s': %llu bytes, at most %zu are expected", path,
                         (unsigned long long)size, most_bytes);
    /* The size is only a hint: files in /proc and pipes say 0, and files grow. */
    buf_reserve(&content, (size_t)size + 1);
    if (!read_to_end(fd, path, most_bytes, &content, e))
        return false;
    *ret_content = bytes_of(arena_text_of_bytes(mem, buf_bytes(&content)), content.size);
    return true;
}

bool
fd_write_all(int fd, const char *path, const void *data, size_t size, struct error *e)
{
    const uint8_t *at = data;

    if (FAILPOINT(file_write))
        return error_set_errno(e, ENOSPC, "'%s'", path);
    while (size > 0) {
        ssize_t done = write(fd, at, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return error_set_errno(e, errno, "'%s'", path);
        at += done;
        size -= (size_t)done;
    }
    return true;
}

bool
fd_pwrite_all(int fd, const char *path, const void *data, size_t size, uint64_t offset,
              struct error *e)
{
    const uint8_t *at = data;

    if (FAILPOINT(file_write))
        return error_set_errno(e, ENOSPC, "'%s'", path);
    while (size > 0) {
        ssize_t done = pwrite(fd, at, size, (off_t)offset);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return error_set_errno(e, errno, "'%s'", path);
        at += done;
        offset += (uint64_t)done;
        size -= (size_t)done;
    }
    return true;
}

bool
fd_pread_all(int fd, const char *path, void *ret_data, size_t size, uint64_t offset,
             struct error *e)
{
    uint8_t *at = ret_data;

    if (FAILPOINT(file_read))
        return error_set_errno(e, EIO, "'%s'", path);
    while (size > 0) {
        ssize_t got = pread(fd, at, size, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(e, errno, "'%s'", path);
        if (got == 0)
            return error_set(e, ERROR_FORMAT, "'%s': ends at byte %llu, %zu more are expected",
                             path, (unsigned long long)offset, size);
        at += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

bool
file_reserve(int fd, const char *path, uint64_t size, struct error *e)
{
    if (size == 0 || fallocate(fd, 0, 0, (off_t)size) == 0 || errno == EOPNOTSUPP ||
        errno == ENOSYS)
        return true;
    return error_set_errno(e, errno, "'%s': reserving %llu bytes", path, (unsigned long long)size);
}

void
file_write_back(int fd, uint64_t offset, uint64_t size)
{
    uint64_t begun = offset / WRITE_BACK_BYTES;
    uint64_t full = (offset + size) / WRITE_BACK_BYTES;

    /* A failure to begin is none: the sync tells those of writing. */
    if (full > begun)
        (void)sync_file_range(fd, (off_t)(begun * WRITE_BACK_BYTES),
                              (off_t)((full - begun) * WRITE_BACK_BYTES), SYNC_FILE_RANGE_WRITE);
}

bool
file_sync(int fd, const char *path, struct error *e)
{
    int failed = FAILPOINT(file_sync) ? EIO : 0;

    if (failed == 0 && fsync(fd) != 0)
        failed = errno;
    return failed == 0 || error_set_errno(e, failed, "'%s': sync", path);
}

bool
dir_sync(const char *path, struct error *e)
{
    AUTO_FD fd = -1;

    if (!file_open(path, O_RDONLY | O_DIRECTORY, 0, &fd, e))
        return false;
    /* Some network and FUSE file systems cannot sync a directory and say so like this. */
    return file_sync(fd, path, e) || (e->sys_errno == EINVAL && (error_clear(e), true));
}

bool
dir_sync_parent(const char *path, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return dir_sync(path_dir(&tmp, path), e);
}

static const char *
temporary_name(struct arena *mem, const char *path)
{
    uint64_t random;

    random_bytes(&random, sizeof(random));
    return arena_printf(mem, "%s.%016llx.tmp", path, (unsigned long long)random);
}

static bool
write_and_rename(const char *temporary, const char *path, struct bytes content, mode_t mode,
                 struct error *e)
{
    /* Errors name 'path': of the temporary name nobody has heard. */
    AUTO_FD fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

    if (fd < 0)
        return error_set_errno(e, errno, "'%s'", path);
    return fd_write_all(fd, path, content.data, content.size, e) && file_sync(fd, path, e) &&
           file_rename_over(temporary, path, e);
}

bool
file_replace(const char *path, struct bytes content, mode_t mode, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *temporary = temporary_name(&tmp, path);

    if (write_and_rename(temporary, path, content, mode, e))
        return true;
    unlink(temporary);
    return false;
}

bool
file_rename_over(const char *from, const char *to, struct error *e)
{
    int failed = FAILPOINT(file_rename) ? EIO : 0;

    if (failed == 0 && rename(from, to) != 0)
        failed = errno;
    if (failed != 0)
        return error_set_errno(e, failed, "'%s'", to);
    return dir_sync_parent(to, e);
}

bool
file_rename_new(const char *from, const char *to, struct error *e)
{
    int failed = FAILPOINT(file_rename) ? EIO : 0;

    if (failed == 0 && renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0)
        failed = errno;
    /* File systems without RENAME_NOREPLACE (some network ones): check, then rename. */
    if (failed == EINVAL || failed == ENOSYS) {
        if (path_exists(to))
            failed = EEXIST;
        else
            failed = rename(from, to) == 0 ? 0 : errno;
    }
    if (failed != 0)
        return error_set_errno(e, failed, "'%s'", failed == EEXIST ? to : from);
    return dir_sync_parent(to, e);
}

bool
path_exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* What is put into a new directory is only as lasting as the directory's own name. */
static bool
dir_make_one(const char *path, mode_t mode, struct error *e)
{
    if (mkdir(path, mode) == 0)
        return dir_sync_parent(path, e);
    return errno == EEXIST || error_set_errno(e, errno, "'%s'", path);
}

bool
dir_make(const char *path, mode_t mode, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct stat st;

    for (const char *at = path; *at != '\0';) {
        at += strspn(at, "/");
        at += strcspn(at, "/");
        if (!dir_make_one(arena_text_of_bytes(&tmp, bytes_of(path, (size_t)(at - path))), mode, e))
            return false;
    }
    if (stat(path, &st) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    if (!S_ISDIR(st.st_mode))
        return error_set(e, ERROR_EXISTS, "'%s': is there, but is not a directory", path);
    return true;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

typedef ARRAY(const char *) name_array;

/* All names but "." and "..", as they come; 0 or an errno. */
static int
names_take(struct arena *mem, DIR *dir, name_array *names)
{
    const struct dirent *entry;

    while (errno = 0, (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            *ARRAY_PUSH(mem, names) = arena_text(mem, entry->d_name);
    }
    return errno;
}

bool
dir_list(struct arena *mem, const char *path, const char ***ret_names, size_t *ret_count,
         struct error *e)
{
    name_array names = ARRAY_INIT;
    DIR *dir = opendir(path);
    int failed;

    if (dir == NULL)
        return error_set_errno(e, errno, "'%s'", path);
    failed = names_take(mem, dir, &names);
    closedir(dir);
    if (failed != 0)
        return error_set_errno(e, failed, "'%s'", path);
    if (names.count > 0)
        qsort(names.items, names.count, sizeof(*names.items), compare_names);
    *ret_names = names.items;
    *ret_count = names.count;
    return true;
}

bool
dir_is_empty(const char *path, bool *ret_empty, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char **names;
    size_t count;

    if (!dir_list(&tmp, path, &names, &count, e)) {
        if (e->code != ERROR_NOT_FOUND)
            return false;
        error_clear(e);
        count = 0;
    }
    *ret_empty = count == 0;
    return true;
}

/* The names in an open directory, which stays open. */
static bool
names_read(struct arena *mem, int fd, const char *path, name_array *names, struct error *e)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    int failed = errno;

    if (dir == NULL) {
        fd_close(&copy);
        return error_set_errno(e, failed, "'%s'", path);
    }
    failed = names_take(mem, dir, names);
    closedir(dir);
    return failed == 0 || error_set_errno(e, failed, "'%s'", path);
}

/* 'path' is only for the error: what stands in the directory may change under us, so each step
 * down goes by descriptor and never through a link. */
static bool
tree_remove_at(int parent, const char *name, const char *path, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_FD fd = -1;
    name_array names = ARRAY_INIT;
    int failed;

    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return true;
    failed = errno;
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) /* no directory: the first errno tells; EISDIR: what opening it said */
        return error_set_errno(e, failed == EISDIR ? errno : failed, "'%s'", path);
    if (!names_read(&tmp, fd, path, &names, e))
        return false;
    for (size_t i = 0; i < names.count; i++) {
        if (!tree_remove_at(fd, names.items[i], path_join(&tmp, path, names.items[i]), e))
            return false;
    }
    if (unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        return error_set_errno(e, errno, "'%s'", path);
    return true;
}

bool
tree_remove(const char *path, struct error *e)
{
    return tree_remove_at(AT_FDCWD, path, path, e);
}

const char *
path_join(struct arena *mem, const char *dir, const char *name)
{
    size_t length = strlen(dir);

    if (name[0] == '/' || length == 0)
        return arena_text(mem, name);
    return arena_printf(mem, dir[length - 1] == '/' ? "%s%s" : "%s/%s", dir, name);
}

const char *
path_dir(struct arena *mem, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return ".";
    if (slash == path)
        return "/";
    return arena_text_of_bytes(mem, bytes_of(path, (size_t)(slash - path)));
}

const char *
path_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

bool
path_absolute(struct arena *mem, const char *path, const char **ret_path, struct error *e)
{
    char here[PATH_MAX];

    if (path[0] == '/') {
        *ret_path = arena_text(mem, path);
        return true;
    }
    if (getcwd(here, sizeof(here)) == NULL)
        return error_set_errno(e, errno, "working directory");
    *ret_path = path_join(mem, here, path);
    return true;
}
