/* Opens any bytes as a database, walks all rows, looks keys up, and runs the structure check. */

#include <string.h>

#include "format/bbolt_check.h"
#include "format/bbolt_cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FINDINGS_MOST = 20 };

/* A walk over a file that the check finds sound meets no damage, and the other way round only
 * damage that a walk cannot see may be found. */
static uint64_t
walk(const struct bbolt_bucket *bucket, bool *ret_good)
{
    struct error e = ERROR_INIT;
    struct bbolt_cursor c;
    struct bbolt_row row;
    struct bbolt_row last = {BYTES_NONE, BYTES_NONE};
    uint64_t count = 0;

    bbolt_cursor_init(&c, bucket);
    for (; bbolt_cursor_next(&c, &row, &e); count++)
        last = row;
    *ret_good = !c.failed;
    if (c.failed)
        return count;
    if (count > 0) {
        bool found = bbolt_cursor_seek(&c, last.key, &row, &e);

        if (found)
            ASSERT(bytes_compare(row.key, last.key) >= 0);
        (void)bbolt_cursor_last(&c, &row, &e);
    }
    return count;
}

static bool
walk_all(const struct bbolt *db, uint64_t *ret_rows)
{
    struct error e = ERROR_INIT;
    struct bbolt_cursor c;
    struct bbolt_bucket bucket;
    struct bytes value;
    bool good = true;

    *ret_rows = 0;
    bbolt_cursor_init_buckets(&c, db);
    while (bbolt_cursor_next_bucket(&c, &bucket, &e)) {
        bool bucket_good;

        *ret_rows += walk(&bucket, &bucket_good);
        good = good && bucket_good;
        if (bbolt_bucket_find(db, bucket.name, &bucket, &e))
            (void)!bbolt_bucket_get(&bucket, BYTES_LITERAL("consistent_index"), &value, &e);
    }
    return good && !c.failed;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_check_report report;
    struct bbolt db;
    uint64_t rows;
    bool good;

    if (!bbolt_open(bytes_of(data, size), "fuzz", &db, &e))
        return 0;
    good = walk_all(&db, &rows);
    bbolt_check(&tmp, &db, FINDINGS_MOST, &report);
    if (report.found == 0)
        ASSERT(good && rows == report.row_count);
    return 0;
}
