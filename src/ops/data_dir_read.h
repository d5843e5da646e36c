/*
 * Takes the picture of a data directory (cluster/data_dir_picture.h). Only looks: nothing is written,
 * no lock is held for longer than the reading takes, and a directory in use is told, not disturbed.
 */
#ifndef QUORATE_OPS_DATA_DIR_READ_H
#define QUORATE_OPS_DATA_DIR_READ_H

#include "base/observer.h"
#include "cluster/data_dir_picture.h"

struct data_dir_read_request {
    const char *path;
    const char *wal_dir; /* NULL or "": in the data directory */
    const char *user; /* name or number of the user that etcd runs as; NULL: who owns the files */
    const struct observer *observer;
};

/*
 * What cannot be read becomes part of the picture; only a directory that is none fails.
 *
 * e       ERROR_NOT_FOUND: no directory there, or one that holds no member and is not empty; the
 *         hint says what a data directory is. ERROR_USAGE: no such user.
 * Memory  all in mem.
 */
MUST_CHECK bool data_dir_read(struct arena *mem, const struct data_dir_read_request *request,
                              struct data_dir_picture *ret_picture, struct error *e);

#endif
