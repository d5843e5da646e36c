#include "format/backend/backend_hash.h"

#include <inttypes.h>

#include "base/hash.h"
#include "base/thread.h"
#include "format/bbolt/bbolt_check.h"
#include "format/bbolt/bbolt_cursor.h"
#include "format/key_row.h"

int64_t
backend_current_revision(const struct backend_info *info, int64_t last_revision)
{
    int64_t current = backend_compact_revision(info);

    if (last_revision > current)
        current = last_revision;
    return current < 1 ? 1 : current;
}

static bool
row_decode(const struct bbolt *db, const struct bbolt_row *row, struct key_row *ret_row,
           struct error *e)
{
    struct error problem = ERROR_INIT;

    return key_row_decode(row, ret_row, &problem) || key_row_error(db, row, &problem, e);
}

/*
 * At or below the compact revision only rows count that were the newest at the revision asked for,
 * as long as there is any such row; and never a tombstone at the compact revision itself, which
 * releases before 3.4.34 and 3.5.16 dropped when they compacted and later ones keep. 'part' is the
 * number of the row's part.
 */
static bool
row_counts(const struct hash_kv *at, const struct key_parts *newest, unsigned part,
           const struct key_row *key_row, const struct bbolt_row *row)
{
    const struct revision_key *revision = &key_row->revision;

    if (revision->main > at->compact_revision)
        return true;
    if (revision->tombstone && revision->main == at->compact_revision)
        return false;
    return newest->live == 0 || key_parts_is_newest(newest, part, key_row->kv.key, row->key.data);
}

bool
backend_rows_hash(const struct bbolt_bucket *bucket, const struct key_parts *newest,
                  const struct hash_kv *at, uint32_t *ret_hash, struct error *e)
{
    uint32_t crc = name_crc(0, BYTES_LITERAL(BACKEND_BUCKET_KEY));
    struct bbolt_cursor c;
    struct bbolt_row row;

    bbolt_cursor_init(&c, bucket);
    while (bbolt_cursor_next(&c, &row, e)) {
        struct key_row key_row;

        if (!row_decode(bucket->db, &row, &key_row, e))
            return false;
        if (key_row.revision.main > at->hash_revision)
            break;
        if (row_counts(at, newest, 0, &key_row, &row))
            crc = row_crc(crc, &row);
    }
    *ret_hash = crc;
    return !c.failed;
}

static bool
last_revision_read(const struct bbolt_bucket *bucket, int64_t *ret_main, struct error *e)
{
    struct key_row key_row;
    struct bbolt_cursor c;
    struct bbolt_row row;

    bbolt_cursor_init(&c, bucket);
    *ret_main = 0;
    if (!bbolt_cursor_last(&c, &row, e))
        return !c.failed;
    if (!row_decode(bucket->db, &row, &key_row, e))
        return false;
    *ret_main = key_row.revision.main;
    return true;
}

static bool
index_fill(struct key_parts *newest, const struct bbolt_bucket *bucket, int64_t revision_most,
           struct error *e)
{
    struct bbolt_cursor c;
    struct bbolt_row row;

    bbolt_cursor_init(&c, bucket);
    while (bbolt_cursor_next(&c, &row, e)) {
        struct key_row key_row;

        if (!row_decode(bucket->db, &row, &key_row, e))
            return false;
        if (key_row.revision.main > revision_most)
            break;
        if (!key_parts_put(newest, 0, key_row.kv.key, row.key.data, !key_row.revision.tombstone, e))
            return false;
    }
    return !c.failed && key_parts_finish(newest, e);
}

/* One row behind the other: the way that tells what is wrong with one. */
static bool
hash_in_order(const struct bbolt_bucket *bucket, const struct hash_kv *at, uint32_t *ret_hash,
              struct error *e)
{
    AUTO_KEY_PARTS newest = {.count = 0};

    if (!key_parts_init(&newest, bucket->db->file, 1, e))
        return error_wrap(e, "'%s'", bucket->db->name);
    if (at->compact_revision != BACKEND_NEVER_COMPACTED &&
        !index_fill(&newest, bucket, at->hash_revision, e))
        return false;
    return backend_rows_hash(bucket, &newest, at, ret_hash, e);
}

/* Which revision is asked for, if it can be. */
static bool
revision_choose(const struct backend_info *info, int64_t current, struct hash_kv *at,
                struct error *e)
{
    at->compact_revision = backend_compact_revision(info);
    if (at->hash_revision == REVISION_CURRENT)
        at->hash_revision = current;
    if (at->hash_revision > current)
        return error_set(e, ERROR_REFUSED,
                         "revision %" PRId64 " is a future revision, the current one is %" PRId64,
                         at->hash_revision, current);
    if (at->hash_revision < at->compact_revision || at->hash_revision < 0)
        return error_set(e, ERROR_REFUSED,
                         "revision %" PRId64 " has been compacted, the oldest is %" PRId64,
                         at->hash_revision, at->compact_revision);
    return true;
}

/* The same on two threads, each with a part of the rows. */
struct hash_scan {
    const struct hash_kv *at;
    struct key_parts newest;
    bool is_key;
    bool index; /* the first pass: rows go into 'newest' */
    struct hash_part {
        uint32_t crc;
        uint64_t bytes;
        bool bad;
    } parts[KEY_PARTS_MOST];
};

static void
scan_bucket(void *context, const struct bbolt_bucket *bucket, unsigned part_count UNUSED)
{
    struct hash_scan *s = context;

    s->is_key = bytes_equal_text(bucket->name, BACKEND_BUCKET_KEY);
}

static void
scan_row(void *context, unsigned part, const struct bbolt_row *row)
{
    struct hash_scan *s = context;
    struct hash_part *p = &s->parts[part];
    struct error problem = ERROR_INIT;
    struct key_row key_row;

    if (!s->is_key || p->bad)
        return;
    if (!key_row_decode(row, &key_row, &problem)) {
        p->bad = true;
    } else if (key_row.revision.main > s->at->hash_revision) {
        return;
    } else if (s->index) {
        p->bad = !key_parts_put(&s->newest, part, key_row.kv.key, row->key.data,
                                !key_row.revision.tombstone, &problem);
    } else if (row_counts(s->at, &s->newest, part, &key_row, row)) {
        p->crc = row_crc(p->crc, row);
        p->bytes += row->key.size + row->value.size;
    }
}

static bool
scan_pass(struct hash_scan *s, const struct bbolt *db, bool index)
{
    const struct bbolt_visitor visitor = {s, scan_bucket, scan_row};
    const struct bbolt_check_options options = {.visitor = &visitor, .threads = KEY_PARTS_MOST};
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_check_report report;
    bool good;

    s->index = index;
    bbolt_check_visit(&tmp, db, &options, &report);
    good = report.found == 0;
    for (unsigned i = 0; i < KEY_PARTS_MOST; i++)
        good = good && !s->parts[i].bad;
    return good;
}

/* False for a file that is not sound in every respect, or no memory: nothing is told about that. */
static bool
hash_in_parts(const struct bbolt *db, const struct hash_kv *at, uint32_t *ret_hash)
{
    struct hash_scan s = {.at = at};
    struct error ignored = ERROR_INIT;
    uint32_t crc = name_crc(0, BYTES_LITERAL(BACKEND_BUCKET_KEY));
    bool good = key_parts_init(&s.newest, db->file, KEY_PARTS_MOST, &ignored);

    if (good && at->compact_revision != BACKEND_NEVER_COMPACTED)
        good = scan_pass(&s, db, true) && key_parts_finish(&s.newest, &ignored);
    good = good && scan_pass(&s, db, false);
    key_parts_release(&s.newest);
    for (unsigned i = 0; i < KEY_PARTS_MOST; i++)
        crc = crc32c_combine(crc, s.parts[i].crc, s.parts[i].bytes);
    *ret_hash = crc;
    return good;
}

bool
backend_hash_kv(const struct bbolt *db, const struct backend_info *info, int64_t revision,
                struct hash_kv *ret_hash, struct error *e)
{
    struct hash_kv at = {.hash_revision = revision};
    struct bbolt_bucket bucket;
    int64_t current;

    if (!bbolt_bucket_find(db, BYTES_LITERAL(BACKEND_BUCKET_KEY), &bucket, e) ||
        !last_revision_read(&bucket, &current, e))
        return false;
    if (!revision_choose(info, backend_current_revision(info, current), &at, e))
        return false;
    if ((backend_threads(db) == 1 || !hash_in_parts(db, &at, &at.hash)) &&
        !hash_in_order(&bucket, &at, &at.hash, e))
        return false;
    *ret_hash = at;
    return true;
}

unsigned
backend_threads(const struct bbolt *db)
{
    return db->size_bytes < BACKEND_THREADS_LEAST_BYTES || thread_processors() == 1
               ? 1
               : KEY_PARTS_MOST;
}

const char *const backend_hash_ignored[] = {BACKEND_CONSISTENT_INDEX, BACKEND_TERM,
                                            BACKEND_STORAGE_VERSION};

static bool
key_is_one_of(struct bytes key, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal_text(key, keys[i]))
            return true;
    }
    return false;
}

static bool
bucket_hash(const struct bbolt_bucket *bucket, const char *const *ignored, size_t ignored_count,
            struct backend_content *content, struct error *e)
{
    struct bbolt_cursor c;
    struct bbolt_row row;

    content->hash = name_crc(content->hash, bucket->name);
    if (!bytes_equal_text(bucket->name, BACKEND_BUCKET_META))
        ignored_count = 0;
    bbolt_cursor_init(&c, bucket);
    while (bbolt_cursor_next(&c, &row, e)) {
        if (key_is_one_of(row.key, ignored, ignored_count))
            continue;
        content->hash = row_crc(content->hash, &row);
        content->row_count++;
    }
    return !c.failed;
}

bool
backend_content_read(const struct bbolt *db, const char *const *ignored, size_t ignored_count,
                     struct backend_content *ret_content, struct error *e)
{
    struct backend_content content = {.row_count = 0};
    struct bbolt_cursor c;
    struct bbolt_bucket bucket;

    bbolt_cursor_init_buckets(&c, db);
    while (bbolt_cursor_next_bucket(&c, &bucket, e)) {
        if (!bucket_hash(&bucket, ignored, ignored_count, &content, e))
            return false;
    }
    if (c.failed)
        return false;
    *ret_content = content;
    return true;
}
