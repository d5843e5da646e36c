/*
 * The root, and everything that it leads to. A good meta page names it. Otherwise every page that
 * looks like one is a candidate, those of transactions long past too: the newest whose tree is
 * whole is taken, and when none is whole, the one that lost least.
 */
#include <stdlib.h>

#include "format/backend/backend.h"
#include "format/backend/backend_rescue_parts.h"
#include "format/backend/backend_shape.h"
#include "format/bbolt/bbolt_cursor.h"

enum { ROOTS_TRIED_MOST = 16 };

/* How new it is say its last revision and its consistent index; 0: could not be read. */
struct root {
    uint64_t page;
    int64_t last_revision;
    uint64_t consistent_index;
    bool from_meta;
};

struct root_list {
    ARRAY(struct root) items;
};

/* A walk through one bucket. */
struct bucket_walk {
    struct backend_rescue *rescue;
    struct rescue_bucket *bucket;
};

static bool
row_judge(void *context, const struct bbolt_item *item)
{
    const struct bucket_walk *w = context;

    return backend_row_has_shape(w->bucket->name, item->key, item->value);
}

static void
row_take(void *context, const struct bbolt_item *item, enum rescue_origin origin)
{
    const struct bucket_walk *w = context;

    backend_rescue_row_add(w->rescue, w->bucket, item, origin);
}

static void
row_lose(void *context, const struct bbolt_loss *loss, const struct bbolt_damage *damage)
{
    const struct bucket_walk *w = context;
    struct rescue_bucket *bucket = w->bucket;
    char name[BBOLT_KEY_TEXT_SIZE];

    w->rescue->losses++;
    bucket->lost_pieces++;
    if (bucket->losses.count < RESCUE_LOSSES_KEPT)
        *ARRAY_PUSH(w->rescue->mem, &bucket->losses) = *loss;
    (void)finding_add(&w->rescue->findings, FINDING_STRUCTURE, (int64_t)damage->place.offset,
                      w->rescue->pages.db.page_size, "bucket %s: %s",
                      bbolt_key_text(bucket->name, name), damage->text);
}

static bool
bucket_of_item(const struct backend_rescue *rescue, const struct bbolt_item *item,
               struct bbolt_bucket *ret_bucket)
{
    const struct bbolt *db = &rescue->pages.db;
    const struct bbolt_page page = {.id =
                                        (uint64_t)(item->key.data - db->file.data) / db->page_size};
    struct bbolt_damage ignored;

    return backend_bucket_name_is_plain(item->key) &&
           bbolt_page_bucket(db, &page, 0, item, ret_bucket, &ignored);
}

static bool
bucket_judge(void *context, const struct bbolt_item *item)
{
    struct bbolt_bucket ignored;

    return bucket_of_item(context, item, &ignored);
}

static void
name_lose(struct backend_rescue *rescue, const struct bbolt_item *item, const char *mended)
{
    char name[BBOLT_KEY_TEXT_SIZE];

    rescue->losses++;
    rescue->root_losses++;
    (void)finding_add(&rescue->findings, FINDING_STRUCTURE,
                      item->key.data - rescue->pages.db.file.data, rescue->pages.db.page_size,
                      "a bucket %s, taken for '%s'", bbolt_key_text(item->key, name), mended);
}

static void
bucket_take(void *context, const struct bbolt_item *item, enum rescue_origin origin UNUSED)
{
    struct backend_rescue *rescue = context;
    const char *mended = backend_bucket_name_mend(item->key);
    struct bytes name = mended != NULL ? bytes_of_text(mended) : item->key;
    struct bucket_walk walk = {rescue, backend_rescue_bucket(rescue, name)};
    const struct bbolt_rescue_visitor visitor = {
        .context = &walk, .judge = row_judge, .take = row_take, .lose = row_lose};
    struct bbolt_bucket bucket;

    if (walk.bucket == NULL || walk.bucket->present || !bucket_of_item(rescue, item, &bucket))
        return;
    walk.bucket->present = true;
    if (!bytes_equal(name, item->key))
        name_lose(rescue, item, mended);
    bbolt_rescue_bucket(&rescue->pages, &bucket, &visitor);
}

static void
bucket_lose(void *context, const struct bbolt_loss *loss UNUSED, const struct bbolt_damage *damage)
{
    struct backend_rescue *rescue = context;

    rescue->losses++;
    rescue->root_losses++;
    (void)finding_add(&rescue->findings, FINDING_STRUCTURE, (int64_t)damage->place.offset,
                      rescue->pages.db.page_size, "the list of buckets: %s", damage->text);
}

/* Everything below one root; what another one gave is forgotten. */
static void
root_read(struct backend_rescue *rescue, const struct root *root)
{
    const struct bbolt_rescue_visitor visitor = {
        .context = rescue,
        .judge = bucket_judge,
        .take = bucket_take,
        .lose = bucket_lose,
        .of_buckets = true,
    };

    bbolt_rescue_forget(&rescue->pages);
    buf_clear(&rescue->rows);
    rescue->bucket_count = 0;
    rescue->losses = 0;
    rescue->root_losses = 0;
    rescue->findings = (struct findings){.mem = rescue->mem};
    rescue->root = root->page;
    rescue->root_from_meta = root->from_meta;
    bbolt_rescue_tree(&rescue->pages, root->page, bbolt_root_place(&rescue->pages.db), &visitor);
    rescue->root_found = rescue->bucket_count > 0;
}

/* A leaf of buckets, and nothing else. */
static bool
lists_buckets(const struct backend_rescue *rescue, const struct bbolt_page *page)
{
    struct bbolt_bucket bucket;
    struct bbolt_damage ignored;
    struct bbolt_item item;

    for (uint32_t i = 0; i < page->count; i++) {
        if (!bbolt_page_item(page, i, &item, &ignored) || !bucket_of_item(rescue, &item, &bucket))
            return false;
    }
    return page->flags == BBOLT_PAGE_LEAF && page->count > 0;
}

/* Many buckets, or large ones inside the list, make the root a branch over leaves of buckets. */
static bool
looks_like_root(const struct backend_rescue *rescue, const struct bbolt_page *page)
{
    struct bbolt_damage ignored;
    struct bbolt_page child;
    struct bbolt_item item;

    if (page->flags == BBOLT_PAGE_LEAF)
        return lists_buckets(rescue, page);
    return page->flags == BBOLT_PAGE_BRANCH && bbolt_page_item(page, 0, &item, &ignored) &&
           bbolt_page_load_node(&rescue->pages.db, item.child, bbolt_page_place(page, 0), &child,
                                &ignored) &&
           lists_buckets(rescue, &child);
}

static int64_t
revision_of_root(const struct backend_rescue *rescue, uint64_t page)
{
    struct bbolt db = rescue->pages.db;
    struct error ignored = ERROR_INIT;
    struct revision_key revision;
    struct bbolt_bucket bucket;
    struct bbolt_cursor c;
    struct bbolt_row row;

    db.root = page;
    if (!bbolt_bucket_find(&db, BYTES_LITERAL(BACKEND_BUCKET_KEY), &bucket, &ignored))
        return 0;
    bbolt_cursor_init(&c, &bucket);
    if (!bbolt_cursor_last(&c, &row, &ignored) ||
        !backend_row_has_shape(bucket.name, row.key, row.value) ||
        !revision_key_decode(row.key, &revision, &ignored))
        return 0;
    return revision.main;
}

static uint64_t
index_of_root(const struct backend_rescue *rescue, uint64_t page)
{
    struct bbolt db = rescue->pages.db;
    struct error ignored = ERROR_INIT;
    struct bbolt_bucket meta;
    struct bytes value;
    uint64_t index;

    db.root = page;
    if (!bbolt_bucket_find(&db, BYTES_LITERAL(BACKEND_BUCKET_META), &meta, &ignored) ||
        !bbolt_bucket_get(&meta, BYTES_LITERAL(BACKEND_CONSISTENT_INDEX), &value, &ignored) ||
        !backend_u64_decode(value, &index, &ignored))
        return 0;
    return index;
}

/* Newest first; a branch before its leaves, which have the same index or none. */
static int
root_compare(const void *a, const void *b)
{
    const struct root *left = a;
    const struct root *right = b;

    if (left->last_revision != right->last_revision)
        return left->last_revision > right->last_revision ? -1 : 1;
    if (left->consistent_index != right->consistent_index)
        return left->consistent_index > right->consistent_index ? -1 : 1;
    if (left->from_meta != right->from_meta)
        return left->from_meta ? -1 : 1;
    return left->page > right->page ? -1 : 1;
}

static void
roots_find(const struct backend_rescue *rescue, struct arena *tmp, struct root_list *list)
{
    const struct bbolt *db = &rescue->pages.db;

    for (uint64_t id = 2; id < db->pgid; id++) {
        struct bbolt_damage ignored;
        struct bbolt_page page;
        uint64_t header_id;

        if (!bbolt_page_load_at(db, id, &page, &header_id, &ignored) || header_id != id ||
            !looks_like_root(rescue, &page))
            continue;
        *ARRAY_PUSH(tmp, &list->items) = (struct root){
            .page = id,
            .last_revision = revision_of_root(rescue, id),
            .consistent_index = index_of_root(rescue, id),
            .from_meta = id == rescue->pages.roots[0] || id == rescue->pages.roots[1],
        };
    }
    if (list->items.count > 1)
        qsort(list->items.items, list->items.count, sizeof(*list->items.items), root_compare);
}

/* What the newest transaction's tree has to give: the list of buckets, and where it stands. Keys
 * that are missing below it are found better by looking for them than in an older tree. */
static bool
root_is_enough(const struct backend_rescue *rescue)
{
    return !rescue->pages.meta_bad[0] && !rescue->pages.meta_bad[1] && rescue->root_losses == 0 &&
           index_of_root(rescue, rescue->root) > 0;
}

void
backend_rescue_tree(struct backend_rescue *rescue)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct bbolt_rescue *pages = &rescue->pages;
    struct root first = {.page = pages->roots[0], .from_meta = true};
    struct root_list list = {.items = ARRAY_INIT};
    uint64_t least = UINT64_MAX;
    size_t best = 0;

    if (pages->has_meta) {
        root_read(rescue, &first);
        rescue->root_is_newest = root_is_enough(rescue);
        if (rescue->root_is_newest)
            return;
    }
    roots_find(rescue, &tmp, &list);
    for (size_t i = 0; i < list.items.count && i < ROOTS_TRIED_MOST && least > 0; i++) {
        root_read(rescue, &list.items.items[i]);
        if (rescue->root_found && rescue->losses < least) {
            least = rescue->losses;
            best = i;
        }
    }
    if (list.items.count > 0 && least > 0 && least != UINT64_MAX)
        root_read(rescue, &list.items.items[best]);
}
