/*
 * Walks the rows of a bucket in key order.
 *
 *     struct bbolt_cursor c;
 *     struct bbolt_row row;
 *
 *     bbolt_cursor_init(&c, &bucket);
 *     while (bbolt_cursor_next(&c, &row, e))
 *         ...
 *     if (c.failed)
 *         return false;
 *
 * Rows point into the file. A walk takes bounded time on any file: it fails when keys do not
 * ascend, when data overlap, and when it has seen more pages than the file has (a loop).
 */
#ifndef QUORATE_FORMAT_BBOLT_CURSOR_H
#define QUORATE_FORMAT_BBOLT_CURSOR_H

#include "format/bbolt/bbolt.h"
#include "format/bbolt/bbolt_page.h"

struct bbolt_cursor {
    const struct bbolt *db;
    struct bbolt_bucket bucket; /* of a cursor over buckets: root only */
    bool failed;                /* ended by an error, not by the end of the bucket */

    /* The path from the root to the next row; used by bbolt_cursor.c only. */
    struct {
        struct bbolt_page page;
        uint32_t index;      /* of the next element */
        const uint8_t *free; /* the end of the data of the element before it */
    } path[BBOLT_DEPTH_MOST];
    unsigned depth; /* 0: not on a row yet, or behind the last */
    bool started;
    uint64_t pages_left; /* that a tree may still have */
    struct bytes last_key;
};

/* Before the first row. 'bucket' is copied; its database must stay. */
void bbolt_cursor_init(struct bbolt_cursor *c, const struct bbolt_bucket *bucket);

/* The next row; false at the end and on damage, which 'failed' tells apart (then e is set). */
bool bbolt_cursor_next(struct bbolt_cursor *c, struct bbolt_row *ret_row, struct error *e);

/* The same from the end: a cursor that was never moved begins with the last row. A cursor goes one
 * way only. */
bool bbolt_cursor_previous(struct bbolt_cursor *c, struct bbolt_row *ret_row, struct error *e);

/* The first row whose key is 'key' or greater; then bbolt_cursor_next goes on behind it. */
bool bbolt_cursor_seek(struct bbolt_cursor *c, struct bytes key, struct bbolt_row *ret_row,
                       struct error *e);

/* The row with the greatest key; false when the bucket is empty, and on damage. The cursor is then
 * behind the end. */
bool bbolt_cursor_last(struct bbolt_cursor *c, struct bbolt_row *ret_row, struct error *e);

/* Walks the top-level buckets in the order of their names. */
void bbolt_cursor_init_buckets(struct bbolt_cursor *c, const struct bbolt *db);
bool bbolt_cursor_next_bucket(struct bbolt_cursor *c, struct bbolt_bucket *ret_bucket,
                              struct error *e);
/* The first bucket whose name is 'name' or greater. */
bool bbolt_cursor_seek_bucket(struct bbolt_cursor *c, struct bytes name,
                              struct bbolt_bucket *ret_bucket, struct error *e);

#endif
