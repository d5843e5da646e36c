/* The raft side of a restored directory: a log that begins with the new members, and its snapshot. */
#ifndef QUORATE_OPS_RESTORE_LOG_H
#define QUORATE_OPS_RESTORE_LOG_H

#include <stdint.h>

#include "base/error.h"
#include "format/member_identity.h"

/*
 * Writes the log of one member: one conf change per member of the cluster, all of them committed,
 * and a snapshot record behind.
 *
 * wal_dir    must not exist; appears by one rename.
 * e          ERROR_EXISTS, ERROR_NO_SPACE, ERROR_PERMISSION, ERROR_IO.
 */
MUST_CHECK bool restore_wal_write(const char *wal_dir, const struct initial_cluster *cluster,
                                  uint64_t member_id, struct error *e);

/* Writes the raft snapshot file into snap_dir; the same for every member. */
MUST_CHECK bool restore_snap_write(const char *snap_dir, const struct initial_cluster *cluster,
                                   struct error *e);

#endif
