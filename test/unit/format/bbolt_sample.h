/* What the tests of the bbolt modules share: golden files to read and to damage, and whole walks. */
#ifndef QUORATE_TEST_BBOLT_SAMPLE_H
#define QUORATE_TEST_BBOLT_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/io.h"
#include "format/bbolt_cursor.h"

enum { SAMPLE_MOST_BYTES = 16 << 20 };

/* A golden file's content, for the test to change. */
static inline struct bytes
sample_golden(struct arena *mem, const char *name, uint8_t **ret_data)
{
    struct error e = ERROR_INIT;
    struct bytes content;
    const char *path = path_join(mem, getenv("QUORATE_GOLDEN"), name);

    if (!file_read_all(mem, path, SAMPLE_MOST_BYTES, &content, &e))
        fail_msg("%s", e.text);
    *ret_data = memcpy(arena_alloc(mem, content.size), content.data, content.size);
    return bytes_of(*ret_data, content.size);
}

static inline void
sample_store(uint8_t *data, size_t offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        data[offset + i] = (uint8_t)(value >> (8 * i));
}

/* A right checksum over what a meta page says now. */
static inline void
sample_seal(uint8_t *data, size_t page_offset)
{
    sample_store(data, page_offset + 72, 8, fnv1a64(data + page_offset + 16, 56));
}

static inline struct bbolt
sample_open(struct bytes file, const char *name)
{
    struct error e = ERROR_INIT;
    struct bbolt db;

    if (!bbolt_open(file, name, &db, &e))
        fail_msg("%s", e.text);
    return db;
}

static inline struct bbolt_bucket
sample_bucket(const struct bbolt *db, const char *name)
{
    struct error e = ERROR_INIT;
    struct bbolt_bucket bucket;

    if (!bbolt_bucket_find(db, bytes_of_text(name), &bucket, &e))
        fail_msg("%s", e.text);
    return bucket;
}

/* All buckets and rows: how many rows, and the hash that 'snapshot status' prints. */
static inline bool
sample_walk(const struct bbolt *db, uint64_t *ret_rows, uint32_t *ret_hash, struct error *e)
{
    struct bbolt_cursor buckets;
    struct bbolt_bucket bucket;
    uint64_t rows = 0;
    uint32_t hash = 0;

    bbolt_cursor_init_buckets(&buckets, db);
    while (bbolt_cursor_next_bucket(&buckets, &bucket, e)) {
        struct bbolt_cursor c;
        struct bbolt_row row;

        hash = crc32c(hash, bucket.name.data, bucket.name.size);
        bbolt_cursor_init(&c, &bucket);
        for (; bbolt_cursor_next(&c, &row, e); rows++) {
            hash = crc32c(hash, row.key.data, row.key.size);
            hash = crc32c(hash, row.value.data, row.value.size);
        }
        if (c.failed)
            return false;
    }
    *ret_rows = rows;
    *ret_hash = hash;
    return !buckets.failed;
}

#endif
