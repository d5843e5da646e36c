/*
 * Copy on write, as a transaction of bbolt does it, except that nothing old is used again: what a
 * change touches is built anew behind the last page, then the root bucket, then the meta pages.
 */
#include "format/bbolt/bbolt_edit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "format/bbolt/bbolt_cursor.h"
#include "format/bbolt/bbolt_meta.h"
#include "format/bbolt/bbolt_tree.h"

enum { FILL_PERCENT = 90 };

struct editor {
    const struct bbolt *db;
    const struct bbolt_change **changes; /* by bucket name */
    size_t change_count;
    struct bbolt_out out;
    struct bbolt_tree bucket;
    struct bbolt_tree root;
    struct buf value;
};

static void
editor_release(struct editor *ed)
{
    bbolt_tree_release(&ed->bucket);
    bbolt_tree_release(&ed->root);
    bbolt_out_release(&ed->out);
    buf_release(&ed->value);
}

static bool
rows_put(struct editor *ed, const struct bbolt_row *rows, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        if (!bbolt_tree_put(&ed->bucket, rows[i].key, rows[i].value, 0, e))
            return false;
    }
    return true;
}

/* Old and new rows merged; of two with the same key the new one stays. */
static bool
rows_merge(struct editor *ed, const struct bbolt_bucket *bucket, const struct bbolt_change *change,
           struct error *e)
{
    struct bbolt_cursor c;
    struct bbolt_row row;
    size_t next = 0;

    bbolt_cursor_init(&c, bucket);
    while (bbolt_cursor_next(&c, &row, e)) {
        int order = -1;
        size_t smaller = next;

        while (smaller < change->row_count &&
               (order = bytes_compare(change->rows[smaller].key, row.key)) < 0)
            smaller++;
        if (!rows_put(ed, change->rows + next, smaller - next, e))
            return false;
        next = smaller;
        if (next < change->row_count && order == 0)
            row = change->rows[next++];
        if (!rows_put(ed, &row, 1, e))
            return false;
    }
    return !c.failed && rows_put(ed, change->rows + next, change->row_count - next, e);
}

static bool
append_check_order(const struct bbolt_bucket *bucket, const struct bbolt_change *change,
                   struct error *e)
{
    struct bbolt_cursor c;
    struct bbolt_row last;
    char key[BBOLT_KEY_TEXT_SIZE];
    char other[BBOLT_KEY_TEXT_SIZE];

    bbolt_cursor_init(&c, bucket);
    if (!bbolt_cursor_last(&c, &last, e))
        return !c.failed;
    if (bytes_compare(last.key, change->rows[0].key) >= 0)
        return error_set(e, ERROR_FORMAT, "'%s': key %s does not come after %s, the last one",
                         bucket->db->name, bbolt_key_text(change->rows[0].key, key),
                         bbolt_key_text(last.key, other));
    return true;
}

/* The pages from a bucket's root down to its last leaf. */
static bool
last_path(const struct bbolt_bucket *bucket, struct bbolt_page path[BBOLT_DEPTH_MOST],
          unsigned *ret_depth, struct bbolt_damage *d)
{
    struct bbolt_place place = {bucket->page, bucket->offset};
    uint64_t id = bucket->root;

    for (unsigned depth = 0; depth < BBOLT_DEPTH_MOST; depth++) {
        struct bbolt_page *page = &path[depth];
        struct bbolt_item item;

        if (!bbolt_page_load_node(bucket->db, id, place, page, d))
            return false;
        if (page->flags == BBOLT_PAGE_LEAF) {
            *ret_depth = depth + 1;
            return true;
        }
        if (!bbolt_page_item(page, page->count - 1, &item, d))
            return false;
        place = bbolt_page_place(page, page->count - 1);
        id = item.child;
    }
    return bbolt_damage_set(d, place, "the tree has more than %d levels", BBOLT_DEPTH_MOST);
}

/* A branch on the last path keeps all its children but the last, which is built anew. */
static bool
branch_adopt(struct editor *ed, const struct bbolt_page *page, unsigned level, struct error *e)
{
    struct bbolt_damage damage;
    struct bbolt_item item;

    for (uint32_t i = 0; i + 1 < page->count; i++) {
        if (!bbolt_page_item(page, i, &item, &damage))
            return bbolt_damage_error(ed->db->name, &damage, e);
        if (!bbolt_tree_adopt(&ed->bucket, level, item.key, item.child, e))
            return false;
    }
    return true;
}

static bool
leaf_copy(struct editor *ed, const struct bbolt_page *page, struct error *e)
{
    struct bbolt_damage damage;
    struct bbolt_item item;

    for (uint32_t i = 0; i < page->count; i++) {
        if (!bbolt_page_item(page, i, &item, &damage))
            return bbolt_damage_error(ed->db->name, &damage, e);
        if (!bbolt_tree_put(&ed->bucket, item.key, item.value, item.flags, e))
            return false;
    }
    return true;
}

static bool
rows_append(struct editor *ed, const struct bbolt_bucket *bucket, const struct bbolt_change *change,
            struct error *e)
{
    struct bbolt_page path[BBOLT_DEPTH_MOST];
    struct bbolt_damage damage;
    unsigned depth;

    if (bucket->root == 0)
        return rows_merge(ed, bucket, change, e);
    if (!last_path(bucket, path, &depth, &damage))
        return bbolt_damage_error(ed->db->name, &damage, e);
    for (unsigned i = 0; i + 1 < depth; i++) {
        if (!branch_adopt(ed, &path[i], depth - 1 - i, e))
            return false;
    }
    return leaf_copy(ed, &path[depth - 1], e) && rows_put(ed, change->rows, change->row_count, e);
}

static bool
bucket_put(struct editor *ed, struct bytes name, struct bytes value, struct error *e)
{
    return bbolt_tree_put(&ed->root, name, value, BBOLT_ITEM_BUCKET, e);
}

/* Builds a changed bucket; 'bucket' is NULL when the file has none of that name. */
static bool
bucket_change(struct editor *ed, const struct bbolt_bucket *bucket,
              const struct bbolt_change *change, struct error *e)
{
    bool built;

    if (change->kind == BBOLT_REMOVE_BUCKET)
        return true;
    if (bucket != NULL && change->kind == BBOLT_APPEND_ROWS && change->row_count == 0)
        return bucket_put(ed, bucket->name, bucket->value, e);
    if (bucket == NULL || change->kind == BBOLT_REPLACE_ROWS)
        built = rows_put(ed, change->rows, change->row_count, e);
    else if (change->kind == BBOLT_PUT_ROWS)
        built = rows_merge(ed, bucket, change, e);
    else
        built = append_check_order(bucket, change, e) && rows_append(ed, bucket, change, e);
    if (!built)
        return false;
    buf_clear(&ed->value);
    return bbolt_tree_finish_bucket(&ed->bucket, bucket == NULL ? 0 : bucket->sequence, &ed->value,
                                    e) &&
           bucket_put(ed, change->bucket, buf_bytes(&ed->value), e);
}

/* The root bucket anew: the file's buckets and the changes, both in the order of names. */
static bool
buckets_merge(struct editor *ed, struct error *e)
{
    struct bbolt_cursor c;
    struct bbolt_bucket bucket;
    size_t next = 0;

    bbolt_cursor_init_buckets(&c, ed->db);
    while (bbolt_cursor_next_bucket(&c, &bucket, e)) {
        int order = 1;

        for (; next < ed->change_count &&
               (order = bytes_compare(ed->changes[next]->bucket, bucket.name)) < 0;
             next++) {
            if (!bucket_change(ed, NULL, ed->changes[next], e))
                return false;
        }
        if (next == ed->change_count || order > 0) {
            if (!bucket_put(ed, bucket.name, bucket.value, e))
                return false;
        } else if (!bucket_change(ed, &bucket, ed->changes[next++], e)) {
            return false;
        }
    }
    for (; !c.failed && next < ed->change_count; next++) {
        if (!bucket_change(ed, NULL, ed->changes[next], e))
            return false;
    }
    return !c.failed;
}

static int
compare_changes(const void *a, const void *b)
{
    const struct bbolt_change *const *left = a;
    const struct bbolt_change *const *right = b;

    return bytes_compare((*left)->bucket, (*right)->bucket);
}

static void
changes_sort(struct editor *ed, struct arena *tmp, const struct bbolt_change *changes, size_t count)
{
    ed->changes = arena_alloc(tmp, count * sizeof(const struct bbolt_change *));
    ed->change_count = count;
    for (size_t i = 0; i < count; i++)
        ed->changes[i] = &changes[i];
    if (count > 0)
        qsort(ed->changes, count, sizeof(const struct bbolt_change *), compare_changes);
    for (size_t i = 1; i < count; i++)
        ASSERT(compare_changes(&ed->changes[i - 1], &ed->changes[i]) != 0);
}

bool
bbolt_edit_build(struct arena *mem, const struct bbolt *db, const struct bbolt_change *changes,
                 size_t change_count, struct bbolt_edit *ret_edit, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF metas = BUF_INIT;
    __attribute__((cleanup(editor_release))) struct editor ed = {.db = db};
    struct bbolt_meta meta = {
        .page_size = db->page_size, .freelist = BBOLT_FREELIST_NONE, .txid = db->txid + 1};

    if (db->txid == UINT64_MAX)
        return error_set(e, ERROR_FORMAT, "'%s': its transaction number cannot grow", db->name);
    changes_sort(&ed, &tmp, changes, change_count);
    bbolt_out_init(&ed.out, -1, db->name, db->page_size, db->pgid, BBOLT_EDIT_TAIL_MOST);
    bbolt_tree_init(&ed.bucket, &ed.out, FILL_PERCENT);
    bbolt_tree_init(&ed.root, &ed.out, FILL_PERCENT);
    if (!buckets_merge(&ed, e) || !bbolt_tree_finish(&ed.root, &meta.root, e))
        return false;
    meta.pgid = ed.out.next;
    bbolt_meta_encode_both(&meta, &metas);
    *ret_edit = (struct bbolt_edit){.metas = arena_copy(mem, buf_bytes(&metas)),
                                    .tail = arena_copy(mem, buf_bytes(&ed.out.pages)),
                                    .tail_offset = db->size_bytes,
                                    .size_bytes = meta.pgid * meta.page_size};
    return true;
}

static bool
tail_write(const struct bbolt_edit *edit, int fd, const char *path, struct error *e)
{
    if (!fd_pwrite_all(fd, path, edit->tail.data, edit->tail.size, edit->tail_offset, e))
        return false;
    /* A trailer of the source, longer than the tail, would else stay behind the end. */
    if (ftruncate(fd, (off_t)edit->size_bytes) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    return true;
}

bool
bbolt_edit_apply(const struct bbolt_edit *edit, int fd, const char *path, struct error *e)
{
    return tail_write(edit, fd, path, e) &&
           fd_pwrite_all(fd, path, edit->metas.data, edit->metas.size, 0, e);
}

bool
bbolt_edit_apply_in_place(const struct bbolt_edit *edit, int fd, const char *path, struct error *e)
{
    return tail_write(edit, fd, path, e) && file_sync(fd, path, e) &&
           fd_pwrite_all(fd, path, edit->metas.data, edit->metas.size, 0, e) &&
           file_sync(fd, path, e);
}
