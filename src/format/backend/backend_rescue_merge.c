/*
 * Many rows are in order already, for a walk gives them so; only what loose pages added makes
 * sorting necessary.
 */
#include <stdlib.h>
#include <string.h>

#include "format/backend/backend.h"
#include "format/backend/backend_rescue_parts.h"
#include "format/backend/key_index.h"

static int
row_compare(const void *a, const void *b)
{
    const struct rescue_row *left = a;
    const struct rescue_row *right = b;
    int order;

    if (left->bucket != right->bucket)
        return left->bucket < right->bucket ? -1 : 1;
    order = bytes_compare(rescue_row_key(left), rescue_row_key(right));
    if (order != 0)
        return order;
    if (left->origin != right->origin)
        return left->origin < right->origin ? -1 : 1;
    /* Any order will do, as long as it is always the same. */
    return left->key == right->key ? 0 : left->key > right->key ? -1 : 1;
}

static void
rows_sort(struct rescue_row *rows, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (row_compare(&rows[i - 1], &rows[i]) > 0) {
            qsort(rows, count, sizeof(*rows), row_compare);
            return;
        }
    }
}

static bool
is_key_bucket(const struct backend_rescue *rescue, const struct rescue_row *row)
{
    return bytes_equal_text(rescue->buckets[row->bucket].name, BACKEND_BUCKET_KEY);
}

/* A revision is one change: with the mark of a tombstone or without, not both. */
static bool
same_key(const struct backend_rescue *rescue, const struct rescue_row *a,
         const struct rescue_row *b)
{
    if (a->bucket != b->bucket)
        return false;
    if (is_key_bucket(rescue, a))
        return memcmp(a->key, b->key, REVISION_KEY_SIZE) == 0;
    return bytes_equal(rescue_row_key(a), rescue_row_key(b));
}

/* Of several rows with one key the best stays. Older values of a row that changes are no surprise. */
static void
doubles_drop(struct backend_rescue *rescue)
{
    size_t count;
    struct rescue_row *rows = backend_rescue_rows(rescue, &count);
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || !same_key(rescue, &rows[kept - 1], &rows[i])) {
            rows[kept++] = rows[i];
            continue;
        }
        if (rows[kept - 1].origin > rows[i].origin) {
            struct rescue_row better = rows[i];

            rows[i] = rows[kept - 1];
            rows[kept - 1] = better;
        }
        if (!bytes_equal(rescue_row_value(&rows[kept - 1]), rescue_row_value(&rows[i])) &&
            (is_key_bucket(rescue, &rows[i]) || rows[kept - 1].origin == rows[i].origin))
            rescue->conflicts++;
    }
    rescue->rows.size = kept * sizeof(*rows);
}

static int64_t
compact_row(const struct backend_rescue *rescue, const char *key)
{
    const struct rescue_row *row = backend_rescue_find(rescue, BACKEND_BUCKET_META, key);
    struct error ignored = ERROR_INIT;
    struct revision_key revision;

    if (row == NULL || !revision_key_decode(rescue_row_value(row), &revision, &ignored))
        return BACKEND_NEVER_COMPACTED;
    return revision.main;
}

static int64_t
newest_revision(const struct backend_rescue *rescue)
{
    size_t count;
    const struct rescue_row *rows = backend_rescue_rows(rescue, &count);
    int64_t newest = 0;

    for (size_t i = 0; i < count; i++) {
        struct error ignored = ERROR_INIT;
        struct revision_key revision;

        if (is_key_bucket(rescue, &rows[i]) &&
            revision_key_decode(rescue_row_key(&rows[i]), &revision, &ignored) &&
            revision.main > newest)
            newest = revision.main;
    }
    return newest;
}

/* Etcd compacts at no revision to come, so of two that differ one beyond all rows is damage: believed, it would
 * make every row an old one. Where both say the same, a compaction took the newest rows, all tombstones. */
static void
compact_revision_read(struct backend_rescue *rescue)
{
    struct rescue_revisions *revisions = &rescue->revisions;
    int64_t finished = compact_row(rescue, BACKEND_FINISHED_COMPACT);
    int64_t scheduled = compact_row(rescue, BACKEND_SCHEDULED_COMPACT);
    int64_t newest = newest_revision(rescue);

    if (finished > newest && scheduled != BACKEND_NEVER_COMPACTED && scheduled <= newest)
        finished = scheduled;
    if (scheduled > newest && finished != BACKEND_NEVER_COMPACTED && finished <= newest)
        scheduled = finished;
    revisions->compact_known =
        backend_rescue_find(rescue, BACKEND_BUCKET_META, BACKEND_CONSISTENT_INDEX) != NULL;
    revisions->compact_revision = scheduled > finished ? scheduled : finished;
}

/* A row of "key" at or below the last compaction. */
static bool
is_old(const struct backend_rescue *rescue, const struct rescue_row *row, struct key_value *ret_kv,
       struct revision_key *ret_revision)
{
    struct error ignored = ERROR_INIT;

    return is_key_bucket(rescue, row) &&
           revision_key_decode(rescue_row_key(row), ret_revision, &ignored) &&
           ret_revision->main <= rescue->revisions.compact_revision &&
           key_value_decode(rescue_row_value(row), ret_kv, &ignored);
}

static bool
old_rows_index(const struct backend_rescue *rescue, struct key_index *index, bool *ret_any_loose,
               struct error *e)
{
    size_t count;
    const struct rescue_row *rows = backend_rescue_rows(rescue, &count);

    *ret_any_loose = false;
    for (size_t i = 0; i < count; i++) {
        struct revision_key revision;
        struct key_value kv;

        if (!is_old(rescue, &rows[i], &kv, &revision))
            continue;
        *ret_any_loose = *ret_any_loose || rows[i].origin == RESCUE_LOOSE_PAGE;
        if (!key_index_put(index, kv.key, rows[i].key, !revision.tombstone, e))
            return false;
    }
    return key_index_flush(index, e);
}

/* Which rows a compaction leaves: the newest of each key, unless it is a tombstone; but newer releases
 * keep a tombstone at the compact revision itself, and earlier ones do not mind it. */
static bool
compaction_leaves(const struct backend_rescue *rescue, const struct key_index *index,
                  const struct key_value *kv, const struct revision_key *revision,
                  const struct rescue_row *row)
{
    if (revision->tombstone)
        return revision->main == rescue->revisions.compact_revision;
    return key_index_is_newest(index, kv->key, row->key);
}

static bool
superseded_drop(struct backend_rescue *rescue, struct error *e)
{
    AUTO_KEY_INDEX index = {.file = BYTES_NONE};
    struct rescue_revisions *revisions = &rescue->revisions;
    size_t count;
    struct rescue_row *rows = backend_rescue_rows(rescue, &count);
    size_t kept = 0;
    bool any_loose;

    if (!key_index_init(&index, rescue->pages.db.file, e) ||
        !old_rows_index(rescue, &index, &any_loose, e))
        return false;
    for (size_t i = 0; i < count && any_loose; i++) {
        struct revision_key revision;
        struct key_value kv;
        bool old = rows[i].origin == RESCUE_LOOSE_PAGE && is_old(rescue, &rows[i], &kv, &revision);

        if (old && !compaction_leaves(rescue, &index, &kv, &revision, &rows[i])) {
            revisions->superseded_rows++;
            continue;
        }
        revisions->kept_old_rows += old ? 1 : 0;
        rows[kept++] = rows[i];
    }
    if (any_loose)
        rescue->rows.size = kept * sizeof(*rows);
    return true;
}

static void
rows_count(struct backend_rescue *rescue)
{
    size_t count;
    const struct rescue_row *rows = backend_rescue_rows(rescue, &count);

    for (size_t i = 0; i < count; i++) {
        struct rescue_bucket *bucket = &rescue->buckets[rows[i].bucket];

        bucket->row_count++;
        bucket->loose_rows += rows[i].origin == RESCUE_LOOSE_PAGE ? 1 : 0;
    }
}

bool
backend_rescue_merge(struct backend_rescue *rescue, struct error *e)
{
    size_t count;
    struct rescue_row *rows = backend_rescue_rows(rescue, &count);

    rows_sort(rows, count);
    doubles_drop(rescue);
    compact_revision_read(rescue);
    if (rescue->loose_pages > 0 && !superseded_drop(rescue, e))
        return false;
    rows_count(rescue);
    return true;
}

/* A row of "key" in the order of revisions: main revisions that were passed over are lost. */
static void
revision_count(struct rescue_revisions *r, int64_t before, int64_t main)
{
    if (main > before + 1) {
        r->lost_range_total++;
        if (r->lost_count < RESCUE_RANGES_KEPT)
            r->lost[r->lost_count++] = (struct revision_range){before + 1, main - 1};
    }
    if (main > before)
        r->found++;
}

static bool
end_is_lost(const struct backend_rescue *rescue)
{
    for (size_t i = 0; i < rescue->bucket_count; i++) {
        const struct rescue_bucket *bucket = &rescue->buckets[i];

        if (!bytes_equal_text(bucket->name, BACKEND_BUCKET_KEY))
            continue;
        if (bucket->lost_pieces == 0)
            return false;
        for (size_t j = 0; j < bucket->losses.count; j++) {
            if (bucket->losses.items[j].to_end)
                return true;
        }
        return bucket->lost_pieces > RESCUE_LOSSES_KEPT;
    }
    return true;
}

/* A fresh store is at revision 1, so the first row of all has 2. Where the last compaction is not
 * known, everything counts from the first row on. */
void
backend_rescue_count(struct backend_rescue *rescue)
{
    struct rescue_revisions *r = &rescue->revisions;
    size_t count;
    const struct rescue_row *rows = backend_rescue_rows(rescue, &count);
    int64_t before = r->compact_revision < 1 ? 1 : r->compact_revision;
    int64_t start = before;

    for (size_t i = 0; i < count; i++) {
        struct error ignored = ERROR_INIT;
        struct revision_key revision;

        if (!is_key_bucket(rescue, &rows[i]) ||
            !revision_key_decode(rescue_row_key(&rows[i]), &revision, &ignored))
            continue;
        if (r->rows++ == 0 && !r->compact_known && revision.main > before)
            start = before = revision.main - 1;
        if (revision.main > before)
            revision_count(r, before, revision.main);
        before = revision.main > before ? revision.main : before;
        r->last = revision.main;
    }
    r->expected = before - start;
    r->last_may_be_missing = end_is_lost(rescue);
}

void
backend_rescue_settle(struct backend_rescue *rescue)
{
    struct rescue_revisions *r = &rescue->revisions;
    size_t count;
    struct rescue_row *rows = backend_rescue_rows(rescue, &count);

    rows_sort(rows, count);
    doubles_drop(rescue);
    for (size_t i = 0; i < rescue->bucket_count; i++)
        rescue->buckets[i].row_count = rescue->buckets[i].loose_rows = 0;
    rows_count(rescue);
    r->rows = r->lost_range_total = 0;
    r->last = r->expected = r->found = 0;
    r->lost_count = 0;
    backend_rescue_count(rescue);
}
