/* What a user of a host may read there. */
#ifndef QUORATE_NODE_HOST_ACCESS_H
#define QUORATE_NODE_HOST_ACCESS_H

#include <sys/types.h>

#include "node/host/host.h"

/* As whom a process looks: numbers of the host. */
struct host_reader {
    uid_t uid;
    gid_t gid;
    const char *groups; /* the others it is in, "4,104"; "": none */
};

/*
 * Whether a process of this user could read a file that is there: all folders on the way, and the file.
 * Asked of the kernel, by becoming that user: so owner, groups, ACLs and read-only roots all count. The host
 * has to be reached as root.
 *
 * ret_blocker  what is in the way, as ls tells it ("/etc/etcd (drwx------ root:root)"); NULL: nothing.
 *              In 'mem'.
 * e            host_run's; ERROR_NOT_FOUND: the host has no setpriv (util-linux).
 */
MUST_CHECK bool host_may_read(struct arena *mem, const struct host *host,
                              const struct host_reader *reader, const char *path,
                              const char **ret_blocker, struct error *e);

#endif
