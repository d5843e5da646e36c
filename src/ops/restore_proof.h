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
    int64_t last_row;                      /* main revision of the newest key row; 0: none */
    bool no_alarms;
};

/*
 * Proves one directory.
 *
 * snap_dir   "DATA/member/snap", with db and one .snap.
 * wal_dir    the log's directory.
 * e          ERROR_VERIFY: something differs; says what, where, and what was expected. The errors
 *            of the readers otherwise.
 */
MUST_CHECK bool restore_verify_dir(const char *snap_dir, const char *wal_dir,
                                   const struct restore_expectation *expected, struct error *e);

#endif
