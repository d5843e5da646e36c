/*
 * All rows with the newest of each key marked, by two threads: the earlier rows and the later ones.
 * Each part has an index of its own keys. A row of the later part lives when it is the newest there;
 * one of the earlier part, when it is the newest there and the later part does not have its key at
 * all. So the parts need nothing of each other but, in the second pass, a look at an index that does
 * not change any more.
 */
#include "base/thread.h"
#include "format/backend/key_index.h"
#include "format/bbolt/bbolt_page.h"
#include "keys/file_rows.h"

enum {
    ONE_PART_BYTES = 16 << 20, /* a database up to that is not worth a thread */
    INDEX_ANONYMOUS_BYTES = 4 << 20,
    BATCH = 32,
};

struct survey_part {
    const struct file_rows *rows;
    const struct key_range *range;
    struct file_part part;
    struct key_index index;
    const struct survey_part *later; /* NULL: this is the last one */
    key_row_visit *visit;
    void *context;
    bool told; /* this one tells the progress */
    bool ok;
    struct error error;
};

/* A row that is not judged yet. */
struct batch_row {
    struct file_row row;
    uint64_t hash;
};

/* --- first pass ------------------------------------------------------------------------------ */

static bool
index_fill(struct survey_part *p)
{
    struct file_walk walk;
    struct file_row row;

    file_walk_begin(&walk, p->rows, &p->part, p->told ? "finding the newest rows" : NULL);
    while (file_walk_next(&walk, &row, &p->error))
        if (file_row_is_wanted(&row, p->range) &&
            !key_index_put(&p->index, row.kv.key, row.row.key.data, !row.revision.tombstone,
                           &p->error))
            return false;
    return !walk.failed && key_index_flush(&p->index, &p->error);
}

static void
index_fill_run(void *context)
{
    struct survey_part *p = context;

    p->ok = index_fill(p);
}

/* --- second pass ----------------------------------------------------------------------------- */

static bool
is_live(const struct survey_part *p, const struct batch_row *b)
{
    if (b->row.revision.tombstone ||
        !key_index_is_newest(&p->index, b->row.kv.key, b->row.row.key.data))
        return false;
    return p->later == NULL || !key_index_has(&p->later->index, b->row.kv.key);
}

/* What the rows will look at is asked for before the first of them looks. */
static bool
batch_tell(struct survey_part *p, struct batch_row *batch, size_t count)
{
    for (size_t i = 0; p->later != NULL && i < count; i++)
        key_index_prefetch_rival(&p->later->index, batch[i].hash);
    for (size_t i = 0; i < count; i++) {
        struct key_row told = file_row_told(&batch[i].row, is_live(p, &batch[i]));

        if (!p->visit(p->context, &told, &p->error))
            return false;
    }
    return true;
}

static bool
rows_visit(struct survey_part *p)
{
    struct batch_row batch[BATCH];
    struct file_walk walk;
    size_t count = 0;

    file_walk_begin(&walk, p->rows, &p->part, p->told ? "reading rows" : NULL);
    while (file_walk_next(&walk, &batch[count].row, &p->error)) {
        if (!file_row_is_wanted(&batch[count].row, p->range))
            continue;
        batch[count].hash = key_index_prefetch(&p->index, batch[count].row.kv.key);
        if (p->later != NULL)
            (void)key_index_prefetch(&p->later->index, batch[count].row.kv.key);
        if (++count == BATCH) {
            if (!batch_tell(p, batch, count))
                return false;
            count = 0;
        }
    }
    return !walk.failed && batch_tell(p, batch, count);
}

static void
rows_visit_run(void *context)
{
    struct survey_part *p = context;

    p->ok = rows_visit(p);
}

/* --- both ------------------------------------------------------------------------------------ */

/* Where the later half of the rows begins, near enough: in the middle of the tree's root. */
static struct bytes
middle_key(const struct file_rows *rows)
{
    const struct bbolt_bucket *bucket = &rows->bucket;
    struct bbolt_place place = {bucket->page, bucket->offset};
    struct bbolt_damage damage;
    struct bbolt_page page;
    struct bbolt_item item;

    if (bucket->db->size_bytes <= ONE_PART_BYTES || bucket->root == 0 ||
        !bbolt_page_load_node(bucket->db, bucket->root, place, &page, &damage) ||
        page.flags != BBOLT_PAGE_BRANCH || page.count < 2 ||
        !bbolt_page_item(&page, page.count / 2, &item, &damage))
        return BYTES_NONE; /* damage is told by the walk */
    return item.key;
}

/* Runs the pass on the parts at the same time. */
static bool
parts_run(struct survey_part *parts, size_t count, void (*run)(void *part), struct error *e)
{
    struct thread thread = {.running = false};
    bool beside = count > 1 && thread_start(&thread, run, &parts[1]);

    run(&parts[0]);
    thread_join(&thread);
    if (count > 1 && !beside)
        run(&parts[1]);
    for (size_t i = 0; i < count; i++) {
        if (!parts[i].ok) {
            *e = parts[i].error;
            return false;
        }
    }
    return true;
}

static bool
parts_init(struct survey_part *parts, size_t count, struct bytes file, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        if (!key_index_init(&parts[i].index, file, e))
            return false;
        parts[i].index.anonymous_most_bytes = INDEX_ANONYMOUS_BYTES;
    }
    return true;
}

bool
file_survey(const struct file_rows *rows, const struct key_range *range, key_row_visit *visit,
            void *const contexts[KEY_SURVEY_PARTS], struct error *e)
{
    struct bytes middle = middle_key(rows);
    size_t count = middle.size > 0 ? 2 : 1;
    struct survey_part parts[KEY_SURVEY_PARTS] = {
        {.rows = rows,
         .range = range,
         .part = {.until = middle},
         .later = count > 1 ? &parts[1] : NULL,
         .visit = visit,
         .context = contexts[0],
         .told = true},
        {.rows = rows,
         .range = range,
         .part = {.from = middle},
         .visit = visit,
         .context = contexts[1]},
    };
    bool ok = parts_init(parts, count, rows->bucket.db->file, e) &&
              parts_run(parts, count, index_fill_run, e) &&
              parts_run(parts, count, rows_visit_run, e);

    for (size_t i = 0; i < KEY_SURVEY_PARTS; i++)
        key_index_release(&parts[i].index);
    return ok;
}
