/* The rows of a file's key space, and those of its log's tail behind them: walks, whole and in parts. */
#ifndef QUORATE_KEYS_FILE_ROWS_H
#define QUORATE_KEYS_FILE_ROWS_H

#include "format/bbolt/bbolt_cursor.h"
#include "keys/source.h"

struct file_rows {
    struct bbolt_bucket bucket;
    struct bytes tail; /* see keys/wal_tail.h; it stands in bucket.db->file, too */
    const struct observer *observer;
};

/* A row, taken apart. */
struct file_row {
    struct bbolt_row row;
    struct revision_key revision;
    struct key_value kv;
};

/* Some of the rows, by their own keys; 'from' empty: from the first, 'until' empty: to the last. */
struct file_part {
    struct bytes from;
    struct bytes until; /* not in it */
};

struct file_walk {
    const struct file_rows *rows;
    struct file_part part;
    struct bbolt_cursor cursor;
    struct bytes tail; /* what is left of it */
    bool begun;
    bool failed;
    uint64_t count;
    const char *what; /* for the progress; NULL: none */
};

void file_walk_begin(struct file_walk *walk, const struct file_rows *rows,
                     const struct file_part *part, const char *what);
/* The next row; false at the end and on damage, which 'failed' tells apart. */
bool file_walk_next(struct file_walk *walk, struct file_row *ret_row, struct error *e);

/* Whether it is a client's row in that range: --bump-revision writes one without a key. */
bool file_row_is_wanted(const struct file_row *row, const struct key_range *range);
struct key_row file_row_told(const struct file_row *row, bool live);

/* Names file, page and row in front of what was wrong with it. */
bool file_row_error(const struct bbolt *db, const struct bbolt_row *row, struct error *e);

/* key_source_survey of a file. */
MUST_CHECK bool file_survey(const struct file_rows *rows, const struct key_range *range,
                            key_row_visit *visit, void *const contexts[KEY_SURVEY_PARTS],
                            struct error *e);

#endif
