#include "format/backend/backend_rescue.h"

#include <inttypes.h>
#include <string.h>

#include "format/backend/backend.h"
#include "format/backend/backend_rescue_parts.h"
#include "format/backend/backend_shape.h"
#include "format/bbolt/bbolt_writer.h"

struct rescue_bucket *
backend_rescue_bucket(struct backend_rescue *rescue, struct bytes name)
{
    for (size_t i = 0; i < rescue->bucket_count; i++) {
        if (bytes_equal(rescue->buckets[i].name, name))
            return &rescue->buckets[i];
    }
    if (rescue->bucket_count == RESCUE_BUCKETS_MOST)
        return NULL;
    rescue->buckets[rescue->bucket_count] =
        (struct rescue_bucket){.name = arena_copy(rescue->mem, name)};
    return &rescue->buckets[rescue->bucket_count++];
}

void
backend_rescue_row_add(struct backend_rescue *rescue, const struct rescue_bucket *bucket,
                       const struct bbolt_item *item, enum rescue_origin origin)
{
    struct rescue_row row = {
        .key = item->key.data,
        .value_size = (uint32_t)item->value.size,
        .key_size = (uint16_t)item->key.size,
        .bucket = (uint8_t)(bucket - rescue->buckets),
        .origin = (uint8_t)origin,
    };

    buf_append(&rescue->rows, &row, sizeof(row));
}

struct rescue_row *
backend_rescue_rows(const struct backend_rescue *rescue, size_t *ret_count)
{
    *ret_count = rescue->rows.size / sizeof(struct rescue_row);
    /* A buf's memory comes from malloc: it is aligned for any type. */
    return (struct rescue_row *)(void *)rescue->rows.data;
}

/* Buckets that the list of buckets should have had, when it is the list that is damaged. No database
 * of etcd's is without the first two. */
static void
absent_lose(struct backend_rescue *rescue)
{
    bool list_is_good = rescue->root_found && rescue->root_losses == 0;

    for (size_t i = 0; i < BACKEND_BUCKET_COUNT; i++) {
        struct bbolt_loss everything = {.to_end = true};
        struct bytes name = bytes_of_text(backend_buckets[i]);
        struct rescue_bucket *bucket = backend_rescue_bucket(rescue, name);
        bool needed = bytes_equal_text(name, BACKEND_BUCKET_KEY) ||
                      bytes_equal_text(name, BACKEND_BUCKET_META);

        if (bucket == NULL || bucket->present || (list_is_good && !needed))
            continue;
        *ARRAY_PUSH(rescue->mem, &bucket->losses) = everything;
        bucket->lost_pieces++;
        rescue->losses++;
    }
}

static struct rescue_bucket *
key_bucket(struct backend_rescue *rescue)
{
    return backend_rescue_bucket(rescue, BYTES_LITERAL(BACKEND_BUCKET_KEY));
}

/* A root that no meta page vouches for may be an older transaction's: rows behind its last one would
 * show that. */
static void
newer_look_for(struct backend_rescue *rescue)
{
    struct bbolt_loss behind = {.to_end = true};
    struct rescue_bucket *bucket = key_bucket(rescue);
    size_t count;
    const struct rescue_row *rows = backend_rescue_rows(rescue, &count);

    for (size_t i = 0; i < count && bucket != NULL; i++) {
        if (&rescue->buckets[rows[i].bucket] == bucket &&
            bytes_compare(rescue_row_key(&rows[i]), behind.low) > 0)
            behind.low = rescue_row_key(&rows[i]);
    }
    if (bucket != NULL)
        *ARRAY_PUSH(rescue->mem, &bucket->losses) = behind;
}

/* Called with an older root: one that a good meta page names was there, or newer rows are. */
static void
newer_judge(struct backend_rescue *rescue)
{
    struct rescue_bucket *bucket = key_bucket(rescue);
    bool meta_lost = rescue->pages.has_meta && rescue->root != rescue->pages.roots[0] &&
                     !rescue->pages.meta_bad[0] && !rescue->pages.meta_bad[1];

    if (!meta_lost && (bucket == NULL || bucket->lost_pieces > 0 || bucket->loose_rows == 0))
        return;
    rescue->losses++;
    if (bucket != NULL)
        bucket->lost_pieces++;
    (void)finding_add(
        &rescue->findings, FINDING_STRUCTURE, FINDING_NOWHERE, 0,
        "the newest transaction's list of buckets cannot be read; the one taken, page "
        "%" PRIu64 ", is of an earlier one",
        rescue->root);
}

/* Without this nothing tells the file from any other that bbolt wrote. */
static bool
is_of_etcd(const struct backend_rescue *rescue, struct error *e)
{
    for (size_t i = 0; i < rescue->bucket_count; i++) {
        const struct rescue_bucket *bucket = &rescue->buckets[i];

        if (bytes_equal_text(bucket->name, BACKEND_BUCKET_KEY) &&
            (bucket->present || bucket->row_count > 0))
            return true;
    }
    error_set_(e, ERROR_FORMAT, 0, "'%s': neither etcd's buckets nor rows of keys are in it",
               rescue->pages.db.name);
    return error_hint(e, "nothing in this file can be rescued: use a backup, or another member");
}

bool
backend_rescue_read(struct arena *mem, struct bytes file, const char *name,
                    struct backend_rescue *ret_rescue, struct error *e)
{
    struct backend_rescue *r = ret_rescue;

    *r = (struct backend_rescue){.mem = mem, .findings = {.mem = mem}};
    if (!bbolt_rescue_open(mem, file, name, &r->pages, e))
        return false;
    backend_rescue_tree(r);
    absent_lose(r);
    if (!r->root_is_newest)
        newer_look_for(r);
    if (r->losses > 0 || !r->root_is_newest)
        backend_rescue_loose(r);
    if (!backend_rescue_merge(r, e))
        return false;
    if (!r->root_is_newest)
        newer_judge(r);
    backend_rescue_count(r);
    return is_of_etcd(r, e);
}

void
backend_rescue_add(struct backend_rescue *rescue, const char *bucket, struct bytes key,
                   struct bytes value)
{
    struct rescue_bucket *place = backend_rescue_bucket(rescue, bytes_of_text(bucket));
    uint8_t *both = arena_alloc(rescue->mem, key.size + value.size);
    struct bbolt_item item = {.key = bytes_of(both, key.size),
                              .value = bytes_of(both + key.size, value.size)};

    ASSERT(place != NULL); /* one of etcd's, all of which are there */
    memcpy(both, key.data, key.size);
    if (value.size > 0)
        memcpy(both + key.size, value.data, value.size);
    backend_rescue_row_add(rescue, place, &item, RESCUE_TREE);
}

void
backend_rescue_release(struct backend_rescue *rescue)
{
    buf_release(&rescue->rows);
}

const struct rescue_row *
backend_rescue_find(const struct backend_rescue *rescue, const char *bucket, const char *key)
{
    size_t count;
    const struct rescue_row *rows = backend_rescue_rows(rescue, &count);

    /* Asked for rows of "meta" only, which come last. */
    for (size_t i = count; i > 0; i--) {
        const struct rescue_row *row = &rows[i - 1];

        if (bytes_equal_text(rescue->buckets[row->bucket].name, bucket) &&
            bytes_equal_text(rescue_row_key(row), key))
            return row;
    }
    return NULL;
}

bool
backend_rescue_is_complete(const struct backend_rescue *rescue)
{
    const struct rescue_revisions *revisions = &rescue->revisions;

    if (rescue->losses == 0)
        return revisions->lost_range_total == 0;
    for (size_t i = 0; i < rescue->bucket_count; i++) {
        const struct rescue_bucket *bucket = &rescue->buckets[i];

        if (bucket->lost_pieces > 0 && !bytes_equal_text(bucket->name, BACKEND_BUCKET_KEY))
            return false;
    }
    /* Of what a compaction left nobody can say whether it is all there. */
    return rescue->root_losses == 0 && rescue->root_is_newest && revisions->compact_known &&
           revisions->compact_revision == BACKEND_NEVER_COMPACTED &&
           revisions->lost_range_total == 0 && !revisions->last_may_be_missing;
}

static bool
bucket_write(struct bbolt_writer *w, const struct backend_rescue *rescue, size_t bucket,
             struct error *e)
{
    size_t count;
    const struct rescue_row *rows = backend_rescue_rows(rescue, &count);

    if (!bbolt_writer_bucket_begin(w, rescue->buckets[bucket].name, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].bucket == bucket &&
            !bbolt_writer_put(w, rescue_row_key(&rows[i]), rescue_row_value(&rows[i]), e))
            return false;
    }
    return bbolt_writer_bucket_end(w, e);
}

/* The next bucket by name behind 'last'; SIZE_MAX: there is none. */
static size_t
bucket_next(const struct backend_rescue *rescue, struct bytes last)
{
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < rescue->bucket_count; i++) {
        struct bytes name = rescue->buckets[i].name;

        if (bytes_compare(name, last) > 0 &&
            (best == SIZE_MAX || bytes_compare(name, rescue->buckets[best].name) < 0))
            best = i;
    }
    return best;
}

bool
backend_rescue_write(const struct backend_rescue *rescue, int fd, const char *path,
                     uint64_t *ret_size_bytes, struct error *e)
{
    AUTO_BBOLT_WRITER w;
    size_t bucket;

    bbolt_writer_init(&w, fd, path, &(struct bbolt_writer_options){0});
    for (bucket = bucket_next(rescue, BYTES_NONE); bucket != SIZE_MAX;
         bucket = bucket_next(rescue, rescue->buckets[bucket].name)) {
        if (!bucket_write(&w, rescue, bucket, e))
            return false;
    }
    return bbolt_writer_finish(&w, ret_size_bytes, e);
}
