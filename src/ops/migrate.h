/*
 * The storage version of a stopped member's database, raised or lowered: etcd 3.6 and later write
 * theirs into it and refuse a newer one; 3.5 knows of none.
 *
 * Lowering it is refused while the log holds a request that the older release does not know.
 * One row is changed, in place: a crash at any moment leaves the database with the old or with the
 * new version.
 *
 * Source: etcd 3.6, 3.7 etcdutl/etcdutl/migrate_command.go, server/storage/schema/schema.go and
 * migration.go, server/storage/wal/version.go.
 */
#ifndef QUORATE_OPS_MIGRATE_H
#define QUORATE_OPS_MIGRATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "format/minor_version.h"

/* "X.Y", at least 3.5. e: ERROR_USAGE, with etcdutl's words. */
MUST_CHECK bool migrate_target_parse(const char *text, struct minor_version *ret_target,
                                     struct error *e);

struct migrate_request {
    const char *data_dir;
    struct minor_version target;
    bool force;      /* writes the version although the checks say no */
    int64_t wait_ms; /* for the lock: see format/db_file.h */
};

struct migrate_result {
    struct minor_version from;
    /* The cluster version, when it is above the target and no downgrade was enabled: a server of the
     * target's release does not start. NULL otherwise. */
    const char *cluster_version;
    bool changed;       /* false: it was the target already */
    const char *forced; /* why the checks said no; NULL: they did not */
};

/*
 * Checks and changes.
 *
 * e       ERROR_NOT_FOUND, ERROR_PERMISSION, ERROR_LOCKED (a server has it open), ERROR_CORRUPT,
 *         ERROR_FORMAT; ERROR_REFUSED: a version that is not supported, a log with newer entries,
 *         data older than 3.5; ERROR_NO_SPACE, ERROR_IO.
 * Memory  ret_result in mem.
 */
MUST_CHECK bool migrate_data_dir(struct arena *mem, const struct migrate_request *request,
                                 struct migrate_result *ret_result, struct error *e);

#endif
