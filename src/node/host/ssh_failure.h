/* What ssh(1) says when it cannot: causes and remedies. */
#ifndef QUORATE_NODE_HOST_SSH_FAILURE_H
#define QUORATE_NODE_HOST_SSH_FAILURE_H

#include <stdbool.h>

#include "base/error.h"

struct ssh_target {
    const char *name;
    const char *user; /* NULL: ssh's configuration decides */
    const char *port;
    const char *offered; /* the keys that were offered, as a text; NULL: not known */
};

/*
 * Sets code, cause, text and hint from ssh's standard error.
 *
 * Source  sshconnect.c, sshconnect2.c, packet.c, misc.c and clientloop.c of OpenSSH 7.9 to 9.9.
 */
bool ssh_failure(const struct ssh_target *target, const char *said, struct error *e);

/* Whether it says that the host accepts none of the user's keys. */
bool ssh_failure_is_permission(const char *said);

#endif
