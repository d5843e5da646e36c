/*
 * What a restore changes in the database: the membership, where raft stands, alarms, and the
 * revision bump. All else stays as the snapshot has it.
 */
#ifndef QUORATE_OPS_RESTORE_DATABASE_H
#define QUORATE_OPS_RESTORE_DATABASE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "format/backend/backend.h"
#include "format/bbolt/bbolt_edit.h"
#include "ops/restore.h"

struct restore_database {
    struct bbolt_edit edit;
    int64_t revision;             /* where the snapshot stood */
    int64_t revision_after;       /* where the restored cluster will stand */
    struct restore_alarm *alarms; /* that the snapshot has */
    size_t alarm_count;
    bool repeats_ids; /* a new member has the id of an old one: token and URLs are the old ones */
};

/*
 * Builds the change from the copied database. Of its structure only what is read on the way is
 * checked: the proof looks at all of it, with the change.
 *
 * db_path    a copy of the snapshot's content that nobody else writes to.
 * name       what to call it in errors: the snapshot's path.
 * cluster    identified.
 * e          ERROR_CORRUPT, ERROR_FORMAT: the database is damaged. ERROR_USAGE: the bump would
 *            exceed the largest revision.
 * Memory     in mem.
 */
MUST_CHECK bool restore_database_plan(struct arena *mem, const char *db_path, const char *name,
                                      const struct restore_request *request,
                                      const struct initial_cluster *cluster,
                                      struct restore_database *ret_database, struct error *e);

/*
 * The revision of a server that opens this file: of the newest key row, or of the last compaction
 * when that dropped the newer rows; at least 1.
 *
 * e          ERROR_CORRUPT, ERROR_FORMAT.
 */
MUST_CHECK bool restore_revision_read(const struct bbolt *db, const struct backend_info *info,
                                      int64_t *ret_revision, struct error *e);

/* A member's row and the context of its conf change: JSON as etcd writes it. */
void restore_member_encode(struct buf *out, const struct initial_member *member);

#endif
