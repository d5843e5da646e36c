/*
 * Where the files of a member's data directory are.
 * Source: etcd 3.4-3.7 server/storage/datadir/datadir.go.
 */
#ifndef QUORATE_FORMAT_DATA_DIR_H
#define QUORATE_FORMAT_DATA_DIR_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct data_dir {
    const char *path;
    const char *snap_dir; /* DIR/member/snap */
    const char *db_path;  /* DIR/member/snap/db; of a link, where it leads */
    const char *wal_dir;  /* as given, or DIR/member/wal */
};

/*
 * The parts of a data directory whose database is there; opens nothing.
 *
 * wal_dir  a directory of its own for the log; NULL or "": inside the data directory.
 * e        ERROR_NOT_FOUND: no database; the hint says what a data directory is when 'path' is
 *          something inside one. ERROR_PERMISSION.
 * Memory   in mem.
 */
MUST_CHECK bool data_dir_find(struct arena *mem, const char *path, const char *wal_dir,
                              struct data_dir *ret_dir, struct error *e);

/* The same without looking at the disk. */
void data_dir_locate(struct arena *mem, const char *path, const char *wal_dir,
                     struct data_dir *ret_dir);

#endif
