/*
 * The hash of 'snapshot status' takes the rows of all buckets, HashKV those of "key" alone. As long
 * as nothing was compacted away both take the very same bytes of "key", so these are hashed once
 * and the one CRC is put behind the CRC of the buckets before.
 */
#include "format/backend_hash.h"

#include <inttypes.h>

#include "base/hash.h"
#include "format/bbolt_cursor.h"
#include "format/key_index.h"
#include "format/mvcc.h"

struct scan {
    const struct bbolt *db;
    struct findings *findings; /* NULL: the first bad row is the error */
    struct key_index *index;   /* NULL: which rows are the newest is not asked */
    struct backend_summary summary;
    uint32_t rows_crc;   /* of the name "key" and its rows */
    uint64_t rows_bytes; /* that went into it */
    struct revision_key last;
};

/* Key and value of a row stand side by side in a page. */
static uint32_t
row_crc(uint32_t crc, const struct bbolt_row *row)
{
    if (row->key.data + row->key.size == row->value.data)
        return crc32c(crc, row->key.data, row->key.size + row->value.size);
    crc = crc32c(crc, row->key.data, row->key.size);
    return crc32c(crc, row->value.data, row->value.size);
}

static uint32_t
name_crc(uint32_t crc, struct bytes name)
{
    return crc32c(crc, name.data, name.size);
}

/* True when the scan may go on. */
static bool
row_report(struct scan *s, const struct bbolt_row *row, const struct error *problem,
           struct error *e)
{
    int64_t offset = row->key.data - s->db->file.data;
    char key[BBOLT_KEY_TEXT_SIZE];
    struct finding *f;

    bbolt_key_text(row->key, key);
    if (s->findings == NULL)
        return error_set(e, ERROR_FORMAT, "'%s': page %" PRId64 ", byte %" PRId64 ": row %s: %s",
                         s->db->name, offset / s->db->page_size, offset, key, problem->text);
    f = finding_add(s->findings, FINDING_ROW, offset, s->db->page_size, "row %s of 'key': %s", key,
                    problem->text);
    if (f != NULL)
        f->remedy = "use another backup: etcd 3.6 and later refuse such a row, earlier ones may "
                    "serve wrong data";
    return true;
}

/* Rows ascend by revision, and each says the same revision inside. Tombstones and the row that
 * --bump-revision writes have no mod revision. */
static bool
row_judge(const struct scan *s, const struct revision_key *revision, const struct key_value *kv,
          struct error *ret_problem)
{
    if (s->summary.key_row_count > 0 && revision_key_compare(&s->last, revision) >= 0)
        return error_set(ret_problem, ERROR_FORMAT,
                         "revision %" PRId64 " stands behind %" PRId64 " and is not later",
                         revision->main, s->last.main);
    if (kv->mod_revision != revision->main && kv->mod_revision != 0)
        return error_set(ret_problem, ERROR_FORMAT,
                         "the mod revision in the value is %" PRId64 ", not %" PRId64,
                         kv->mod_revision, revision->main);
    if (!revision->tombstone && kv->mod_revision == 0 && kv->key.size > 0)
        return error_set(ret_problem, ERROR_FORMAT, "the value has no mod revision");
    return true;
}

static bool
key_row_take(struct scan *s, const struct bbolt_row *row, struct error *e)
{
    struct error problem = ERROR_INIT;
    struct revision_key revision;
    struct key_value kv;

    if (!revision_key_decode(row->key, &revision, &problem) ||
        !key_value_decode(row->value, &kv, &problem) || !row_judge(s, &revision, &kv, &problem)) {
        s->summary.key_row_count++;
        return row_report(s, row, &problem, e);
    }
    s->summary.key_row_count++;
    s->last = revision;
    s->rows_crc = row_crc(s->rows_crc, row);
    s->rows_bytes += row->key.size + row->value.size;
    return s->index == NULL ||
           key_index_put(s->index, kv.key, row->key.data, !revision.tombstone, e);
}

static bool
key_bucket_scan(struct scan *s, const struct bbolt_bucket *bucket, struct error *e)
{
    struct bbolt_cursor c;
    struct bbolt_row row;

    s->rows_crc = name_crc(0, bucket->name);
    s->rows_bytes = bucket->name.size;
    bbolt_cursor_init(&c, bucket);
    while (bbolt_cursor_next(&c, &row, e)) {
        if (!key_row_take(s, &row, e))
            return false;
    }
    if (c.failed || (s->index != NULL && !key_index_flush(s->index, e)))
        return false;
    s->summary.status_hash = crc32c_combine(s->summary.status_hash, s->rows_crc, s->rows_bytes);
    s->summary.row_count += s->summary.key_row_count;
    s->summary.last_revision = s->last.main;
    return true;
}

static bool
bucket_scan(struct scan *s, const struct bbolt_bucket *bucket, struct error *e)
{
    struct bbolt_cursor c;
    struct bbolt_row row;

    s->summary.status_hash = name_crc(s->summary.status_hash, bucket->name);
    bbolt_cursor_init(&c, bucket);
    while (bbolt_cursor_next(&c, &row, e)) {
        s->summary.status_hash = row_crc(s->summary.status_hash, &row);
        s->summary.row_count++;
    }
    return !c.failed;
}

static bool
buckets_scan(struct scan *s, struct error *e)
{
    struct bbolt_cursor c;
    struct bbolt_bucket bucket;

    bbolt_cursor_init_buckets(&c, s->db);
    while (bbolt_cursor_next_bucket(&c, &bucket, e)) {
        bool ok = bytes_equal_text(bucket.name, BACKEND_BUCKET_KEY) ? key_bucket_scan(s, &bucket, e)
                                                                    : bucket_scan(s, &bucket, e);

        if (!ok)
            return false;
    }
    return !c.failed;
}

/* Where the revision counter stands after a start from this file: compactions count, since their
 * revision may be past the last row that is left. */
static int64_t
current_revision(const struct backend_info *info, int64_t last_revision)
{
    int64_t current = backend_compact_revision(info);

    if (last_revision > current)
        current = last_revision;
    return current < 1 ? 1 : current;
}

/* What HashKV needs to know of one row. */
struct row_filter {
    int64_t revision;
    int64_t compact_revision;
    const struct key_index *index; /* of the rows up to 'revision'; NULL: never compacted */
};

static bool
row_decode(const struct bbolt *db, const struct bbolt_row *row, struct revision_key *ret_revision,
           struct key_value *ret_kv, struct error *e)
{
    struct scan place = {.db = db};
    struct error problem = ERROR_INIT;

    if (revision_key_decode(row->key, ret_revision, &problem) &&
        key_value_decode(row->value, ret_kv, &problem))
        return true;
    return row_report(&place, row, &problem, e);
}

/*
 * At or below the compact revision only rows count that were the newest at the revision asked for,
 * as long as there is any such row; and never a tombstone at the compact revision itself, which
 * releases before 3.4.34 and 3.5.16 dropped when they compacted and later ones keep.
 */
static bool
row_counts(const struct row_filter *filter, const struct revision_key *revision,
           const struct key_value *kv, const struct bbolt_row *row)
{
    if (revision->main > filter->compact_revision)
        return true;
    if (revision->tombstone && revision->main == filter->compact_revision)
        return false;
    return filter->index->live == 0 || key_index_is_newest(filter->index, kv->key, row->key.data);
}

static bool
rows_hash(const struct bbolt_bucket *bucket, const struct row_filter *filter, uint32_t *ret_hash,
          struct error *e)
{
    uint32_t crc = name_crc(0, BYTES_LITERAL(BACKEND_BUCKET_KEY));
    struct bbolt_cursor c;
    struct bbolt_row row;

    bbolt_cursor_init(&c, bucket);
    while (bbolt_cursor_next(&c, &row, e)) {
        struct revision_key revision;
        struct key_value kv;

        if (!row_decode(bucket->db, &row, &revision, &kv, e))
            return false;
        if (revision.main > filter->revision)
            break;
        if (row_counts(filter, &revision, &kv, &row))
            crc = row_crc(crc, &row);
    }
    *ret_hash = crc;
    return !c.failed;
}

/* The second pass of a summary: its index holds all rows, that is, those up to now. */
static bool
summary_hash_kv(struct scan *s, const struct backend_info *info, struct error *e)
{
    struct hash_kv *hash_kv = &s->summary.hash_kv;
    struct row_filter filter = {s->summary.current_revision, backend_compact_revision(info),
                                s->index};
    struct bbolt_bucket bucket;

    hash_kv->hash_revision = filter.revision;
    hash_kv->compact_revision = filter.compact_revision;
    hash_kv->hash = s->rows_crc;
    if (filter.compact_revision == BACKEND_NEVER_COMPACTED || s->summary.key_row_count == 0)
        return true;
    return bbolt_bucket_find(s->db, BYTES_LITERAL(BACKEND_BUCKET_KEY), &bucket, e) &&
           rows_hash(&bucket, &filter, &hash_kv->hash, e);
}

bool
backend_summary_read(const struct bbolt *db, const struct backend_info *info, unsigned wanted,
                     struct findings *findings, struct backend_summary *ret_summary,
                     struct error *e)
{
    AUTO_KEY_INDEX index = {0};
    struct scan s = {.db = db, .findings = findings, .index = wanted != 0 ? &index : NULL};
    size_t bad_before = findings == NULL ? 0 : findings->bad_total;

    s.rows_crc = name_crc(0, BYTES_LITERAL(BACKEND_BUCKET_KEY));
    if (!key_index_init(&index, db->file, e))
        return error_wrap(e, "'%s'", db->name);
    if (!buckets_scan(&s, e))
        return false;
    s.summary.current_revision = current_revision(info, s.summary.last_revision);
    s.summary.live_key_count = index.live;
    /* A bad row would only end the second pass, and make its result worthless. */
    if ((wanted & BACKEND_HASH_KV) != 0 &&
        (findings == NULL || findings->bad_total == bad_before) && !summary_hash_kv(&s, info, e))
        return false;
    *ret_summary = s.summary;
    return true;
}

static bool
last_revision_read(const struct bbolt_bucket *bucket, int64_t *ret_main, struct error *e)
{
    struct revision_key revision;
    struct bbolt_cursor c;
    struct bbolt_row row;
    struct key_value kv;

    bbolt_cursor_init(&c, bucket);
    *ret_main = 0;
    if (!bbolt_cursor_last(&c, &row, e))
        return !c.failed;
    if (!row_decode(bucket->db, &row, &revision, &kv, e))
        return false;
    *ret_main = revision.main;
    return true;
}

static bool
index_fill(struct key_index *ix, const struct bbolt_bucket *bucket, int64_t revision_most,
           struct error *e)
{
    struct bbolt_cursor c;
    struct bbolt_row row;

    bbolt_cursor_init(&c, bucket);
    while (bbolt_cursor_next(&c, &row, e)) {
        struct revision_key revision;
        struct key_value kv;

        if (!row_decode(bucket->db, &row, &revision, &kv, e))
            return false;
        if (revision.main > revision_most)
            break;
        if (!key_index_put(ix, kv.key, row.key.data, !revision.tombstone, e))
            return false;
    }
    return !c.failed && key_index_flush(ix, e);
}

bool
backend_hash_kv(const struct bbolt *db, const struct backend_info *info, int64_t revision,
                struct hash_kv *ret_hash, struct error *e)
{
    AUTO_KEY_INDEX index = {0};
    struct row_filter filter = {revision, backend_compact_revision(info), &index};
    struct bbolt_bucket bucket;
    int64_t current;
    uint32_t hash;

    if (!bbolt_bucket_find(db, BYTES_LITERAL(BACKEND_BUCKET_KEY), &bucket, e) ||
        !last_revision_read(&bucket, &current, e))
        return false;
    current = current_revision(info, current);
    if (revision == REVISION_CURRENT)
        filter.revision = current;
    if (filter.revision > current)
        return error_set(e, ERROR_REFUSED,
                         "revision %" PRId64 " is a future revision, the current one is %" PRId64,
                         filter.revision, current);
    if (filter.revision < filter.compact_revision || filter.revision < 0)
        return error_set(e, ERROR_REFUSED,
                         "revision %" PRId64 " has been compacted, the oldest is %" PRId64,
                         filter.revision, filter.compact_revision);
    if (!key_index_init(&index, db->file, e))
        return error_wrap(e, "'%s'", db->name);
    if (filter.compact_revision != BACKEND_NEVER_COMPACTED &&
        !index_fill(&index, &bucket, filter.revision, e))
        return false;
    if (!rows_hash(&bucket, &filter, &hash, e))
        return false;
    *ret_hash = (struct hash_kv){hash, filter.revision, filter.compact_revision};
    return true;
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
