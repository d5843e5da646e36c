/* Whole directories on a host. Paths and errors as in node/host/host_file.h. */
#ifndef QUORATE_NODE_HOST_TREE_H
#define QUORATE_NODE_HOST_TREE_H

#include "node/host/host_file.h"

/* Whether something is mounted at a path, so that it cannot be moved; one that is not there is none. */
MUST_CHECK bool host_tree_is_mount(const struct host *host, const char *path, bool *ret_is_mount,
                                   struct error *e);

/* Renames, and syncs both folders. e: ERROR_EXISTS: 'to' is there. ERROR_NOT_FOUND: 'from' is not.
 * ERROR_REFUSED: 'from' is a mount point, or 'to' is on another file system. */
MUST_CHECK bool host_tree_move(const struct host *host, const char *from, const char *to,
                               struct error *e);

/* Removes a directory and all in it; nothing there is fine. e: ERROR_REFUSED: a path of fewer than two
 * names, a directory of the system's or a mount point. */
MUST_CHECK bool host_tree_remove(const struct host *host, const char *path, struct error *e);

/*
 * Delivers a directory of regular files and directories: into a directory beside 'path', whose name
 * begins with a dot, each file with its checksum; then renamed. After an error nothing of it is left,
 * unless the host cannot be reached any more; then, and after kill -9, the next try with the same word removes it.
 *
 * like  owner and label of all, and the mode of the directory itself; other modes are as they are here.
 * word  ends the name of the directory on its way: whose delivery it is, different for each.
 * e     ERROR_EXISTS: 'path' is there. ERROR_REFUSED: a link or a device among the files.
 */
MUST_CHECK bool host_tree_send(const struct host *host, const char *local_dir, const char *path,
                               const struct host_file *like, const char *word,
                               const struct observer *observer, struct error *e);
/* Removes what a delivery that was cut has left beside 'path'; nothing there is fine. */
MUST_CHECK bool host_tree_send_clear(const struct host *host, const char *path, const char *word,
                                     struct error *e);

#endif
