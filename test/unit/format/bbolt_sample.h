/* What the tests of the bbolt modules share: golden files to read and to damage, and whole walks. */
#ifndef QUORATE_TEST_BBOLT_SAMPLE_H
#define QUORATE_TEST_BBOLT_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/io.h"
#include "format/bbolt/bbolt_cursor.h"

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

/* compact-4k-noinline.db with its key bucket's tree a chain of 64 branches, pages 22 to 85. */
static inline struct bytes
sample_chain(struct arena *mem)
{
    enum { FIRST = 22, LENGTH = 64, PAGE_SIZE = 4096 };
    uint8_t *data;
    struct bytes golden = sample_golden(mem, "bolt/compact-4k-noinline.db", &data);
    size_t size = golden.size + LENGTH * PAGE_SIZE;
    uint8_t *chain = arena_zero(mem, size);

    memcpy(chain, golden.data, golden.size);
    for (size_t i = FIRST; i < FIRST + LENGTH; i++) {
        uint8_t *page = chain + i * PAGE_SIZE;

        sample_store(page, 0, 8, i);
        sample_store(page, 8, 2, BBOLT_PAGE_BRANCH);
        sample_store(page, 10, 2, 1);
        sample_store(page, 16, 4, 16);
        sample_store(page, 20, 4, 1);
        sample_store(page, 24, 8, i + 1);
    }
    sample_store(chain, 56, 8, FIRST + LENGTH);
    /* The root page that bucket "key", element 5 of page 20, names. */
    sample_store(chain, 20 * PAGE_SIZE + 16 + 5 * 16 + 194 + 3, 8, FIRST);
    sample_seal(chain, 0);
    return bytes_of(chain, size);
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
