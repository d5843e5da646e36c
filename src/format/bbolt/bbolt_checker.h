/*
 * The pieces of the structure check (bbolt_check.h), which its files share: where findings go, which
 * pages were reached, and the walk down a tree. Nobody else includes this.
 *
 * A checker belongs to one thread. Several may work on different subtrees of one file: they share
 * the bits of the pages, so a page that two of them reach is found by whoever comes second.
 */
#ifndef QUORATE_FORMAT_BBOLT_CHECKER_H
#define QUORATE_FORMAT_BBOLT_CHECKER_H

#include "base/arena.h"
#include "format/bbolt/bbolt_check.h"
#include "format/bbolt/bbolt_page.h"

struct checker {
    struct arena *mem;
    const struct bbolt *db;
    size_t most_findings;
    ARRAY(struct bbolt_finding) findings;
    uint64_t *used;                      /* a bit a page: reached; shared */
    const struct bbolt_visitor *visitor; /* NULL: nobody wants the rows */
    unsigned part;                       /* which one the visitor is told */
    const atomic_bool *stop;             /* NULL: nobody stops it */
    struct bbolt_check_report report;
};

void checker_finding(struct checker *c, const struct bbolt_damage *d);

#define FINDING(c, place, ...)                                                                     \
    do {                                                                                           \
        struct bbolt_damage damage_;                                                               \
                                                                                                   \
        bbolt_damage_set_(&damage_, (place), __VA_ARGS__);                                         \
        checker_finding((c), &damage_);                                                            \
    } while (0)

bool page_bit_is_set(const uint64_t *bits, uint64_t number);
/* True when it was not set before. */
bool page_bit_set(uint64_t *bits, uint64_t number);

/* Marks a run as reached; false, with a finding, at a page that was reached before. */
bool checker_claim(struct checker *c, const struct bbolt_page *page, struct bbolt_place referrer);

/* The keys that a page may hold: from 'least' on, below 'limit'; an empty one is no bound. */
struct bounds {
    struct bytes least;
    struct bytes limit;
};

/* A tree or a part of one, by its topmost page. */
struct subtree {
    uint64_t page;
    struct bbolt_place referrer;
    struct bounds bounds;
    unsigned level; /* pages above it in its tree */
};

typedef ARRAY(struct subtree) subtree_array;

/* Judges a leaf of the root bucket's tree; NULL for trees of rows, which the visitor gets. */
typedef void leaf_check(struct checker *c, const struct bbolt_page *page, uint32_t sound);

/* Judges the elements of a page and, for rows, gives them to the visitor. Returns how many can be
 * followed. */
uint32_t elements_check(struct checker *c, const struct bbolt_page *page,
                        const struct bounds *bounds, leaf_check *check);
void subtree_check(struct checker *c, const struct subtree *tree, leaf_check *check);

/* Judges the topmost page if it is a branch, and adds what is below; false for others, which are
 * left alone. */
bool subtree_open(struct checker *c, struct arena *mem, const struct subtree *tree,
                  subtree_array *children);

/* Claims the freelist's page, if the file has one, and compares the list with the pages that were
 * reached: the former before the trees are walked, the latter behind that. */
struct freelist {
    bool listed;
    struct bbolt_page page;
    struct bytes ids;
};
void freelist_claim(struct checker *c, struct freelist *ret_list);
void freelist_check(struct checker *c, const struct freelist *list);

#endif
