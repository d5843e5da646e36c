/*
 * Pages to which nothing leads. Rows of "key", leases, users and roles prove themselves what they
 * are; of "meta" and "auth" a page is known by its rows, and the copy of the newest is taken. What
 * else a bucket may have is so small that it stands in the list of buckets itself.
 */
#include "format/backend/backend.h"
#include "format/backend/backend_rescue_parts.h"
#include "format/backend/backend_shape.h"

/* The newest copy of a bucket that says how new it is. */
struct newest_page {
    struct bbolt_page page;
    uint64_t number; /* the greater, the newer; 0: none was found */
};

struct loose {
    struct backend_rescue *rescue;
    struct newest_page meta;
    struct newest_page auth;
};

static bool
is_lost(const struct rescue_bucket *bucket, struct bytes key)
{
    for (size_t i = 0; i < bucket->losses.count; i++) {
        const struct bbolt_loss *loss = &bucket->losses.items[i];

        if (bytes_compare(key, loss->low) >= 0 &&
            (loss->to_end || bytes_compare(key, loss->high) <= 0))
            return true;
    }
    return bucket->lost_pieces > RESCUE_LOSSES_KEPT;
}

/* The page's row i, when it has the shape of the bucket's. */
static bool
row_read(const struct rescue_bucket *bucket, const struct bbolt_page *page, uint32_t i,
         struct bbolt_item *ret_item)
{
    struct bbolt_damage ignored;

    return bbolt_page_item(page, i, ret_item, &ignored) && ret_item->flags == 0 &&
           backend_row_has_shape(bucket->name, ret_item->key, ret_item->value);
}

static bool
any_is_lost(const struct rescue_bucket *bucket, const struct bbolt_page *page)
{
    for (uint32_t i = 0; bucket->losses.count > 0 && i < page->count; i++) {
        struct bbolt_item item;

        if (row_read(bucket, page, i, &item) && is_lost(bucket, item.key))
            return true;
    }
    return false;
}

/*
 * The rows of a page that have the shape of those of a bucket, and are missing there. The borders of what
 * is missing stand in branch pages, and may be damaged. So of a page of revisions all rows are taken when
 * one is missing: a revision never changes, and only a compaction removes one.
 */
static uint64_t
rows_take(struct loose *l, const char *name, const struct bbolt_page *page)
{
    struct rescue_bucket *bucket = backend_rescue_bucket(l->rescue, bytes_of_text(name));
    uint64_t taken = 0;
    bool whole;

    if (bucket == NULL || !any_is_lost(bucket, page))
        return 0;
    whole = bytes_equal_text(bucket->name, BACKEND_BUCKET_KEY);
    for (uint32_t i = 0; i < page->count; i++) {
        struct bbolt_item item;

        if (!row_read(bucket, page, i, &item) || !(whole || is_lost(bucket, item.key)))
            continue;
        backend_rescue_row_add(l->rescue, bucket, &item, RESCUE_LOOSE_PAGE);
        taken++;
    }
    return taken;
}

/* Whether all rows of a page could be a bucket's. */
static bool
page_has_shape(const char *bucket, const struct bbolt_page *page)
{
    for (uint32_t i = 0; i < page->count; i++) {
        struct bbolt_damage ignored;
        struct bbolt_item item;

        if (!bbolt_page_item(page, i, &item, &ignored) || item.flags != 0 ||
            !backend_row_has_shape(bytes_of_text(bucket), item.key, item.value))
            return false;
    }
    return page->count > 0;
}

static void
newest_keep(struct newest_page *newest, const struct bbolt_page *page, const char *bucket,
            const char *key)
{
    for (uint32_t i = 0; i < page->count; i++) {
        struct error ignored_error = ERROR_INIT;
        struct bbolt_damage ignored;
        struct bbolt_item item;
        uint64_t number;

        if (bbolt_page_item(page, i, &item, &ignored) && bytes_equal_text(item.key, key) &&
            backend_u64_decode(item.value, &number, &ignored_error) && number > newest->number &&
            page_has_shape(bucket, page))
            *newest = (struct newest_page){*page, number};
    }
}

/* A list of buckets of another transaction may hold a small bucket of keys inside. */
static uint64_t
inline_keys_take(struct loose *l, const struct bbolt_page *page)
{
    for (uint32_t i = 0; i < page->count; i++) {
        const struct bbolt *db = &l->rescue->pages.db;
        struct bbolt_damage ignored;
        struct bbolt_bucket bucket;
        struct bbolt_page inside;
        struct bbolt_item item;

        if (bbolt_page_item(page, i, &item, &ignored) &&
            bytes_equal_text(item.key, BACKEND_BUCKET_KEY) &&
            bbolt_page_bucket(db, page, i, &item, &bucket, &ignored) && bucket.root == 0 &&
            bbolt_page_load_inline(&bucket, &inside, &ignored))
            return rows_take(l, BACKEND_BUCKET_KEY, &inside);
    }
    return 0;
}

static void
page_visit(void *context, const struct bbolt_page *page, bool misplaced)
{
    struct loose *l = context;
    uint64_t taken = rows_take(l, BACKEND_BUCKET_KEY, page) + inline_keys_take(l, page);

    if (taken == 0 && !misplaced) {
        /* Roles first: some users could be roles by their looks, but no role a user. */
        static const char *const others[] = {BACKEND_BUCKET_LEASE, BACKEND_BUCKET_AUTH_ROLES,
                                             BACKEND_BUCKET_AUTH_USERS};

        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && taken == 0; i++) {
            if (page_has_shape(others[i], page))
                taken = rows_take(l, others[i], page);
        }
        newest_keep(&l->meta, page, BACKEND_BUCKET_META, BACKEND_CONSISTENT_INDEX);
        newest_keep(&l->auth, page, BACKEND_BUCKET_AUTH, BACKEND_AUTH_REVISION);
    }
    l->rescue->loose_pages += taken > 0 ? 1 : 0;
}

void
backend_rescue_loose(struct backend_rescue *rescue)
{
    struct loose l = {.rescue = rescue};

    bbolt_rescue_loose(&rescue->pages, page_visit, &l);
    if (l.meta.number > 0 && rows_take(&l, BACKEND_BUCKET_META, &l.meta.page) > 0)
        rescue->loose_pages++;
    if (l.auth.number > 0 && rows_take(&l, BACKEND_BUCKET_AUTH, &l.auth.page) > 0)
        rescue->loose_pages++;
}
