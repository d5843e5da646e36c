/*
 * Opens a restored data directory again and proves that etcd will take it: the log, the raft
 * snapshot and the database have to tell the same story.
 */
#ifndef QUORATE_OPS_RESTORE_PROOF_H
#define QUORATE_OPS_RESTORE_PROOF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "format/member_identity.h"

struct restore_expectation {
    const struct initial_cluster *cluster; /* identified */
    uint64_t member_id;                    /* whose directory it is */
    uint64_t size_bytes;                   /* the least size of the database */
    int64_t revision;                      /* of the store, the bump included */
    bool no_alarms;
    bool whole_structure; /* check every page, not only those on the way to what is read */
};

/*
 * Proves one directory that no etcd has run on yet.
 *
 * data_dir   with member/snap/db and one .snap.
 * wal_dir    the log's directory.
 * e          ERROR_VERIFY: something differs; says what, where, and what was expected. The errors
 *            of the readers otherwise.
 */
MUST_CHECK bool restore_verify_dir(const char *data_dir, const char *wal_dir,
                                   const struct restore_expectation *expected, struct error *e);

#endif
