/*
 * Changes a bbolt file by appending to it: new pages behind the old ones, then new meta pages.
 *
 * Only the paths that change are written again, so preparing a 2 GB snapshot for a restore costs a
 * few pages. What is built is independent of where it goes: for N members, copy the source's first
 * size_bytes N times and apply the same edit to each copy.
 *
 * Pages that nothing refers to any more need no care: the result has no freelist, and etcd finds
 * free pages by itself when it opens the file.
 */
#ifndef QUORATE_FORMAT_BBOLT_EDIT_H
#define QUORATE_FORMAT_BBOLT_EDIT_H

#include "base/arena.h"
#include "format/bbolt/bbolt.h"

enum bbolt_change_kind {
    BBOLT_REPLACE_ROWS,  /* the bucket then has these rows and no others; made when missing */
    BBOLT_PUT_ROWS,      /* sets these keys, keeps all others; made when missing. The bucket is
                          * written again as a whole: for small ones */
    BBOLT_APPEND_ROWS,   /* keys greater than all present; only the last leaf and the branches above
                          * it are written again */
    BBOLT_REMOVE_BUCKET, /* fine when there is none */
};

struct bbolt_change {
    enum bbolt_change_kind kind;
    struct bytes bucket;
    const struct bbolt_row *rows; /* ascending keys, none twice */
    size_t row_count;
};

/* The largest tail: what an edit may hold in memory, bytes. */
enum { BBOLT_EDIT_TAIL_MOST = 256 << 20 };

struct bbolt_edit {
    struct bytes metas;   /* the first two pages of the result */
    struct bytes tail;    /* what stands behind the source's pages */
    uint64_t tail_offset; /* bytes: the source's size_bytes */
    uint64_t size_bytes;  /* of the result */
};

/*
 * Builds the edit; 'db' is unchanged.
 *
 * changes  at most one for each bucket, in any order.
 * e        ERROR_FORMAT: rows out of order or with impossible sizes, an appended key that is not
 *          greater than the last one. ERROR_CORRUPT: damage in the pages to be written again.
 *          ERROR_LIMIT: the tail would be larger than BBOLT_EDIT_TAIL_MOST.
 * Memory   metas and tail are in 'mem'.
 */
MUST_CHECK bool bbolt_edit_build(struct arena *mem, const struct bbolt *db,
                                 const struct bbolt_change *changes, size_t change_count,
                                 struct bbolt_edit *ret_edit, struct error *e);

/*
 * Writes an edit to a copy of the source: the tail, the file's length, and the meta pages last.
 * The caller syncs (and copies the source's bytes before or after, but not over the first two
 * pages).
 */
MUST_CHECK bool bbolt_edit_apply(const struct bbolt_edit *edit, int fd, const char *path,
                                 struct error *e);

/*
 * Changes the source itself, in place: the new pages are on the disk before a meta page names them,
 * so that a crash at any moment leaves the database as it was or as it shall be. For a file that is
 * locked, and that nobody maps who would mind its length to change.
 */
MUST_CHECK bool bbolt_edit_apply_in_place(const struct bbolt_edit *edit, int fd, const char *path,
                                          struct error *e);

#endif
