/*
 * A branch tells for each child between which keys its rows stand. These bounds go down with the
 * walk, so that a child that cannot be read is known by its range of keys. A page whose rows leave
 * their bounds, or do not lie one behind the other as bbolt writes them, is a broken page: what it
 * has is taken, and its range counts as lost.
 */
#include "format/bbolt/bbolt_rescue.h"

#include <string.h>

#include "base/cursor.h"
#include "format/bbolt/bbolt_meta.h"

enum {
    GUESS_PAGES_MOST = 1 << 16, /* that are looked at for each page size */
    LOOK_AHEAD_MOST = 64,       /* keys of a branch, behind a damaged one */
};

/* Of the keys below a page; empty and to_end: no bound. */
struct bounds {
    struct bytes low;
    struct bytes high; /* not included */
    bool to_end;
};

struct walk {
    struct bbolt_rescue *r;
    const struct bbolt_rescue_visitor *visitor;
};

/* Whether what stands there begins like a page that belongs there. */
static bool
looks_like_page(const uint8_t *at, uint64_t id)
{
    struct cursor c = cursor_of(bytes_of(at, BBOLT_PAGE_HEADER_SIZE));
    uint64_t header_id;
    uint16_t flags;

    return cursor_u64le(&c, &header_id) && cursor_u16le(&c, &flags) && header_id == id &&
           (flags == BBOLT_PAGE_BRANCH || flags == BBOLT_PAGE_LEAF || flags == BBOLT_PAGE_META ||
            flags == BBOLT_PAGE_FREELIST);
}

/* Without a good meta page: the size at which most pages have the number of their place. Page 0 is
 * a page of every size. */
static uint32_t
page_size_guess(struct bytes file)
{
    uint64_t most = 1;
    uint32_t best = 0;

    for (uint32_t size = BBOLT_PAGE_SIZE_LEAST; size <= BBOLT_PAGE_SIZE_MOST; size *= 2) {
        uint64_t pages = file.size / size;
        uint64_t count = 0;

        for (uint64_t id = 1; id < pages && id < GUESS_PAGES_MOST; id++)
            count += looks_like_page(file.data + id * size, id) ? 1 : 0;
        if (count >= most) {
            most = count + 1;
            best = size;
        }
    }
    return best;
}

/* Meta page 'id'; page 1 wherever it may stand. */
static bool
meta_find(struct bytes file, unsigned id, struct bbolt_meta *ret_meta, struct bbolt_damage *d)
{
    if (id == 0)
        return bbolt_meta_decode(file, 0, 0, ret_meta, d);
    for (uint32_t size = BBOLT_PAGE_SIZE_LEAST; size <= BBOLT_PAGE_SIZE_MOST; size *= 2) {
        if (bbolt_meta_decode(file, size, 1, ret_meta, d))
            return true;
    }
    return false;
}

/* page_size  what they have to say; 0: anything. */
static void
metas_read(struct bbolt_rescue *r, uint32_t page_size)
{
    struct bbolt_meta newest = {0};

    r->has_meta = false;
    r->roots[0] = r->roots[1] = 0;
    for (unsigned id = 0; id < 2; id++) {
        struct bbolt_meta meta;

        r->meta_bad[id] = !meta_find(r->db.file, id, &meta, &r->meta) ||
                          (page_size != 0 && meta.page_size != page_size);
        if (r->meta_bad[id])
            continue;
        if (!r->has_meta || meta.txid > newest.txid) {
            r->roots[1] = r->roots[0];
            r->roots[0] = meta.root;
            newest = meta;
        } else {
            r->roots[1] = meta.root;
        }
        r->has_meta = true;
    }
    r->db.page_size = newest.page_size;
    r->db.pgid = newest.pgid;
    r->db.txid = newest.txid;
    r->db.root = newest.root;
    r->db.freelist = newest.freelist;
}

/* Whether there is a page where the newer meta page says that the root is. */
static bool
root_is_page(const struct bbolt_rescue *r)
{
    uint64_t pages = r->db.page_size == 0 ? 0 : r->db.file.size / r->db.page_size;

    return r->roots[0] < pages &&
           looks_like_page(r->db.file.data + r->roots[0] * r->db.page_size, r->roots[0]);
}

bool
bbolt_rescue_open(struct arena *mem, struct bytes file, const char *name,
                  struct bbolt_rescue *ret_rescue, struct error *e)
{
    struct bbolt_rescue r = {.db = {.name = name, .file = file}};
    uint64_t pages;

    metas_read(&r, 0);
    if (!r.has_meta || !root_is_page(&r)) {
        uint32_t guess = page_size_guess(file);

        if (r.has_meta && guess != 0 && guess != r.db.page_size)
            metas_read(&r, guess);
        if (!r.has_meta)
            r.db.page_size = guess;
    }
    if (r.db.page_size == 0)
        return error_set(e, ERROR_FORMAT, "'%s': %zu bytes in which nothing looks like a page",
                         name, file.size);
    pages = file.size / r.db.page_size;
    if (r.has_meta && r.db.pgid > pages)
        r.missing_pages = r.db.pgid - pages;
    /* A damaged meta page may have been the newer one, and have known of more pages; one whose root
     * is no page of the database does not know how many there are. */
    if (r.meta_bad[0] || r.meta_bad[1] || r.db.pgid > pages || r.db.root >= r.db.pgid)
        r.db.pgid = pages;
    if (r.db.pgid < 3)
        return error_set(e, ERROR_FORMAT, "'%s': %zu bytes hold no page with rows", name,
                         file.size);
    r.db.size_bytes = r.db.pgid * r.db.page_size;
    r.seen = arena_zero(mem, r.db.pgid / 8 + 1);
    *ret_rescue = r;
    return true;
}

void
bbolt_rescue_forget(struct bbolt_rescue *r)
{
    memset(r->seen, 0, r->db.pgid / 8 + 1);
}

static size_t
table_size(const struct bbolt_page *page)
{
    return BBOLT_PAGE_HEADER_SIZE + (size_t)page->count * BBOLT_ELEMENT_SIZE;
}

static bool
is_seen(const struct bbolt_rescue *r, uint64_t id)
{
    return (r->seen[id / 8] >> id % 8 & 1) != 0;
}

/*
 * Cuts a run where its pages are not its own any more: a page that was written there later begins
 * with a header, and so does every page that this one may have been replaced by since. False when
 * it had to, or the file had.
 */
static bool
run_trim(const struct bbolt_rescue *r, struct bbolt_page *page)
{
    uint64_t pages = page->size / r->db.page_size;
    uint64_t own = 1;

    while (own < pages && !is_seen(r, page->id + own) &&
           !looks_like_page(page->data + own * r->db.page_size, page->id + own))
        own++;
    page->size = (size_t)own * r->db.page_size;
    return own == (uint64_t)page->overflow + 1;
}

/* A run that was cut may claim pages that are somebody else's: only its first is sure. */
static void
run_mark(struct bbolt_rescue *r, const struct bbolt_page *page, bool whole)
{
    for (uint64_t id = page->id; id <= page->id + (whole ? page->overflow : 0); id++)
        r->seen[id / 8] |= (uint8_t)(1u << id % 8);
}

static void
lose(const struct walk *w, const struct bounds *b, const struct bbolt_damage *damage)
{
    struct bbolt_loss loss = {b->low, b->high, b->to_end};

    if (w->visitor->lose != NULL)
        w->visitor->lose(w->visitor->context, &loss, damage);
}

/* The range of a page as its rows are, where that is more than the branch above says. */
static void
bounds_widen(struct bounds *b, struct bytes key)
{
    if (b->low.size > 0 && bytes_compare(key, b->low) < 0)
        b->low = key;
    if (!b->to_end && bytes_compare(key, b->high) >= 0)
        b->high = key;
}

static bool
key_is_within(const struct bounds *b, struct bytes key)
{
    return bytes_compare(key, b->low) >= 0 && (b->to_end || bytes_compare(key, b->high) < 0);
}

/* A row by itself: inside its page, of the right kind. */
static bool
row_is_good(const struct walk *w, const struct bbolt_page *page, uint32_t index,
            struct bbolt_item *ret_item, struct bbolt_damage *d)
{
    const struct bbolt_rescue_visitor *v = w->visitor;
    struct bbolt_place place = bbolt_page_place(page, index);

    if (!bbolt_page_item(page, index, ret_item, d))
        return false;
    if ((ret_item->flags == BBOLT_ITEM_BUCKET) != v->of_buckets)
        return bbolt_damage_set(d, place, "element %u is %s", index,
                                v->of_buckets ? "no bucket" : "a bucket among rows");
    if (v->judge != NULL && !v->judge(v->context, ret_item))
        return bbolt_damage_set(d, place, "element %u is no row of its bucket", index);
    return true;
}

/* Rows stand one behind the other, in the order of their keys, within the page's bounds. */
static bool
leaf_is_sound(const struct walk *w, const struct bbolt_page *page, struct bounds *b,
              struct bbolt_damage *d)
{
    const uint8_t *end = page->data + table_size(page);
    struct bounds given = *b;
    struct bytes last = BYTES_NONE;
    bool sound = true;

    for (uint32_t i = 0; i < page->count; i++) {
        struct bbolt_place place = bbolt_page_place(page, i);
        struct bbolt_damage one;
        struct bbolt_item item;
        bool good = row_is_good(w, page, i, &item, &one);

        if (good && i > 0 && bytes_compare(item.key, last) <= 0)
            good = bbolt_damage_set(&one, place, "element %u is out of order", i);
        else if (good && item.key.data != end)
            good = bbolt_damage_set(&one, place,
                                    "element %u does not begin where the one before it "
                                    "ends",
                                    i);
        else if (good && !key_is_within(&given, item.key))
            good = bbolt_damage_set(&one, place, "element %u is not within its branch", i);
        if (!good && sound)
            *d = one;
        sound = sound && good;
        if (!bbolt_page_item(page, i, &item, &one))
            continue;
        last = item.key;
        end = item.value.data + item.value.size;
        bounds_widen(b, item.key);
    }
    return sound;
}

static void
leaf_walk(struct walk *w, const struct bbolt_page *page, bool whole, struct bounds b)
{
    const struct bbolt_rescue_visitor *v = w->visitor;
    struct bbolt_damage d;
    bool sound = leaf_is_sound(w, page, &b, &d);

    if (sound && !whole)
        sound = bbolt_damage_set(&d, ((struct bbolt_place){page->id, page->offset}),
                                 "its %u overflow pages are not all there", page->overflow);
    if (!sound)
        lose(w, &b, &d);
    for (uint32_t i = 0; v->take != NULL && i < page->count; i++) {
        struct bbolt_item item;

        if (sound ? bbolt_page_item(page, i, &item, &d) : row_is_good(w, page, i, &item, &d))
            v->take(v->context, &item, sound ? RESCUE_TREE : RESCUE_BROKEN_PAGE);
    }
}

static void node_walk(struct walk *w, uint64_t id, struct bbolt_place referrer, struct bounds b,
                      unsigned depth);

/* Whether element 'index' of a branch can be believed: behind 'last', and inside the bounds. */
static bool
branch_key(const struct bbolt_page *page, uint32_t index, const struct bounds *b, struct bytes last,
           struct bbolt_item *ret_item, struct bbolt_damage *d)
{
    if (!bbolt_page_item(page, index, ret_item, d))
        return false;
    if ((index > 0 && bytes_compare(ret_item->key, last) <= 0) || !key_is_within(b, ret_item->key))
        return bbolt_damage_set(d, bbolt_page_place(page, index),
                                "element %u of a branch is out of order", index);
    return true;
}

/* Where the child at 'index' ends: at the next key that can be believed. */
static void
child_end(const struct bbolt_page *page, uint32_t index, const struct bounds *b, struct bytes last,
          struct bounds *child)
{
    struct bbolt_damage ignored;
    struct bbolt_item next;

    child->high = b->high;
    child->to_end = b->to_end;
    for (uint32_t i = index + 1; i < page->count && i - index <= LOOK_AHEAD_MOST; i++) {
        if (branch_key(page, i, b, last, &next, &ignored)) {
            child->high = next.key;
            child->to_end = false;
            return;
        }
    }
}

/* Keys stand one behind the other, right behind the table of elements: a table of another length
 * than it was written with shows. */
static void
branch_judge(struct walk *w, const struct bbolt_page *page, const struct bounds *b)
{
    const uint8_t *end = page->data + table_size(page);

    for (uint32_t i = 0; i < page->count; i++) {
        struct bbolt_damage d;
        struct bbolt_item item;

        if (!bbolt_page_item(page, i, &item, &d))
            return; /* told by who needs the element */
        if (item.key.data != end) {
            bbolt_damage_set_(&d, bbolt_page_place(page, i),
                              "element %u of a branch does not begin where the one before it ends",
                              i);
            lose(w, b, &d);
            return;
        }
        end = item.key.data + item.key.size;
    }
}

static void
branch_walk(struct walk *w, const struct bbolt_page *page, struct bounds b, unsigned depth)
{
    struct bytes last = b.low;

    branch_judge(w, page, &b);
    for (uint32_t i = 0; i < page->count; i++) {
        struct bounds child = {.low = last};
        struct bbolt_damage d;
        struct bbolt_item item;
        bool good = branch_key(page, i, &b, last, &item, &d);

        if (good)
            child.low = last = item.key;
        child_end(page, i, &b, last, &child);
        if (!good)
            lose(w, &child, &d);
        /* The key may be wrong and the number right; rows outside the bounds would tell. */
        if (good || bbolt_page_item(page, i, &item, &d))
            node_walk(w, item.child, bbolt_page_place(page, i), child, depth);
    }
}

/* As bbolt_page_load_node, but a run that is cut is good for what is left of it. */
static bool
node_load(const struct bbolt_rescue *r, uint64_t id, struct bbolt_place referrer,
          struct bbolt_page *ret_page, struct bbolt_damage *d)
{
    struct bbolt_damage ignored;
    uint64_t header_id;

    if (bbolt_page_load_node(&r->db, id, referrer, ret_page, d))
        return true;
    return id >= 2 && id < r->db.pgid &&
           bbolt_page_load_at(&r->db, id, ret_page, &header_id, &ignored) && header_id == id &&
           (ret_page->flags == BBOLT_PAGE_LEAF || ret_page->flags == BBOLT_PAGE_BRANCH);
}

static void
node_walk(struct walk *w, uint64_t id, struct bbolt_place referrer, struct bounds b, unsigned depth)
{
    struct bbolt_page page;
    struct bbolt_damage d;
    bool whole;

    if (!node_load(w->r, id, referrer, &page, &d)) {
        lose(w, &b, &d);
        return;
    }
    if (is_seen(w->r, id) || depth == BBOLT_DEPTH_MOST) {
        bbolt_damage_set_(&d, referrer, "page %llu is used twice", (unsigned long long)id);
        lose(w, &b, &d);
        return;
    }
    whole = run_trim(w->r, &page);
    run_mark(w->r, &page, whole);
    if (page.size < table_size(&page)) {
        bbolt_damage_set_(&d, referrer, "page %llu is cut", (unsigned long long)id);
        lose(w, &b, &d);
        return;
    }
    if (page.flags == BBOLT_PAGE_LEAF)
        leaf_walk(w, &page, whole, b);
    else
        branch_walk(w, &page, b, depth + 1);
}

void
bbolt_rescue_tree(struct bbolt_rescue *r, uint64_t root, struct bbolt_place referrer,
                  const struct bbolt_rescue_visitor *visitor)
{
    struct walk w = {r, visitor};

    node_walk(&w, root, referrer, (struct bounds){.to_end = true}, 0);
}

void
bbolt_rescue_bucket(struct bbolt_rescue *r, const struct bbolt_bucket *bucket,
                    const struct bbolt_rescue_visitor *visitor)
{
    struct walk w = {r, visitor};
    struct bounds all = {.to_end = true};
    struct bbolt_page page;
    struct bbolt_damage d;

    if (bucket->root != 0)
        bbolt_rescue_tree(r, bucket->root, (struct bbolt_place){bucket->page, bucket->offset},
                          visitor);
    else if (bbolt_page_load_inline(bucket, &page, &d))
        leaf_walk(&w, &page, true, all);
    else
        lose(&w, &all, &d);
}

void
bbolt_rescue_loose(struct bbolt_rescue *r, bbolt_rescue_loose_visit *visit, void *context)
{
    for (uint64_t id = 2; id < r->db.pgid; id++) {
        struct bbolt_damage ignored;
        struct bbolt_page page;
        uint64_t header_id;

        if (is_seen(r, id) || !bbolt_page_load_at(&r->db, id, &page, &header_id, &ignored) ||
            page.flags != BBOLT_PAGE_LEAF || (header_id != id && page.overflow > 0))
            continue;
        (void)run_trim(r, &page);
        if (page.size >= table_size(&page))
            visit(context, &page, header_id != id);
    }
}
