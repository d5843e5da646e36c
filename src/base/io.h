/*
 * Files and directories. Every error names the path. Descriptors are opened close-on-exec.
 * What is written through here is either complete and on the disk, or not there under its name.
 */
#ifndef QUORATE_BASE_IO_H
#define QUORATE_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/file_map.h"

#define AUTO_FD __attribute__((cleanup(fd_cleanup))) int

/* Closes and sets to -1; -1 is accepted. For what was only read: where closing may lose data use
 * file_sync first. */
void fd_close(int *fd);

static inline void
fd_cleanup(int *fd)
{
    fd_close(fd);
}

/* open(2) with O_CLOEXEC; 'path' is named in the error. */
MUST_CHECK bool file_open(const char *path, int flags, mode_t mode, int *ret_fd, struct error *e);
/* A file without a name below TMPDIR (or /tmp), open for reading and writing: gone when it is closed. */
MUST_CHECK bool file_open_temporary(int *ret_fd, struct error *e);
MUST_CHECK bool file_size(int fd, const char *path, uint64_t *ret_size, struct error *e);

/* All of a file of at most 'most_bytes' (ERROR_LIMIT); a NUL stands behind the content, not
 * counted. */
MUST_CHECK bool file_read_all(struct arena *mem, const char *path, size_t most_bytes,
                              struct bytes *ret_content, struct error *e);

/* write(2)/pwrite(2)/pread(2) until all is done; 'path' is only for the error. A pread that meets
 * the end of the file early is ERROR_FORMAT. */
MUST_CHECK bool fd_write_all(int fd, const char *path, const void *data, size_t size,
                             struct error *e);
MUST_CHECK bool fd_pwrite_all(int fd, const char *path, const void *data, size_t size,
                              uint64_t offset, struct error *e);
MUST_CHECK bool fd_pread_all(int fd, const char *path, void *ret_data, size_t size, uint64_t offset,
                             struct error *e);

/* Gives an empty file its size and room on the disk, so that a full one says so now and not after
 * minutes. A file system that cannot reserve is fine. ERROR_NO_SPACE, ERROR_IO. */
MUST_CHECK bool file_reserve(int fd, const char *path, uint64_t size, struct error *e);

/*
 * Has the kernel begin to write what it holds of a file back to the disk, each time 8 MiB are full, so
 * that a sync at the end has little left to wait for. For files that are written from front to back:
 * 'size' bytes were written just now at 'offset'. May wait for a disk that is slower than the writer.
 */
void file_write_back(int fd, uint64_t offset, uint64_t size);

MUST_CHECK bool file_sync(int fd, const char *path, struct error *e);
MUST_CHECK bool dir_sync(const char *path, struct error *e);
/* dir_sync of the directory that holds 'path'. */
MUST_CHECK bool dir_sync_parent(const char *path, struct error *e);

/* Writes a temporary file beside 'path', syncs it, renames it over 'path', syncs the directory.
 * 'mode' less the umask is the new file's, whatever the old one had. */
MUST_CHECK bool file_replace(const char *path, struct bytes content, mode_t mode, struct error *e);
/* rename(2), which replaces 'to', then syncs its directory; errors name 'to'. */
MUST_CHECK bool file_rename_over(const char *from, const char *to, struct error *e);
/* rename(2) that refuses an existing target (ERROR_EXISTS), then syncs the target's directory. */
MUST_CHECK bool file_rename_new(const char *from, const char *to, struct error *e);

bool path_exists(const char *path); /* without following a last link */
/* Creates missing directories on the way, synced; an existing directory is fine. */
MUST_CHECK bool dir_make(const char *path, mode_t mode, struct error *e);
/* ret_empty is true for a directory without entries and for a path that does not exist. */
MUST_CHECK bool dir_is_empty(const char *path, bool *ret_empty, struct error *e);
/* Names in a directory but "." and "..", sorted; in 'mem'. */
MUST_CHECK bool dir_list(struct arena *mem, const char *path, const char ***ret_names,
                         size_t *ret_count, struct error *e);
/* Removes a file or a whole directory tree; nothing there is fine. Never follows links. */
MUST_CHECK bool tree_remove(const char *path, struct error *e);

/* "dir/name", or 'name' when it is absolute or 'dir' is "". */
const char *path_join(struct arena *mem, const char *dir, const char *name);
/* The part before the last slash ("." without one, "/" for "/a"), and the part behind it. */
const char *path_dir(struct arena *mem, const char *path);
const char *path_name(const char *path);
/* Relative paths made absolute against the working directory; links are not resolved. */
MUST_CHECK bool path_absolute(struct arena *mem, const char *path, const char **ret_path,
                              struct error *e);

#endif
