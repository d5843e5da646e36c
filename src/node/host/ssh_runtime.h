/* Where the sockets of shared ssh connections live: a folder that nobody else can look into. */
#ifndef QUORATE_NODE_HOST_SSH_RUNTIME_H
#define QUORATE_NODE_HOST_SSH_RUNTIME_H

#include "base/arena.h"
#include "base/error.h"

/*
 * The path of a connection's socket, the same for the same url and configuration. Makes the folder.
 *
 * dir         NULL: $XDG_RUNTIME_DIR/quorate, or /tmp/quorate-UID.
 * config      as ssh's -F; may be NULL.
 * ret_socket  NULL when the folder's path does not fit a socket or ssh's options: then each command
 *             connects by itself.
 * e           ERROR_PERMISSION: the folder is another's, or others can get into it.
 * Source      ssh(1) binds PATH.<16 characters> and renames it (mux.c of OpenSSH 9.2); sun_path of
 *             unix(7) has 108 bytes.
 */
MUST_CHECK bool ssh_runtime_socket(struct arena *mem, const char *dir, const char *url,
                                   const char *config, const char **ret_socket, struct error *e);

#endif
