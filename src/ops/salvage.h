/*
 * From a data directory or a database that etcd refuses to a snapshot that can be restored: every
 * row that can still be read, and an account of what is lost.
 *
 * The source is only read, and only once: the work is done on a copy that goes with the program. The
 * result gets its name when it is complete and has passed the examination that every backup has to.
 */
#ifndef QUORATE_OPS_SALVAGE_H
#define QUORATE_OPS_SALVAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/observer.h"
#include "format/backend/backend_rescue.h"
#include "format/db_snapshot.h"
#include "ops/salvage_copy.h"
#include "ops/salvage_log.h"

struct salvage_request {
    const char *data_dir; /* NULL or "": db_path */
    const char *wal_dir;  /* NULL or "": in the data directory */
    const char *db_path;  /* NULL or "": the data directory's */
    const char *output;   /* must not exist */
    bool take_undecided;  /* also the log's entries that are not known to be committed: see
                             tail_entries_take_undecided */
    int64_t wait_ms;      /* for the lock: see format/db_file.h */
};

/* Whether the end of a snapshot file proves that nothing was changed. */
enum salvage_digest {
    SALVAGE_DIGEST_NONE, /* a db file has none */
    SALVAGE_DIGEST_RIGHT,
    SALVAGE_DIGEST_WRONG,
};

struct salvage_result {
    const char *source; /* the file that was read */
    struct salvage_copied copied;
    enum salvage_digest digest;
    const struct backend_rescue *rescue; /* its rows are gone */
    bool has_log;                        /* a data directory was given: log is known */
    struct salvage_log log;
    bool complete;                      /* it is certain that nothing is missing */
    struct db_snapshot_report snapshot; /* of what was written, as read back */
};

/*
 * Rescues what there is.
 *
 * e       ERROR_NOT_FOUND, ERROR_PERMISSION; ERROR_LOCKED: a server has it open; ERROR_EXISTS: the
 *         output does; ERROR_NO_SPACE: twice the source's size is needed; ERROR_FORMAT: nothing of
 *         etcd's is in it; ERROR_VERIFY: what was written is not sound; ERROR_IO.
 * Memory  ret_result in mem; while at work, 16 bytes for each row.
 */
MUST_CHECK bool salvage(struct arena *mem, const struct salvage_request *request,
                        const struct observer *observer, struct salvage_result *ret_result,
                        struct error *e);

#endif
