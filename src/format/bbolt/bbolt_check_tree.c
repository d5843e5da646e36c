/*
 * The walk down a tree: each page is judged once, when the first reference to it is followed; a bit a
 * page remembers that. So a loop, a second parent and an overlapping run are all the same finding,
 * and no input can make the walk longer than the file.
 */
#include <inttypes.h>

#include "format/bbolt/bbolt_checker.h"

/* A branch page whose children are being walked. */
struct step {
    struct bbolt_page page;
    uint32_t index;
    uint32_t sound; /* elements that are good enough to follow */
    struct bounds bounds;
};

/* Loads a page of a tree and claims its run; false after a finding that leaves nothing to follow. */
static bool
node_enter(struct checker *c, uint64_t id, struct bbolt_place referrer, struct bbolt_page *ret_page)
{
    struct bbolt_damage damage;

    if (bbolt_page_load_node(c->db, id, referrer, ret_page, &damage))
        return checker_claim(c, ret_page, referrer);
    checker_finding(c, &damage);
    /* The page itself is bad: it is in use all the same. */
    if (id >= 2 && id < c->db->pgid)
        (void)page_bit_set(c->used, id);
    return false;
}

/* Source: bbolt 1.3.6 and earlier (etcd 3.4.23) do not look at the order when they open a file, later ones
 * stop at it (tx_check.go, recursivelyCheckPages). */
static void
order_check(struct checker *c, const struct bbolt_page *page, uint32_t index, struct bytes key,
            struct bytes before, struct bytes least)
{
    char text[BBOLT_KEY_TEXT_SIZE];
    char other[BBOLT_KEY_TEXT_SIZE];

    if (before.size > 0 && bytes_compare(before, key) >= 0)
        FINDING(c, bbolt_page_place(page, index), "key %s is not greater than %s before it",
                bbolt_key_text(key, text), bbolt_key_text(before, other));
    else if (before.size == 0 && least.size > 0 && bytes_compare(key, least) < 0)
        FINDING(c, bbolt_page_place(page, index), "key %s is less than %s in the branch above",
                bbolt_key_text(key, text), bbolt_key_text(least, other));
    else
        return;
    c->report.out_of_order++;
}

/* The next child's key bounds all keys; the first that reaches it stands for those behind it. */
static bool
limit_check(struct checker *c, const struct bbolt_page *page, uint32_t index, struct bytes key,
            struct bytes limit)
{
    char text[BBOLT_KEY_TEXT_SIZE];
    char other[BBOLT_KEY_TEXT_SIZE];

    if (limit.size == 0 || bytes_compare(key, limit) < 0)
        return true;
    FINDING(c, bbolt_page_place(page, index),
            "key %s is not less than %s, the next in the branch above", bbolt_key_text(key, text),
            bbolt_key_text(limit, other));
    c->report.out_of_order++;
    return false;
}

/* A row, or what stands in its place; the visitor gets the former. */
static void
row_check(struct checker *c, const struct bbolt_page *page, uint32_t index,
          const struct bbolt_item *item)
{
    char text[BBOLT_KEY_TEXT_SIZE];

    if (item->flags != 0)
        FINDING(c, bbolt_page_place(page, index),
                "bucket %s stands inside a bucket, which etcd never does",
                bbolt_key_text(item->key, text));
    else if (c->visitor != NULL)
        c->visitor->row(c->visitor->context, c->part, &(struct bbolt_row){item->key, item->value});
}

/*
 * Data that lie over each other end the page, because looking at the same bytes for each of 65,534
 * elements has no bound.
 */
uint32_t
elements_check(struct checker *c, const struct bbolt_page *page, const struct bounds *bounds,
               leaf_check *check)
{
    const uint8_t *free = page->data;
    struct bytes before = BYTES_NONE;
    bool below_limit = true;
    struct bbolt_damage damage;
    struct bbolt_item item;

    for (uint32_t i = 0; i < BBOLT_PREFETCH_AHEAD; i++)
        bbolt_page_prefetch(c->db, page, i);
    for (uint32_t i = 0; i < page->count; i++) {
        if (page->flags == BBOLT_PAGE_LEAF)
            bbolt_page_prefetch(c->db, page, i + BBOLT_PREFETCH_AHEAD);
        if (!bbolt_page_item(page, i, &item, &damage)) {
            checker_finding(c, &damage);
            continue;
        }
        if (item.key.data < free) {
            FINDING(c, bbolt_page_place(page, i), "element %u lies over the one before it", i);
            return i;
        }
        free = item.value.data + item.value.size;
        order_check(c, page, i, item.key, before, bounds->least);
        below_limit = below_limit && limit_check(c, page, i, item.key, bounds->limit);
        before = item.key;
        if (check == NULL && page->flags == BBOLT_PAGE_LEAF)
            row_check(c, page, i, &item);
    }
    return page->count;
}

/* The bounds of child 'index': from its own key to the next one's. */
static struct bounds
child_bounds(const struct step *step, const struct bbolt_item *item)
{
    struct bounds bounds = {item->key, step->bounds.limit};
    struct bbolt_damage ignored;
    struct bbolt_item next;

    if (step->index + 1 < step->sound &&
        bbolt_page_item(&step->page, step->index + 1, &next, &ignored))
        bounds.limit = next.key;
    return bounds;
}

static struct subtree
child_of(const struct step *step, const struct bbolt_item *item, unsigned level)
{
    return (struct subtree){item->child, bbolt_page_place(&step->page, step->index),
                            child_bounds(step, item), level};
}

/* Judges a page; a branch goes on the path, for its children to be walked. */
static unsigned
node_check(struct checker *c, const struct bbolt_page *page, const struct subtree *tree,
           struct step *path, unsigned depth, leaf_check *check)
{
    uint32_t sound = elements_check(c, page, &tree->bounds, check);

    if (page->flags == BBOLT_PAGE_LEAF) {
        if (check != NULL)
            check(c, page, sound);
        else
            c->report.row_count += sound;
        return depth;
    }
    if (tree->level == BBOLT_DEPTH_MOST) {
        FINDING(c, ((struct bbolt_place){page->id, page->offset}),
                "the tree has more than %d levels", BBOLT_DEPTH_MOST);
        return depth;
    }
    path[depth] = (struct step){*page, 0, sound, tree->bounds};
    return depth + 1;
}

static unsigned
node_enter_and_check(struct checker *c, const struct subtree *tree, struct step *path,
                     unsigned depth, leaf_check *check)
{
    struct bbolt_page page;

    if (!node_enter(c, tree->page, tree->referrer, &page))
        return depth;
    return node_check(c, &page, tree, path, depth, check);
}

static bool
is_stopped(const struct checker *c)
{
    return c->stop != NULL && atomic_load_explicit(c->stop, memory_order_relaxed);
}

void
subtree_check(struct checker *c, const struct subtree *tree, leaf_check *check)
{
    struct step path[BBOLT_DEPTH_MOST];
    unsigned depth = node_enter_and_check(c, tree, path, 0, check);

    while (depth > 0 && !is_stopped(c)) {
        struct step *step = &path[depth - 1];
        struct bbolt_damage ignored;
        struct bbolt_item item;
        struct subtree child;

        if (step->index == step->sound) {
            depth--;
            continue;
        }
        bbolt_page_prefetch(c->db, &step->page, step->index + BBOLT_PREFETCH_AHEAD);
        if (!bbolt_page_item(&step->page, step->index, &item, &ignored)) {
            step->index++; /* told already */
            continue;
        }
        child = child_of(step, &item, tree->level + depth);
        step->index++;
        depth = node_enter_and_check(c, &child, path, depth, check);
    }
}

bool
subtree_open(struct checker *c, struct arena *mem, const struct subtree *tree,
             subtree_array *children)
{
    struct step step = {.bounds = tree->bounds};
    struct bbolt_damage ignored;
    struct bbolt_item item;

    if (tree->level == BBOLT_DEPTH_MOST ||
        !bbolt_page_load_node(c->db, tree->page, tree->referrer, &step.page, &ignored) ||
        step.page.flags != BBOLT_PAGE_BRANCH || !checker_claim(c, &step.page, tree->referrer))
        return false;
    step.sound = elements_check(c, &step.page, &tree->bounds, NULL);
    for (; step.index < step.sound; step.index++) {
        if (bbolt_page_item(&step.page, step.index, &item, &ignored))
            *ARRAY_PUSH(mem, children) = child_of(&step, &item, tree->level + 1);
    }
    return true;
}
