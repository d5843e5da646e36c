/*
 * The path holds one page a level, each with the index of the element that comes next. A page goes
 * on the path once in the walk of a sound tree, so a walk that needs more pages than the file has
 * goes in circles; and since keys must ascend over the whole walk, no row is told twice.
 */
#include "format/bbolt/bbolt_cursor.h"

void
bbolt_cursor_init(struct bbolt_cursor *c, const struct bbolt_bucket *bucket)
{
    c->db = bucket->db;
    c->bucket = *bucket;
    c->failed = false;
    c->depth = 0;
    c->started = false;
    c->pages_left = c->db->pgid;
    c->last_key = BYTES_NONE;
}

void
bbolt_cursor_init_buckets(struct bbolt_cursor *c, const struct bbolt *db)
{
    struct bbolt_place place = bbolt_root_place(db);

    bbolt_cursor_init(c,
                      &(struct bbolt_bucket){
                          .db = db, .root = db->root, .page = place.page, .offset = place.offset});
}

static bool
fail(struct bbolt_cursor *c, const struct bbolt_damage *d, struct error *e)
{
    c->failed = true;
    c->depth = 0;
    return bbolt_damage_error(c->db->name, d, e);
}

/* Puts a page on the path, before its first element. */
static bool
push(struct bbolt_cursor *c, uint64_t id, struct bbolt_place referrer, struct bbolt_damage *d)
{
    struct bbolt_page page;

    if (c->depth == BBOLT_DEPTH_MOST)
        return bbolt_damage_set(d, referrer, "the tree has more than %d levels", BBOLT_DEPTH_MOST);
    if (!bbolt_page_load_node(c->db, id, referrer, &page, d))
        return false;
    if (page.overflow >= c->pages_left)
        return bbolt_damage_set(d, referrer,
                                "page %llu again: the tree has more pages than the file",
                                (unsigned long long)id);
    c->pages_left -= (uint64_t)page.overflow + 1;
    c->path[c->depth].page = page;
    c->path[c->depth].index = 0;
    c->path[c->depth].free = NULL;
    c->depth++;
    for (uint32_t i = 0; i < BBOLT_PREFETCH_AHEAD; i++)
        bbolt_page_prefetch(c->db, &page, i);
    return true;
}

/* From the start again, with only the root on the path. */
static bool
push_root(struct bbolt_cursor *c, struct bbolt_damage *d)
{
    struct bbolt_place place = {c->bucket.page, c->bucket.offset};

    c->started = true;
    c->depth = 0;
    c->pages_left = c->db->pgid;
    c->last_key = BYTES_NONE;
    if (c->bucket.root != 0)
        return push(c, c->bucket.root, place, d);
    if (!bbolt_page_load_inline(&c->bucket, &c->path[0].page, d))
        return false;
    c->path[0].index = 0;
    c->path[0].free = NULL;
    c->depth = 1;
    return true;
}

static bool
order_check(struct bbolt_cursor *c, const struct bbolt_page *page, uint32_t index,
            const struct bbolt_item *item, struct bbolt_damage *d)
{
    char key[BBOLT_KEY_TEXT_SIZE];

    if (c->last_key.size > 0 && bytes_compare(c->last_key, item->key) >= 0)
        return bbolt_damage_set(d, bbolt_page_place(page, index),
                                "key %s is not greater than the one before it",
                                bbolt_key_text(item->key, key));
    c->last_key = item->key;
    return true;
}

/* The next leaf element. true with *ret_found false: the end. */
static bool
advance(struct bbolt_cursor *c, struct bbolt_item *ret_item, bool *ret_found,
        struct bbolt_damage *d)
{
    *ret_found = false;
    if (!c->started && !push_root(c, d))
        return false;
    while (c->depth > 0) {
        struct bbolt_page *page = &c->path[c->depth - 1].page;
        uint32_t index = c->path[c->depth - 1].index;

        if (index == page->count) {
            c->depth--;
            continue;
        }
        c->path[c->depth - 1].index = index + 1;
        bbolt_page_prefetch(c->db, page, index + BBOLT_PREFETCH_AHEAD);
        if (!bbolt_page_item(page, index, ret_item, d))
            return false;
        if (page->flags == BBOLT_PAGE_BRANCH) {
            if (!push(c, ret_item->child, bbolt_page_place(page, index), d))
                return false;
            continue;
        }
        if (c->path[c->depth - 1].free > ret_item->key.data)
            return bbolt_damage_set(d, bbolt_page_place(page, index),
                                    "element %u lies over the one before it", index);
        c->path[c->depth - 1].free = ret_item->value.data + ret_item->value.size;
        *ret_found = true;
        return order_check(c, page, index, ret_item, d);
    }
    return true;
}

/* The element before, for a walk from the end: 'index' of a page is that of the element last told. */
static bool
retreat(struct bbolt_cursor *c, struct bbolt_item *ret_item, bool *ret_found,
        struct bbolt_damage *d)
{
    char key[BBOLT_KEY_TEXT_SIZE];

    *ret_found = false;
    if (!c->started) {
        if (!push_root(c, d))
            return false;
        c->path[0].index = c->path[0].page.count;
    }
    while (c->depth > 0) {
        struct bbolt_page *page = &c->path[c->depth - 1].page;
        uint32_t index = c->path[c->depth - 1].index;

        if (index == 0) {
            c->depth--;
            continue;
        }
        c->path[c->depth - 1].index = --index;
        if (!bbolt_page_item(page, index, ret_item, d))
            return false;
        if (page->flags == BBOLT_PAGE_BRANCH) {
            if (!push(c, ret_item->child, bbolt_page_place(page, index), d))
                return false;
            c->path[c->depth - 1].index = c->path[c->depth - 1].page.count;
            continue;
        }
        if (c->last_key.size > 0 && bytes_compare(c->last_key, ret_item->key) <= 0)
            return bbolt_damage_set(d, bbolt_page_place(page, index),
                                    "key %s is not smaller than the one behind it",
                                    bbolt_key_text(ret_item->key, key));
        c->last_key = ret_item->key;
        *ret_found = true;
        return true;
    }
    return true;
}

static bool
row_of_item(struct bbolt_cursor *c, uint32_t index, const struct bbolt_item *item,
            struct bbolt_row *ret_row, struct error *e)
{
    struct bbolt_damage damage;
    char key[BBOLT_KEY_TEXT_SIZE];

    if (item->flags != 0) {
        bbolt_damage_set_(&damage, bbolt_page_place(&c->path[c->depth - 1].page, index),
                          "bucket %s stands inside a bucket, which etcd never does",
                          bbolt_key_text(item->key, key));
        return fail(c, &damage, e);
    }
    ret_row->key = item->key;
    ret_row->value = item->value;
    return true;
}

bool
bbolt_cursor_next(struct bbolt_cursor *c, struct bbolt_row *ret_row, struct error *e)
{
    struct bbolt_damage damage;
    struct bbolt_item item;
    bool found;

    if (c->failed)
        return false;
    if (!advance(c, &item, &found, &damage))
        return fail(c, &damage, e);
    return found && row_of_item(c, c->path[c->depth - 1].index - 1, &item, ret_row, e);
}

bool
bbolt_cursor_previous(struct bbolt_cursor *c, struct bbolt_row *ret_row, struct error *e)
{
    struct bbolt_damage damage;
    struct bbolt_item item;
    bool found;

    if (c->failed)
        return false;
    if (!retreat(c, &item, &found, &damage))
        return fail(c, &damage, e);
    return found && row_of_item(c, c->path[c->depth - 1].index, &item, ret_row, e);
}

/* The path down to the leaf that has the first key from 'key' on, or has it right behind its end. */
static bool
descend(struct bbolt_cursor *c, struct bytes key, struct bbolt_damage *d)
{
    if (!push_root(c, d))
        return false;
    for (;;) {
        struct bbolt_page *page = &c->path[c->depth - 1].page;
        struct bbolt_item item;
        uint32_t index;

        if (!bbolt_page_search(page, key, &index, d))
            return false;
        if (page->flags == BBOLT_PAGE_LEAF) {
            c->path[c->depth - 1].index = index;
            return true;
        }
        /* A branch names the first key of each child: the child before, unless it is just that. */
        if (index == page->count)
            index--;
        if (!bbolt_page_item(page, index, &item, d))
            return false;
        if (index > 0 && bytes_compare(item.key, key) > 0 &&
            !bbolt_page_item(page, --index, &item, d))
            return false;
        c->path[c->depth - 1].index = index + 1;
        if (!push(c, item.child, bbolt_page_place(page, index), d))
            return false;
    }
}

static bool
seek(struct bbolt_cursor *c, struct bytes key, struct bbolt_item *ret_item, bool *ret_found,
     struct bbolt_damage *d)
{
    const struct bbolt_page *page;

    c->failed = false;
    if (!descend(c, key, d) || !advance(c, ret_item, ret_found, d))
        return false;
    if (!*ret_found || bytes_compare(ret_item->key, key) >= 0)
        return true;
    page = &c->path[c->depth - 1].page;
    return bbolt_damage_set(d, bbolt_page_place(page, c->path[c->depth - 1].index - 1),
                            "a key that is too small for its page");
}

bool
bbolt_cursor_seek(struct bbolt_cursor *c, struct bytes key, struct bbolt_row *ret_row,
                  struct error *e)
{
    struct bbolt_damage damage;
    struct bbolt_item item;
    bool found;

    if (!seek(c, key, &item, &found, &damage))
        return fail(c, &damage, e);
    return found && row_of_item(c, c->path[c->depth - 1].index - 1, &item, ret_row, e);
}

bool
bbolt_cursor_last(struct bbolt_cursor *c, struct bbolt_row *ret_row, struct error *e)
{
    c->failed = false;
    c->started = false;
    if (!bbolt_cursor_previous(c, ret_row, e))
        return false;
    c->depth = 0;
    return true;
}

/* The element that the cursor is on, which is the last one told, as a bucket. */
static bool
bucket_of_item(struct bbolt_cursor *c, const struct bbolt_item *item,
               struct bbolt_bucket *ret_bucket, struct error *e)
{
    struct bbolt_damage damage;

    if (!bbolt_page_bucket(c->db, &c->path[c->depth - 1].page, c->path[c->depth - 1].index - 1,
                           item, ret_bucket, &damage))
        return fail(c, &damage, e);
    return true;
}

bool
bbolt_cursor_next_bucket(struct bbolt_cursor *c, struct bbolt_bucket *ret_bucket, struct error *e)
{
    struct bbolt_damage damage;
    struct bbolt_item item;
    bool found;

    if (c->failed)
        return false;
    if (!advance(c, &item, &found, &damage))
        return fail(c, &damage, e);
    return found && bucket_of_item(c, &item, ret_bucket, e);
}

bool
bbolt_cursor_seek_bucket(struct bbolt_cursor *c, struct bytes name, struct bbolt_bucket *ret_bucket,
                         struct error *e)
{
    struct bbolt_damage damage;
    struct bbolt_item item;
    bool found;

    if (!seek(c, name, &item, &found, &damage))
        return fail(c, &damage, e);
    return found && bucket_of_item(c, &item, ret_bucket, e);
}
