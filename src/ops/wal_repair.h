/*
 * Cuts the torn end off a stopped member's log, as etcd does when it starts (for certain since 3.5.7):
 * behind the last good record. The segment is copied aside first.
 *
 * Only what a crash leaves is repaired: a last record that was not written in whole. A checksum that
 * is wrong in the middle means that data were changed that the member has told others it has; a log
 * that was cut there would let it vote and answer as if it never had.
 *
 * Source: etcd 3.4-3.7 server/storage/wal/repair.go.
 */
#ifndef QUORATE_OPS_WAL_REPAIR_H
#define QUORATE_OPS_WAL_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct wal_repair_request {
    const char *data_dir;
    const char *wal_dir; /* NULL or "": in the data directory */
    bool dry_run;        /* finds out what there is to do, and does nothing */
};

struct wal_repair_result {
    bool was_torn;       /* otherwise the log is whole, and all else is 0 */
    const char *segment; /* its path */
    const char *kept_as; /* the copy of the segment as it was */
    uint64_t cut_at;     /* byte behind the last good record */
    uint64_t cut_bytes;  /* that are dropped */
    uint64_t last_index; /* raft index of the last entry that stays */
    uint64_t commit;     /* what the log says is committed */
};

/*
 * e       ERROR_NOT_FOUND: no log. ERROR_LOCKED: a server runs on it. ERROR_REFUSED: damage that is no
 *         torn end; the hint says how to go on. ERROR_NO_SPACE, ERROR_PERMISSION, ERROR_IO.
 * Memory  texts in mem.
 */
MUST_CHECK bool wal_repair(struct arena *mem, const struct wal_repair_request *request,
                           struct wal_repair_result *ret_result, struct error *e);

#endif
