/*
 * Builds a b+tree from its bottom, out of rows in ascending order: the one page builder behind the
 * writer (a whole new file) and the edit (pages behind an existing one).
 *
 * A page that is full is written and leaves its first key in the level above, so a tree of any size
 * needs about a page of memory a level.
 */
#ifndef QUORATE_FORMAT_BBOLT_TREE_H
#define QUORATE_FORMAT_BBOLT_TREE_H

#include "base/arena.h"
#include "base/buf.h"
#include "format/bbolt/bbolt_out.h"
#include "format/bbolt/bbolt_page.h"

/* An element of a page that is being filled; its bytes are in the level's data. */
struct bbolt_tree_item {
    uint64_t child;
    size_t data_offset;
    uint32_t key_size;
    uint32_t value_size;
    uint32_t flags;
};

struct bbolt_tree_level {
    ARRAY(struct bbolt_tree_item) items;
    struct buf data;
    size_t size;  /* bytes that the items from 'split' on take in a page, header included */
    size_t split; /* branches: items before it fill a page that waits until the next has two */
};

struct bbolt_tree {
    struct arena mem;
    struct bbolt_out *out;
    size_t limit; /* bytes of a page that may be filled */
    struct buf last_key;
    struct buf head;   /* header and table of the page that is being written */
    unsigned height;   /* levels in use; level 0 are the leaves */
    bool leaf_written; /* some leaf left the memory: the tree cannot be inline any more */
    struct bbolt_tree_level levels[BBOLT_DEPTH_MOST];
};

/* fill_percent: see struct bbolt_writer_options. 'out' must stay. */
void bbolt_tree_init(struct bbolt_tree *t, struct bbolt_out *out, unsigned fill_percent);
void bbolt_tree_release(struct bbolt_tree *t);

/* Whether a key could be put next, and its size be right. e: ERROR_FORMAT. */
MUST_CHECK bool bbolt_tree_check_key(const struct bbolt_tree *t, struct bytes key, struct error *e);

/* Adds a row behind all others. flags: 0 or BBOLT_ITEM_BUCKET. e: as bbolt_writer_put. */
MUST_CHECK bool bbolt_tree_put(struct bbolt_tree *t, struct bytes key, struct bytes value,
                               uint32_t flags, struct error *e);

/*
 * Takes over a subtree that exists already, all of whose keys are smaller than every row to come:
 * 'level' is that of the branch that names it (1: the child is a leaf). Higher levels come
 * first, in a level the keys ascend, and the first row comes after all of them.
 */
MUST_CHECK bool bbolt_tree_adopt(struct bbolt_tree *t, unsigned level, struct bytes first_key,
                                 uint64_t child, struct error *e);

/*
 * Ends the tree and makes ready for the next. Appends the value that stands for it in the root
 * bucket: inline when it is small enough, else after its last pages are written.
 */
MUST_CHECK bool bbolt_tree_finish_bucket(struct bbolt_tree *t, uint64_t sequence,
                                         struct buf *ret_value, struct error *e);
/* Ends the tree, never inline: the page of its root. */
MUST_CHECK bool bbolt_tree_finish(struct bbolt_tree *t, uint64_t *ret_root, struct error *e);

#endif
