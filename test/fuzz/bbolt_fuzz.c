/* Opens any bytes as a database, walks all rows, looks keys up, and runs the structure check. */

#include <string.h>

#include "base/hash.h"
#include "format/bbolt/bbolt_check.h"
#include "format/bbolt/bbolt_cursor.h"

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

static void
file_try(struct bytes file)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_check_report report;
    struct bbolt db;
    uint64_t rows;
    bool good;

    if (!bbolt_open(file, "fuzz", &db, &e))
        return;
    good = walk_all(&db, &rows);
    bbolt_check(&tmp, &db, FINDINGS_MOST, &report);
    if (report.found == 0)
        ASSERT(good && rows == report.row_count);
}

/* Makes the checksum of the meta page at 'offset' right, so that its other fields are believed. */
static void
seal(uint8_t *data, size_t offset)
{
    uint64_t sum = fnv1a64(data + offset + 16, 56);

    for (unsigned i = 0; i < 8; i++)
        data[offset + 72 + i] = (uint8_t)(sum >> (8 * i));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    uint8_t *sealed;

    file_try(bytes_of(data, size));
    if (size < 512 + 80)
        return 0;
    sealed = memcpy(arena_alloc(&tmp, size), data, size);
    seal(sealed, 0);
    for (size_t page = 512; page <= 16384 && page + 80 <= size; page *= 2) {
        if (sealed[page + 8] == 4)
            seal(sealed, page);
    }
    file_try(bytes_of(sealed, size));
    return 0;
}
