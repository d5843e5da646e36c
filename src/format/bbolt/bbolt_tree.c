/*
 * A level is the page that is being filled. When the next item does not fit, the page goes out and
 * its first key becomes an item of the level above. A branch with a single child is legal but
 * useless, so a full branch waits ('split') until the page behind it has two children; at the end
 * it can still give it one.
 */
#include "format/bbolt/bbolt_tree.h"

#include <string.h>

/* Large leaves are read and written as a whole, so few rows may make one. */
enum { JOINED_PAGES_MOST = 4, OWN_RUN_LEAST_BYTES = 1 << 20 };

void
bbolt_tree_init(struct bbolt_tree *t, struct bbolt_out *out, unsigned fill_percent)
{
    ASSERT(fill_percent >= 10 && fill_percent <= 100);
    memset(t, 0, sizeof(*t));
    t->out = out;
    t->limit = (size_t)out->page_size * fill_percent / 100;
}

void
bbolt_tree_release(struct bbolt_tree *t)
{
    for (unsigned i = 0; i < BBOLT_DEPTH_MOST; i++)
        buf_release(&t->levels[i].data);
    buf_release(&t->last_key);
    buf_release(&t->head);
    arena_release(&t->mem);
}

/* Empty again, the memory kept. */
static void
tree_reset(struct bbolt_tree *t)
{
    for (unsigned i = 0; i < t->height; i++) {
        t->levels[i].items.count = 0;
        t->levels[i].split = 0;
        buf_clear(&t->levels[i].data);
    }
    buf_clear(&t->last_key);
    t->height = 0;
    t->leaf_written = false;
}

static void
page_header_append(struct buf *b, uint64_t id, uint16_t flags, size_t count, uint64_t overflow)
{
    buf_append_u64le(b, id);
    buf_append_u16le(b, flags);
    buf_append_u16le(b, (uint16_t)count);
    buf_append_u32le(b, (uint32_t)overflow);
}

/* The element table: each element says how far behind itself its key is. */
static void
elements_append(struct buf *b, const struct bbolt_tree_item *items, size_t count, uint16_t flags)
{
    for (size_t i = 0; i < count; i++) {
        size_t distance =
            (count - i) * BBOLT_ELEMENT_SIZE + items[i].data_offset - items[0].data_offset;

        if (flags == BBOLT_PAGE_LEAF)
            buf_append_u32le(b, items[i].flags);
        buf_append_u32le(b, (uint32_t)distance);
        buf_append_u32le(b, items[i].key_size);
        if (flags == BBOLT_PAGE_LEAF)
            buf_append_u32le(b, items[i].value_size);
        else
            buf_append_u64le(b, items[i].child);
    }
}

/* Writes one page run: head and table, then the data in two pieces, then zeros to the page's end. */
static bool
run_write(struct bbolt_tree *t, const struct bbolt_tree_item *items, size_t count, uint16_t flags,
          struct bytes data, struct bytes more_data, uint64_t *ret_id, struct error *e)
{
    static const uint8_t zeros[BBOLT_PAGE_SIZE_MOST];
    struct bbolt_out *out = t->out;
    uint64_t size =
        BBOLT_PAGE_HEADER_SIZE + (uint64_t)count * BBOLT_ELEMENT_SIZE + data.size + more_data.size;
    uint64_t pages = (size + out->page_size - 1) / out->page_size;

    ASSERT(count <= BBOLT_COUNT_MOST && pages - 1 <= UINT32_MAX);
    buf_clear(&t->head);
    page_header_append(&t->head, out->next, flags, count, pages - 1);
    elements_append(&t->head, items, count, flags);
    if (!bbolt_out_append(out, t->head.data, t->head.size, e) ||
        !bbolt_out_append(out, data.data, data.size, e) ||
        !bbolt_out_append(out, more_data.data, more_data.size, e) ||
        !bbolt_out_append(out, zeros, (size_t)(pages * out->page_size - size), e))
        return false;
    *ret_id = out->next;
    out->next += pages;
    return true;
}

static struct bytes
item_key(const struct bbolt_tree_level *level, size_t index)
{
    const struct bbolt_tree_item *item = &level->items.items[index];

    return bytes_of(level->data.data + item->data_offset, item->key_size);
}

/* The data of the items from 'from' to before 'to', which lie one behind the other. */
static struct bytes
items_data(const struct bbolt_tree_level *level, size_t from, size_t to)
{
    size_t start;
    size_t end;

    if (from == to)
        return BYTES_NONE;
    start = level->items.items[from].data_offset;
    end = to < level->items.count ? level->items.items[to].data_offset : level->data.size;
    return bytes_of(level->data.data + start, end - start);
}

/* Writes the items before 'count' as one page, without taking them off the level. */
static bool
page_write(struct bbolt_tree *t, unsigned number, size_t count, uint64_t *ret_id, struct error *e)
{
    const struct bbolt_tree_level *level = &t->levels[number];

    if (number == 0)
        t->leaf_written = true;
    return run_write(t, level->items.items, count,
                     number == 0 ? BBOLT_PAGE_LEAF : BBOLT_PAGE_BRANCH, items_data(level, 0, count),
                     BYTES_NONE, ret_id, e);
}

static size_t
item_size(const struct bbolt_tree_item *item)
{
    return BBOLT_ELEMENT_SIZE + (size_t)item->key_size + item->value_size;
}

/* Takes the first 'count' items off a level. */
static void
level_drop(struct bbolt_tree_level *level, size_t count)
{
    size_t bytes = items_data(level, 0, count).size;

    buf_consume(&level->data, bytes);
    level->items.count -= count;
    level->size = BBOLT_PAGE_HEADER_SIZE;
    for (size_t i = 0; i < level->items.count; i++) {
        level->items.items[i] = level->items.items[i + count];
        level->items.items[i].data_offset -= bytes;
        level->size += item_size(&level->items.items[i]);
    }
    level->split = 0;
}

static bool branch_add(struct bbolt_tree *t, unsigned number, struct bytes key, uint64_t child,
                       struct error *e);

/* Writes the first 'count' items of a level as a page and names it in the level above. */
static bool
page_finish(struct bbolt_tree *t, unsigned number, size_t count, struct error *e)
{
    struct bbolt_tree_level *level = &t->levels[number];
    uint64_t id;

    if (!page_write(t, number, count, &id, e) ||
        !branch_add(t, number + 1, item_key(level, 0), id, e))
        return false;
    level_drop(level, count);
    return true;
}

static void
item_append(struct bbolt_tree *t, unsigned number, struct bytes key, struct bytes value,
            uint64_t child, uint32_t flags)
{
    struct bbolt_tree_level *level = &t->levels[number];
    struct bbolt_tree_item *item = ARRAY_PUSH(&t->mem, &level->items);

    *item = (struct bbolt_tree_item){.child = child,
                                     .data_offset = level->data.size,
                                     .key_size = (uint32_t)key.size,
                                     .value_size = (uint32_t)value.size,
                                     .flags = flags};
    buf_append_bytes(&level->data, key);
    buf_append_bytes(&level->data, value);
    if (level->items.count - level->split == 1)
        level->size = BBOLT_PAGE_HEADER_SIZE;
    level->size += item_size(item);
    if (t->height <= number)
        t->height = number + 1;
}

/* Levels call each other upwards: as deep as the tree is high, BBOLT_DEPTH_MOST at most. */
static bool
branch_add(struct bbolt_tree *t, unsigned number, struct bytes key, uint64_t child, struct error *e)
{
    struct bbolt_tree_level *level = &t->levels[number];

    if (number == BBOLT_DEPTH_MOST)
        return error_set(e, ERROR_LIMIT, "'%s': a tree of more than %d levels", t->out->path,
                         BBOLT_DEPTH_MOST);
    if (level->items.count - level->split >= 2 &&
        level->size + BBOLT_ELEMENT_SIZE + key.size > t->limit) {
        ASSERT(level->split == 0);
        level->split = level->items.count;
    }
    item_append(t, number, key, BYTES_NONE, child, 0);
    if (level->split > 0 && level->items.count - level->split == 2)
        return page_finish(t, number, level->split, e);
    return true;
}

bool
bbolt_tree_check_key(const struct bbolt_tree *t, struct bytes key, struct error *e)
{
    char text[BBOLT_KEY_TEXT_SIZE];
    char other[BBOLT_KEY_TEXT_SIZE];

    if (key.size == 0)
        return error_set(e, ERROR_FORMAT, "'%s': bbolt has no empty keys", t->out->path);
    if (key.size > BBOLT_KEY_SIZE_MOST)
        return error_set(e, ERROR_FORMAT, "'%s': a key of %zu bytes, bbolt's limit is %d",
                         t->out->path, key.size, BBOLT_KEY_SIZE_MOST);
    if (t->last_key.size > 0 && bytes_compare(buf_bytes(&t->last_key), key) >= 0)
        return error_set(e, ERROR_FORMAT, "'%s': key %s does not come after %s", t->out->path,
                         bbolt_key_text(key, text), bbolt_key_text(buf_bytes(&t->last_key), other));
    return true;
}

static bool
value_check(const struct bbolt_tree *t, struct bytes key, struct bytes value, struct error *e)
{
    char text[BBOLT_KEY_TEXT_SIZE];

    if (value.size > BBOLT_VALUE_SIZE_MOST)
        return error_set(e, ERROR_FORMAT, "'%s': key %s: a value of %zu bytes, bbolt's limit is %d",
                         t->out->path, bbolt_key_text(key, text), value.size,
                         BBOLT_VALUE_SIZE_MOST);
    return true;
}

/* A row that is too large to be kept: a leaf of its own, its value never copied. */
static bool
large_row_write(struct bbolt_tree *t, struct bytes key, struct bytes value, uint32_t flags,
                struct error *e)
{
    struct bbolt_tree_item item = {
        .key_size = (uint32_t)key.size, .value_size = (uint32_t)value.size, .flags = flags};
    uint64_t id;

    t->leaf_written = true;
    return run_write(t, &item, 1, BBOLT_PAGE_LEAF, key, value, &id, e) &&
           branch_add(t, 1, key, id, e);
}

static uint64_t
pages_of(const struct bbolt_tree *t, size_t size)
{
    return (size + t->out->page_size - 1) / t->out->page_size;
}

/*
 * A leaf's second row may go beyond the limit, as with bbolt's minKeysPerPage: rows of nearly half a
 * page, which Kubernetes has many of, would else have a page each. A row that is larger than a page
 * leaves half of its last one on average: rows behind it fill that, and it joins those before it when
 * this saves a page. bbolt joins any two rows, so less than that would be larger than its files.
 */
static bool
leaf_has_room(const struct bbolt_tree *t, size_t row_size)
{
    const struct bbolt_tree_level *leaf = &t->levels[0];
    uint64_t pages = pages_of(t, leaf->size);
    uint64_t together = pages_of(t, leaf->size + row_size);

    if (together == 1)
        return leaf->items.count == 1 || leaf->size + row_size <= t->limit;
    if (together == pages)
        return true;
    return (leaf->items.count == 1 || together <= JOINED_PAGES_MOST) &&
           together < pages + pages_of(t, BBOLT_PAGE_HEADER_SIZE + row_size);
}

bool
bbolt_tree_put(struct bbolt_tree *t, struct bytes key, struct bytes value, uint32_t flags,
               struct error *e)
{
    struct bbolt_tree_level *leaf = &t->levels[0];
    size_t size = BBOLT_ELEMENT_SIZE + key.size + value.size;
    bool large = size > OWN_RUN_LEAST_BYTES;

    if (!bbolt_tree_check_key(t, key, e) || !value_check(t, key, value, e))
        return false;
    if (leaf->items.count > 0 && (large || !leaf_has_room(t, size)) &&
        !page_finish(t, 0, leaf->items.count, e))
        return false;
    buf_clear(&t->last_key);
    buf_append_bytes(&t->last_key, key);
    if (large)
        return large_row_write(t, key, value, flags, e);
    item_append(t, 0, key, value, 0, flags);
    return true;
}

bool
bbolt_tree_adopt(struct bbolt_tree *t, unsigned level, struct bytes first_key, uint64_t child,
                 struct error *e)
{
    ASSERT(level >= 1 && t->levels[0].items.count == 0);
    return branch_add(t, level, first_key, child, e);
}

static bool
has_items_above(const struct bbolt_tree *t, unsigned number)
{
    for (unsigned i = number + 1; i < t->height; i++) {
        if (t->levels[i].items.count > 0)
            return true;
    }
    return false;
}

/* Ends a level: ret_done when its last page is the root, else the level above has what is left. */
static bool
level_finish(struct bbolt_tree *t, unsigned number, uint64_t *ret_root, bool *ret_done,
             struct error *e)
{
    struct bbolt_tree_level *level = &t->levels[number];

    *ret_done = false;
    /* The page behind a full one has a single child: it gets another, or they become one page. */
    if (level->split >= 3 && !page_finish(t, number, level->split - 1, e))
        return false;
    if (has_items_above(t, number))
        return level->items.count == 0 || page_finish(t, number, level->items.count, e);
    *ret_done = true;
    if (number > 0 && level->items.count == 1) {
        *ret_root = level->items.items[0].child;
        return true;
    }
    return page_write(t, number, level->items.count, ret_root, e);
}

bool
bbolt_tree_finish(struct bbolt_tree *t, uint64_t *ret_root, struct error *e)
{
    bool done = false;

    for (unsigned number = 0; !done; number++) {
        ASSERT(number < BBOLT_DEPTH_MOST);
        if (!level_finish(t, number, ret_root, &done, e))
            return false;
    }
    tree_reset(t);
    return true;
}

/* bbolt's rule (bucket.go, inlineable): one leaf, at most a quarter of a page. */
static bool
is_inline(const struct bbolt_tree *t)
{
    return !t->leaf_written && t->height <= 1 &&
           (t->levels[0].items.count == 0 || t->levels[0].size <= t->out->page_size / 4);
}

bool
bbolt_tree_finish_bucket(struct bbolt_tree *t, uint64_t sequence, struct buf *ret_value,
                         struct error *e)
{
    const struct bbolt_tree_level *leaf = &t->levels[0];
    uint64_t root;

    if (!is_inline(t)) {
        if (!bbolt_tree_finish(t, &root, e))
            return false;
        buf_append_u64le(ret_value, root);
        buf_append_u64le(ret_value, sequence);
        return true;
    }
    buf_append_u64le(ret_value, 0);
    buf_append_u64le(ret_value, sequence);
    page_header_append(ret_value, 0, BBOLT_PAGE_LEAF, leaf->items.count, 0);
    elements_append(ret_value, leaf->items.items, leaf->items.count, BBOLT_PAGE_LEAF);
    buf_append_bytes(ret_value, items_data(leaf, 0, leaf->items.count));
    tree_reset(t);
    return true;
}
