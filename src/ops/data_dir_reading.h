/* The parts of data_dir_read.c; for ops/data_dir_read*.c only. */
#ifndef QUORATE_OPS_DATA_DIR_READING_H
#define QUORATE_OPS_DATA_DIR_READING_H

#include "cluster/data_dir_picture.h"
#include "format/data_dir.h"

/* Segments and what they say; locks; v2 content. */
void data_dir_read_log(struct arena *mem, const struct data_dir *dir,
                       struct data_dir_picture *picture);
/* .snap files, newest first, up to the one that the log names; behind data_dir_read_log. */
void data_dir_read_snaps(struct arena *mem, const struct data_dir *dir,
                         struct data_dir_picture *picture);
/* The user: as asked for, or the owner of the directory. ERROR_USAGE: no such user. */
MUST_CHECK bool data_dir_read_user(struct arena *mem, const struct data_dir *dir, const char *user,
                                   struct data_dir_picture *picture, struct error *e);
/* Owner and mode of all that etcd needs, and the free space. */
void data_dir_read_access(struct arena *mem, const struct data_dir *dir,
                          struct data_dir_picture *picture);
void data_dir_read_leftovers(struct arena *mem, const struct data_dir *dir,
                             struct data_dir_picture *picture);

/* The names in a directory; none when it cannot be listed. */
size_t data_dir_names(struct arena *mem, const char *path, const char ***ret_names);

/* "INDEX.snap.db"; false for any other name. */
bool data_dir_snap_db_parse(const char *name, uint64_t *ret_index);

#endif
