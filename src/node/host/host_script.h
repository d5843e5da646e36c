/*
 * Small scripts of ours for a host's /bin/sh, with arguments for all that varies. They end with what the
 * tool says that failed, or with one of the refusals.
 */
#ifndef QUORATE_NODE_HOST_SCRIPT_H
#define QUORATE_NODE_HOST_SCRIPT_H

#include "node/host/host.h"

/* As the scripts write them: "exit 91". */
enum host_refusal {
    HOST_IS_DIR = 91,
    HOST_IS_LINK = 92,
    HOST_OTHER_FILE_SYSTEM = 93,
    HOST_IS_THERE = 94,
    HOST_IS_MOUNT = 95,
    HOST_IS_MISSING = 96,
    HOST_NOT_KEPT = 97, /* owner, mode or label */
    HOST_SHORT = 98,
    HOST_OTHER_HASH = 99,
};

/* Seconds are not enough for a large file on a slow disk; a connection that is cut is seen by ssh. */
enum { HOST_TRANSFER_MS = 24 * 3600 * 1000, HOST_STALL_MS = 600 * 1000 };

/* e  ERROR_USAGE: not absolute, or with ".", ".." or nothing between slashes. */
MUST_CHECK bool host_path_check(const char *path, struct error *e);

/*
 * Runs a script; 'command' has all but the argument vector.
 *
 * path  for the messages, and the script's $1.
 * rest  $2 and on; ends in NULL.
 */
MUST_CHECK bool host_script(struct arena *mem, const struct host *host, const char *script,
                            const char *path, const char *const *rest,
                            const struct host_command *command, struct host_result *ret_result,
                            struct error *e);

#endif
