/* Pseudo-random rows for the tests of writer and edit: the same seed gives the same rows. */
#ifndef QUORATE_TEST_BBOLT_ROWS_H
#define QUORATE_TEST_BBOLT_ROWS_H

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bbolt_sample.h"
#include "format/bbolt/bbolt_check.h"
#include "format/bbolt/bbolt_writer.h"

struct model_bucket {
    const char *name;
    ARRAY(struct bbolt_row) rows;
};

static inline uint64_t
model_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline struct bytes
model_bytes(struct arena *mem, uint64_t *state, size_t size)
{
    uint8_t *data = arena_alloc(mem, size);

    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)model_random(state);
    return bytes_of(data, size);
}

/* Mostly small rows; one in 50 has a value of up to three pages, one in 200 a key of up to two. */
static inline void
model_add_rows(struct arena *mem, struct model_bucket *bucket, uint64_t *state, size_t count,
               size_t page_size)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t number = 1;
        size_t key_size = 8 + model_random(state) % 12;
        size_t value_size = model_random(state) % 120;
        struct bbolt_row *row;
        uint8_t *key;

        if (bucket->rows.count > 0) {
            const uint8_t *before = bucket->rows.items[bucket->rows.count - 1].key.data;

            number = 0;
            for (size_t k = 0; k < 8; k++)
                number = number << 8 | before[k];
            number += 1 + model_random(state) % 1000;
        }
        if (model_random(state) % 200 == 0)
            key_size += model_random(state) % (page_size < 8192 ? 2 * page_size : 16384);
        if (model_random(state) % 50 == 0)
            value_size = model_random(state) % (3 * page_size);
        row = ARRAY_PUSH(mem, &bucket->rows);
        key = memcpy(arena_alloc(mem, key_size), model_bytes(mem, state, key_size).data, key_size);
        for (size_t k = 0; k < 8; k++)
            key[k] = (uint8_t)(number >> (56 - 8 * k));
        row->key = bytes_of(key, key_size);
        row->value = model_bytes(mem, state, value_size);
    }
}

static inline void
model_write(const struct model_bucket *buckets, size_t count, int fd,
            const struct bbolt_writer_options *options, uint64_t *ret_size)
{
    struct error e = ERROR_INIT;
    AUTO_BBOLT_WRITER w;
    bool good = true;

    bbolt_writer_init(&w, fd, "new.db", options);
    for (size_t i = 0; i < count && good; i++) {
        good = bbolt_writer_bucket_begin(&w, bytes_of_text(buckets[i].name), &e);
        for (size_t k = 0; k < buckets[i].rows.count && good; k++)
            good = bbolt_writer_put(&w, buckets[i].rows.items[k].key,
                                    buckets[i].rows.items[k].value, &e);
        good = good && bbolt_writer_bucket_end(&w, &e);
    }
    if (!good || !bbolt_writer_finish(&w, ret_size, &e))
        fail_msg("%s", e.text);
}

static inline void
model_expect_bucket(const struct bbolt *db, const struct model_bucket *model)
{
    struct error e = ERROR_INIT;
    struct bbolt_bucket bucket = sample_bucket(db, model->name);
    struct bbolt_cursor c;
    struct bbolt_row row;
    size_t count = 0;

    bbolt_cursor_init(&c, &bucket);
    for (; bbolt_cursor_next(&c, &row, &e); count++) {
        assert_true(count < model->rows.count);
        assert_true(bytes_equal(row.key, model->rows.items[count].key));
        assert_true(bytes_equal(row.value, model->rows.items[count].value));
    }
    if (c.failed)
        fail_msg("%s", e.text);
    assert_int_equal(count, model->rows.count);
    assert_int_equal(bbolt_cursor_last(&c, &row, &e), count > 0);
    if (count > 0)
        assert_true(bytes_equal(row.key, model->rows.items[count - 1].key));
    for (size_t i = 0; i < count; i += 1 + count / 50) {
        assert_true(bbolt_cursor_seek(&c, model->rows.items[i].key, &row, &e));
        assert_true(bytes_equal(row.key, model->rows.items[i].key));
        assert_true(bytes_equal(row.value, model->rows.items[i].value));
    }
}

/* A sound database that has exactly these buckets and rows. */
static inline void
model_expect(struct bytes file, const struct model_bucket *buckets, size_t count)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_check_report report;
    struct bbolt db = sample_open(file, "new.db");

    bbolt_check(&tmp, &db, 1, &report);
    if (report.found > 0)
        fail_msg("%s", report.findings[0].text);
    assert_int_equal(report.bucket_count, count);
    for (size_t i = 0; i < count; i++)
        model_expect_bucket(&db, &buckets[i]);
}

static inline int
memory_file(void)
{
    int fd = memfd_create("bbolt-test", MFD_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static inline struct bytes
file_content(struct arena *mem, int fd)
{
    struct error e = ERROR_INIT;
    uint64_t size;
    uint8_t *data;

    assert_true(file_size(fd, "new.db", &size, &e));
    data = arena_alloc(mem, (size_t)size);
    assert_true(fd_pread_all(fd, "new.db", data, (size_t)size, 0, &e));
    return bytes_of(data, (size_t)size);
}

#endif
