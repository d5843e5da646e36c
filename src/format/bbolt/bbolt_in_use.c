#include "format/bbolt/bbolt_in_use.h"

#include "format/bbolt/bbolt_cursor.h"
#include "format/bbolt/bbolt_page.h"

enum { META_PAGES = 2 };

/* A branch page whose children are being counted. */
struct step {
    struct bbolt_page page;
    uint32_t index;
};

struct counting {
    const struct bbolt *db;
    struct step path[BBOLT_DEPTH_MOST];
    unsigned depth;
    uint64_t pages;
};

/* Counts a page run; a branch goes on the path. */
static bool
page_count(struct counting *c, uint64_t id, struct bbolt_place referrer, struct bbolt_damage *d)
{
    struct bbolt_page page;

    if (!bbolt_page_load_node(c->db, id, referrer, &page, d))
        return false;
    c->pages += (uint64_t)page.overflow + 1;
    if (c->pages > c->db->pgid)
        return bbolt_damage_set(d, referrer, "the trees have more pages than the file");
    if (page.flags != BBOLT_PAGE_BRANCH)
        return true;
    if (c->depth == BBOLT_DEPTH_MOST)
        return bbolt_damage_set(d, referrer, "the tree has more than %d levels", BBOLT_DEPTH_MOST);
    for (uint32_t i = 0; i < BBOLT_PREFETCH_AHEAD; i++)
        bbolt_page_prefetch(c->db, &page, i);
    c->path[c->depth++] = (struct step){page, 0};
    return true;
}

static bool
tree_count(struct counting *c, uint64_t root, struct bbolt_place referrer, struct bbolt_damage *d)
{
    if (!page_count(c, root, referrer, d))
        return false;
    while (c->depth > 0) {
        struct step *step = &c->path[c->depth - 1];
        struct bbolt_item item;
        uint32_t index = step->index;

        if (index == step->page.count) {
            c->depth--;
            continue;
        }
        step->index++;
        bbolt_page_prefetch(c->db, &step->page, index + BBOLT_PREFETCH_AHEAD);
        if (!bbolt_page_item(&step->page, index, &item, d) ||
            !page_count(c, item.child, bbolt_page_place(&step->page, index), d))
            return false;
    }
    return true;
}

static bool
freelist_count(struct counting *c, struct bbolt_damage *d)
{
    struct bbolt_page page;

    if (c->db->freelist == BBOLT_FREELIST_NONE)
        return true;
    if (!bbolt_page_load(c->db, c->db->freelist, bbolt_freelist_place(c->db), &page, d))
        return false;
    c->pages += (uint64_t)page.overflow + 1;
    return true;
}

static bool
buckets_count(struct counting *c, struct error *e)
{
    struct bbolt_cursor cursor;
    struct bbolt_bucket bucket;
    struct bbolt_damage damage;

    bbolt_cursor_init_buckets(&cursor, c->db);
    while (bbolt_cursor_next_bucket(&cursor, &bucket, e)) {
        struct bbolt_place place = {bucket.page, bucket.offset};

        if (bucket.root != 0 && !tree_count(c, bucket.root, place, &damage))
            return bbolt_damage_error(c->db->name, &damage, e);
    }
    return !cursor.failed;
}

bool
bbolt_pages_in_use(const struct bbolt *db, uint64_t *ret_pages, struct error *e)
{
    struct counting c = {.db = db, .pages = META_PAGES};
    struct bbolt_damage damage;

    if (!freelist_count(&c, &damage) || !tree_count(&c, db->root, bbolt_root_place(db), &damage))
        return bbolt_damage_error(db->name, &damage, e);
    if (!buckets_count(&c, e))
        return false;
    *ret_pages = c.pages;
    return true;
}
