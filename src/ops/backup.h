/*
 * 'backup now': a snapshot in a repository, with a manifest and a proof.
 *
 * The proof: the trailer while it streams, the structure and every row from the file, and HashKV
 * recomputed from the file and compared with what the members answer for the same revision.
 */
#ifndef QUORATE_OPS_BACKUP_H
#define QUORATE_OPS_BACKUP_H

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"
#include "format/db_snapshot.h"
#include "ops/snapshot_receive.h"
#include "repo/repo.h"

struct backup_request {
    const struct etcd_options *etcd;
    const struct repo *repo;
    const char *cluster;               /* folder in the repository; NULL: the cluster id in hex */
    const struct inventory *inventory; /* for the members' settings in the manifest; may be NULL */
    const struct observer *observer;
};

struct backup_result {
    const char *folder;
    const struct backup_manifest *manifest;
};

/*
 * e  as snapshot_receive. ERROR_VERIFY: the file's HashKV is not the members'. Nothing stays in the
 *    repository after a failure.
 */
MUST_CHECK bool backup_now(struct arena *mem, const struct backup_request *request,
                           struct backup_result *ret_result, struct error *e);

/*
 * Checks a backup again: its file against the manifest, the trailer, structure, rows, and the
 * recomputed HashKV against the manifest's.
 *
 * ret_report  the file's report, also of a bad one.
 * e           ERROR_CORRUPT, ERROR_VERIFY: what is wrong and where.
 */
MUST_CHECK bool backup_verify(struct arena *mem, const struct repo_entry *entry,
                              struct db_snapshot_report *ret_report, struct error *e);

#endif
