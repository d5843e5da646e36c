/* A database of a few rows, and what a source tells, as a text. */
#ifndef QUORATE_TEST_KEY_DB_H
#define QUORATE_TEST_KEY_DB_H

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "expect.h"
#include "format/backend/backend.h"
#include "format/bbolt/bbolt_writer.h"
#include "keys/source.h"
#include "scratch.h"

struct db_row {
    int64_t main;
    int64_t sub;
    const char *key;
    const char *value; /* NULL: a tombstone */
    int64_t create;
    int64_t version;
    int64_t lease;
};

static inline void
db_row_put(struct bbolt_writer *w, const struct db_row *row)
{
    struct revision_key revision = {row->main, row->sub, row->value == NULL};
    struct key_value kv = {.key = bytes_of_text(row->key)};
    struct error e = ERROR_INIT;
    uint8_t key[REVISION_KEY_TOMBSTONE_SIZE];
    AUTO_BUF message = BUF_INIT;

    if (row->value != NULL)
        kv = (struct key_value){
            kv.key, row->create, row->main, row->version, bytes_of_text(row->value), row->lease};
    key_value_encode(&message, &kv);
    EXPECT_OK(bbolt_writer_put(w, bytes_of(key, revision_key_encode(&revision, key)),
                               buf_bytes(&message), &e));
}

/* compact 0: never; index: the consistent index. */
static inline void
db_make(const char *path, const struct db_row *rows, size_t count, int64_t compact, uint64_t index)
{
    uint8_t numbers[REVISION_KEY_TOMBSTONE_SIZE];
    struct revision_key revision = {compact, 0, false};
    struct error e = ERROR_INIT;
    AUTO_BBOLT_WRITER w;
    AUTO_FD fd = -1;
    uint64_t size;

    EXPECT_OK(file_open(path, O_RDWR | O_CREAT | O_TRUNC, 0600, &fd, &e));
    bbolt_writer_init(&w, fd, path, &(struct bbolt_writer_options){0});
    EXPECT_OK(bbolt_writer_bucket_begin(&w, BYTES_LITERAL(BACKEND_BUCKET_KEY), &e));
    for (size_t i = 0; i < count; i++)
        db_row_put(&w, &rows[i]);
    EXPECT_OK(bbolt_writer_bucket_end(&w, &e));
    EXPECT_OK(bbolt_writer_bucket_begin(&w, BYTES_LITERAL(BACKEND_BUCKET_META), &e));
    backend_u64_encode(index, numbers);
    EXPECT_OK(
        bbolt_writer_put(&w, BYTES_LITERAL(BACKEND_CONSISTENT_INDEX), bytes_of(numbers, 8), &e));
    revision_key_encode(&revision, numbers);
    if (compact != 0)
        EXPECT_OK(bbolt_writer_put(&w, BYTES_LITERAL(BACKEND_FINISHED_COMPACT),
                                   bytes_of(numbers, REVISION_KEY_SIZE), &e));
    EXPECT_OK(bbolt_writer_bucket_end(&w, &e));
    EXPECT_OK(bbolt_writer_finish(&w, &size, &e));
}

struct told {
    struct buf text;
    size_t count;
    size_t most; /* then it fails; 0: never */
};

static inline bool
tell_row(void *context, const struct key_row *row, struct error *e)
{
    struct told *told = context;

    if (told->most > 0 && told->count == told->most)
        return error_set(e, ERROR_FAILED, "enough");
    told->count++;
    buf_append_bytes(&told->text, row->kv.key);
    if (row->tombstone)
        buf_append_text(&told->text, "!");
    else
        buf_printf(&told->text, "=%.*s", (int)row->kv.value.size, (const char *)row->kv.value.data);
    buf_printf(&told->text, "@%" PRId64 ".%" PRId64 "%s ", row->revision, row->sub,
               row->live ? "*" : "");
    return true;
}

#endif
