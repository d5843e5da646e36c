/*
 * Edits any bytes that open as a database. What a sound file becomes must be sound again; what a
 * damaged one becomes must at least be refused or end in bounds.
 */

#include <string.h>

#include "format/bbolt/bbolt_check.h"
#include "format/bbolt/bbolt_edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGEST = 1 << 20 };

static const struct bbolt_row row_one = {{(const uint8_t *)"\xff\xff", 2}, {NULL, 0}};
static const struct bbolt_row row_two = {{(const uint8_t *)"consistent_index", 16},
                                         {(const uint8_t *)"12345678", 8}};
static const struct bbolt_change changes[] = {
    {BBOLT_APPEND_ROWS, {(const uint8_t *)"key", 3}, &row_one, 1},
    {BBOLT_PUT_ROWS, {(const uint8_t *)"meta", 4}, &row_two, 1},
    {BBOLT_REPLACE_ROWS, {(const uint8_t *)"members", 7}, &row_two, 1},
    {BBOLT_REMOVE_BUCKET, {(const uint8_t *)"alarm", 5}, NULL, 0},
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt_check_report before;
    struct bbolt_check_report after;
    struct bbolt_edit edit;
    struct bbolt db;
    uint8_t *edited;

    if (size > LARGEST || !bbolt_open(bytes_of(data, size), "fuzz", &db, &e))
        return 0;
    bbolt_check(&tmp, &db, 1, &before);
    if (!bbolt_edit_build(&tmp, &db, changes, sizeof(changes) / sizeof(*changes), &edit, &e)) {
        ASSERT(before.found > 0 || e.code == ERROR_FORMAT);
        return 0;
    }
    edited = arena_alloc(&tmp, (size_t)edit.size_bytes);
    memcpy(edited, data, (size_t)db.size_bytes);
    memcpy(edited + edit.tail_offset, edit.tail.data, edit.tail.size);
    memcpy(edited, edit.metas.data, edit.metas.size);
    ASSERT(bbolt_open(bytes_of(edited, (size_t)edit.size_bytes), "edited", &db, &e));
    bbolt_check(&tmp, &db, 1, &after);
    if (before.found == 0)
        ASSERT(after.found == 0);
    return 0;
}
