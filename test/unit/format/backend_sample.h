/* What the tests of etcd's backend share: goldens with what is expected of them, and databases that
 * a test makes up, row by row. */
#ifndef QUORATE_TEST_BACKEND_SAMPLE_H
#define QUORATE_TEST_BACKEND_SAMPLE_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "format/backend/backend.h"
#include "format/backend/mvcc.h"
#include "format/bbolt/bbolt_cursor.h"
#include "format/bbolt/bbolt_writer.h"

enum { SAMPLE_LARGEST_BYTES = 16 << 20 };

/* Snapshots that come with an expected/<name>.json. */
static const char *const sample_names[] = {
    "basic-3.4.23",
    "basic-3.5.16",
    "basic-3.5.30",
    "rich-3.4.23",
    "rich-3.5.16",
    "rich-3.5.30",
    "synthetic-3.6-storageversion",
};
enum { SAMPLE_COUNT = sizeof(sample_names) / sizeof(sample_names[0]) };

#define OK(call)                                                                                   \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, e.text);                                                     \
    } while (0)

static inline struct bytes
sample_file(struct arena *mem, const char *name)
{
    struct error e = ERROR_INIT;
    struct bytes content;

    OK(file_read_all(mem, path_join(mem, getenv("QUORATE_GOLDEN"), name), SAMPLE_LARGEST_BYTES,
                     &content, &e));
    return content;
}

static inline struct bytes
sample_snapshot(struct arena *mem, const char *name)
{
    return sample_file(mem, arena_printf(mem, "snap/%s.snap", name));
}

static inline const struct json *
sample_expected(struct arena *mem, const char *name)
{
    struct error e = ERROR_INIT;
    const struct json *doc;

    OK(json_parse(mem, sample_file(mem, arena_printf(mem, "expected/%s.json", name)), &doc, &e));
    return doc;
}

static inline uint64_t
sample_u64(const struct json *object, const char *key)
{
    struct error e = ERROR_INIT;
    uint64_t value = 0;

    OK(json_get_u64(object, key, &value, &e));
    return value;
}

static inline int64_t
sample_i64(const struct json *object, const char *key)
{
    struct error e = ERROR_INIT;
    int64_t value = 0;

    OK(json_get_i64(object, key, &value, &e));
    return value;
}

static inline const char *
sample_text(struct arena *mem, const struct json *object, const char *key)
{
    struct error e = ERROR_INIT;
    const char *text = NULL;

    OK(json_get_text(mem, object, key, &text, &e));
    return text;
}

static inline struct bbolt
sample_open(struct bytes file, const char *name)
{
    struct error e = ERROR_INIT;
    struct bbolt db = {0};

    OK(bbolt_open(file, name, &db, &e));
    return db;
}

/* A row of a database to be made; rows come in the order of buckets and keys. */
struct sample_row {
    const char *bucket;
    struct bytes key;
    struct bytes value;
};

#define TEXT_ROW(bucket_, key_, value_)                                                            \
    {                                                                                              \
        (bucket_), BYTES_LITERAL(key_), BYTES_LITERAL(value_)                                      \
    }

/* The bytes of a database with these rows, through the writer and a file in memory. */
static inline struct bytes
sample_build(struct arena *mem, const struct sample_row *rows, size_t count)
{
    struct error e = ERROR_INIT;
    AUTO_BBOLT_WRITER w;
    AUTO_FD fd = memfd_create("sample", MFD_CLOEXEC);
    const char *open = NULL;
    uint64_t size = 0;
    uint8_t *data;

    assert_true(fd >= 0);
    bbolt_writer_init(&w, fd, "sample", &(struct bbolt_writer_options){.page_size = 4096});
    for (size_t i = 0; i < count; i++) {
        if (open == NULL || strcmp(open, rows[i].bucket) != 0) {
            if (open != NULL)
                OK(bbolt_writer_bucket_end(&w, &e));
            open = rows[i].bucket;
            OK(bbolt_writer_bucket_begin(&w, bytes_of_text(open), &e));
        }
        /* A row without a key only makes its bucket. */
        if (rows[i].key.size > 0)
            OK(bbolt_writer_put(&w, rows[i].key, rows[i].value, &e));
    }
    if (open != NULL)
        OK(bbolt_writer_bucket_end(&w, &e));
    OK(bbolt_writer_finish(&w, &size, &e));
    data = arena_alloc(mem, size);
    OK(fd_pread_all(fd, "sample", data, size, 0, &e));
    return bytes_of(data, size);
}

/* The same with its SHA-256 behind it. */
static inline struct bytes
sample_seal_snapshot(struct arena *mem, struct bytes db)
{
    uint8_t *data = arena_alloc(mem, db.size + SHA256_SIZE);

    memcpy(data, db.data, db.size);
    sha256_of(db, data + db.size);
    return bytes_of(data, db.size + SHA256_SIZE);
}

/* A row of "key": put when 'value' is text, a tombstone when it is NULL. */
static inline struct sample_row
sample_key_row(struct arena *mem, int64_t main, int64_t sub, const char *key, const char *value)
{
    struct revision_key revision = {main, sub, value == NULL};
    uint8_t *row = arena_alloc(mem, REVISION_KEY_TOMBSTONE_SIZE);
    AUTO_BUF out = BUF_INIT;
    struct key_value kv = {.key = bytes_of_text(key)};

    if (value != NULL) {
        kv.value = bytes_of_text(value);
        kv.create_revision = kv.mod_revision = main;
        kv.version = 1;
    }
    key_value_encode(&out, &kv);
    return (struct sample_row){"key", bytes_of(row, revision_key_encode(&revision, row)),
                               arena_copy(mem, buf_bytes(&out))};
}

/* A small generator: the same numbers in every run. */
static inline uint64_t
sample_random(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15u;
    return hash64(state, sizeof(*state));
}

#endif
