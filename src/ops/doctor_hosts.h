/* The part of doctor's picture that members' hosts know: configuration, log, disk, manifests, health checks. */
#ifndef QUORATE_OPS_DOCTOR_HOSTS_H
#define QUORATE_OPS_DOCTOR_HOSTS_H

#include "cluster/doctor/picture.h"

enum host_looks {
    HOST_LOOKS_NONE,
    HOST_LOOKS_SPACE, /* settings and disk: what doctor_judge_space judges */
    HOST_LOOKS_ALL,   /* logs, manifests and health checks as well */
};

/*
 * Looks on the hosts of all members that the inventory has, all at once. What cannot be looked at is unknown, for a
 * reason. A host is read only, but for the file that 'sync' writes and removes.
 *
 * inventory  NULL, or a member that is not in it: its host is not looked at.
 * looks      not HOST_LOOKS_NONE.
 * sync       also measures a synced write in the data directory (host_fsync_probe).
 * Memory     in 'mem'.
 */
void doctor_hosts_look(struct arena *mem, const struct inventory *inventory, enum host_looks looks,
                       bool sync, struct member_picture *members, size_t count);

#endif
