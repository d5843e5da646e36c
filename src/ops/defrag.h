/*
 * Defragmentation of a database that no server has open: a compact copy beside it, proven, takes
 * its place.
 *
 * Whatever happens, kill -9 and a full disk included, the data directory stays bootable: until the
 * rename it has the old file, afterwards the new one. What a killed run leaves is called "db.tmp.*"
 * as etcd's own leftovers are; etcd removes them when it starts, the next defragmentation does too.
 */
#ifndef QUORATE_OPS_DEFRAG_H
#define QUORATE_OPS_DEFRAG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/observer.h"

struct defrag_result {
    const char *db_path;
    uint64_t file_bytes_before; /* on the disk, what etcd let it grow ahead included */
    uint64_t used_bytes;        /* of it: pages in use */
    uint64_t file_bytes_after;
    uint64_t row_count; /* of all buckets */
};

/*
 * Defragments DATA_DIR/member/snap/db.
 *
 * wait_ms   for the lock: see format/db_file.h.
 * observer  gets the progress in bytes.
 * e         ERROR_NOT_FOUND, ERROR_PERMISSION; ERROR_LOCKED: a server has it open, or opened it
 *           meanwhile (then nothing was changed); ERROR_CORRUPT, ERROR_FORMAT: the database is
 *           damaged; ERROR_NO_SPACE; ERROR_VERIFY: the copy is not what was read; ERROR_CANCELLED: SIGINT
 *           or SIGTERM came; ERROR_IO.
 * Memory    ret_result in mem; a few MiB in use, whatever the size of the database.
 */
MUST_CHECK bool defrag_data_dir(struct arena *mem, const char *data_dir, int64_t wait_ms,
                                const struct observer *observer, struct defrag_result *ret_result,
                                struct error *e);

#endif
