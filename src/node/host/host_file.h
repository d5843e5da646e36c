/*
 * Files and directories on a host, by the GNU tools that every Debian, Ubuntu and RHEL has (stat, head,
 * cp, mv, chown, chmod, chcon, sync, sha256sum, find). All paths are absolute and without "." and ".."
 * (ERROR_USAGE); any byte but NUL may be in them.
 *
 * Errors are host_run's; and what the tools say, with the host's name in front, by host_failure. Others
 * stand with the functions.
 */
#ifndef QUORATE_NODE_HOST_FILE_H
#define QUORATE_NODE_HOST_FILE_H

#include <sys/types.h>

#include "node/host/host.h"

enum host_file_kind { HOST_NOTHING, HOST_FILE, HOST_DIR, HOST_LINK, HOST_OTHER };

struct host_file {
    enum host_file_kind kind; /* HOST_NOTHING: all else is 0 */
    uid_t uid;
    gid_t gid;
    const char *owner; /* names as the host knows them, "UNKNOWN" without one */
    const char *group;
    mode_t mode; /* permission bits, and set-id and sticky */
    uint64_t size_bytes;
    int64_t mtime_ms;
    const char *label;  /* SELinux's; NULL: the host has none */
    const char *target; /* of a link; else NULL */
};

/* What is at a path, without following a last link. Nothing there is a result, not an error. */
MUST_CHECK bool host_file_look(struct arena *mem, const struct host *host, const char *path,
                               struct host_file *ret_file, struct error *e);

/* All of a regular file, or of one of /proc, a NUL behind it. e: ERROR_LIMIT: over 'most_bytes'. */
MUST_CHECK bool host_file_read(struct arena *mem, const struct host *host, const char *path,
                               size_t most_bytes, struct bytes *ret_content, struct error *e);

/* A file as it is to be: complete and synced under its name, or, after an error, as it was before. */
struct host_file_new {
    const char *path;
    const struct host_file
        *like; /* owner, mode and label; NULL: those of the file that is there, with
                                     its ACL and attributes */
    const char
        *temporary_dir; /* where the temporary file lives until it is renamed, on the same file
                                  system; NULL: beside it, its name beginning with a dot */
};

/*
 * Replaces or makes a file. The host compares its SHA-256 before the rename.
 *
 * e  ERROR_REFUSED: a directory or a link is there (a link's target is to be named itself), or the
 *    temporary folder is on another file system. ERROR_NOT_FOUND: nothing is there to be like.
 *    ERROR_PERMISSION: owner or mode cannot be kept. ERROR_VERIFY: what arrived is not what was sent.
 */
MUST_CHECK bool host_file_replace(const struct host *host, const struct host_file_new *file,
                                  struct bytes content, struct error *e);

/* The same with 'size' bytes of a descriptor, from where it stands, in memory that does not grow with
 * them. 'fd_path' is for messages. */
MUST_CHECK bool host_file_send(const struct host *host, const struct host_file_new *file, int fd,
                               uint64_t size, const char *fd_path, const struct observer *observer,
                               struct error *e);

/* Appends a file to a descriptor. e: ERROR_VERIFY: it changed, or did not arrive as it is there. */
MUST_CHECK bool host_file_fetch(const struct host *host, const char *path, int fd,
                                const char *fd_path, const struct observer *observer,
                                struct error *e);

/* Removes a file or a link; nothing there is fine, a directory is not. */
MUST_CHECK bool host_file_remove(const struct host *host, const char *path, struct error *e);

/* Makes a directory like another, and what is missing above it as root's; one that is there is fine
 * and stays as it is. */
MUST_CHECK bool host_dir_make(const struct host *host, const char *path,
                              const struct host_file *like, struct error *e);

/* Names in a directory but "." and "..", sorted; in 'mem'. */
MUST_CHECK bool host_dir_list(struct arena *mem, const struct host *host, const char *path,
                              const char ***ret_names, size_t *ret_count, struct error *e);

#endif
