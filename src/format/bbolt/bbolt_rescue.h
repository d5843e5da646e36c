/*
 * Reads a bbolt file that bbolt refuses: as far as its trees can be walked, around what is damaged,
 * and page by page where no tree leads any more.
 *
 * A walk goes on behind damage. Of each piece that it could not read it tells the range of keys that
 * may have stood there; rows outside of these ranges are known to be complete. Pages to which no
 * tree leads are either the lost ones or what earlier transactions left behind: bbolt writes no page
 * in place, and a page that was given back keeps its old content until somebody needs it.
 *
 * Nothing here knows what etcd keeps in its buckets: format/backend/backend_rescue.h does.
 */
#ifndef QUORATE_FORMAT_BBOLT_RESCUE_H
#define QUORATE_FORMAT_BBOLT_RESCUE_H

#include "base/arena.h"
#include "format/bbolt/bbolt.h"
#include "format/bbolt/bbolt_page.h"

/* Where a row was found: the smaller, the more it is to be relied on. */
enum rescue_origin {
    RESCUE_TREE,        /* a sound page that the tree leads to */
    RESCUE_BROKEN_PAGE, /* a page of the tree that has something wrong with it */
    RESCUE_LOOSE_PAGE,  /* a page to which nothing leads */
};

/* A range of keys that could not be read, both ends included. */
struct bbolt_loss {
    struct bytes low;  /* empty: from the first key on */
    struct bytes high; /* not looked at with to_end */
    bool to_end;       /* up to the last key, and beyond */
};

/* What a walk tells. Each may be NULL. */
struct bbolt_rescue_visitor {
    void *context;
    /* Whether a row is one that its bucket may have. A row that is not makes its page a broken one. */
    bool (*judge)(void *context, const struct bbolt_item *item);
    void (*take)(void *context, const struct bbolt_item *item, enum rescue_origin origin);
    void (*lose)(void *context, const struct bbolt_loss *loss, const struct bbolt_damage *damage);
    bool of_buckets; /* the rows are buckets: the root's tree */
};

struct bbolt_rescue {
    struct bbolt db;          /* name, file, page_size, pgid: the pages that the file has; the other
                               * fields only when has_meta */
    bool has_meta;            /* a meta page is good */
    uint64_t missing_pages;   /* that a good meta page promises and the file does not have */
    uint64_t roots[2];        /* of the good meta pages, the newer first; 0: none */
    struct bbolt_damage meta; /* what is wrong with a meta page */
    bool meta_bad[2];
    uint8_t *seen; /* a bit a page: in a tree that was walked */
};

/*
 * Makes ready to read whatever is in a file. Only a file in which nothing looks like a page at all
 * is refused.
 *
 * file  the whole file; name: for damage, not copied.
 * e     ERROR_FORMAT: too short, or no page of any size in it.
 */
MUST_CHECK bool bbolt_rescue_open(struct arena *mem, struct bytes file, const char *name,
                                  struct bbolt_rescue *ret_rescue, struct error *e);

/* Forgets which pages were seen: before another tree is tried. */
void bbolt_rescue_forget(struct bbolt_rescue *r);

/* Walks the tree below a page, in key order as far as its branches are in order. */
void bbolt_rescue_tree(struct bbolt_rescue *r, uint64_t root, struct bbolt_place referrer,
                       const struct bbolt_rescue_visitor *visitor);
/* The same of a bucket's tree or inline page. */
void bbolt_rescue_bucket(struct bbolt_rescue *r, const struct bbolt_bucket *bucket,
                         const struct bbolt_rescue_visitor *visitor);

/*
 * Visits each readable leaf page that no walk has seen.
 *
 * misplaced  the page's header says another number: it was written to the wrong place, or the number
 *            is damaged. Such a page has no overflow pages.
 */
typedef void bbolt_rescue_loose_visit(void *context, const struct bbolt_page *page, bool misplaced);
void bbolt_rescue_loose(struct bbolt_rescue *r, bbolt_rescue_loose_visit *visit, void *context);

#endif
