#include "keys/key_sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cursor.h"
#include "base/io.h"

/* A run's records, and its rows at most; what is written at a time. */
enum {
    RUN_BYTES = 4 << 20,
    RUN_ROWS = 128 << 10,
    WRITE_BYTES = 256 << 10,
    KEY_MOST_BYTES = 1 << 30
};

#define FILE_NAME "temporary file for sorting"

struct key_sort_item {
    uint64_t head;   /* of the key behind what all keys of the run begin with */
    uint32_t offset; /* of the record: earlier rows stand before later ones */
};

/* A record: sizes of key and tag, key, tag. */
enum { SIZES_BYTES = 8 };

static struct key_sort_item *
items_of(const struct key_sort *s)
{
    return (struct key_sort_item *)(void *)s->items.data;
}

static size_t
item_count(const struct key_sort *s)
{
    return s->items.size / sizeof(struct key_sort_item);
}

void
key_sort_release(struct key_sort *s)
{
    if (s->map != NULL)
        munmap(without_const(s->map), s->file_size);
    fd_close(&s->fd);
    buf_release(&s->records);
    buf_release(&s->items);
    arena_release(&s->mem);
    *s = (struct key_sort)KEY_SORT_INIT;
}

/* The first record of 'rest', which then begins behind it; returns its size. */
static size_t
record_take(struct bytes *rest, struct bytes *ret_key, struct bytes *ret_tag)
{
    struct cursor c = cursor_of(*rest);
    uint32_t key_size;
    uint32_t tag_size;
    size_t size;
    bool ok = cursor_u32le(&c, &key_size) && cursor_u32le(&c, &tag_size) &&
              cursor_bytes(&c, key_size, ret_key) && cursor_bytes(&c, tag_size, ret_tag);

    ASSERT(ok); /* we wrote it */
    size = rest->size - cursor_left(&c);
    *rest = bytes_of(c.at, cursor_left(&c));
    return size;
}

static struct bytes
record_at(const struct key_sort *s, uint32_t offset, struct bytes *ret_key, struct bytes *ret_tag)
{
    struct bytes rest = bytes_of(s->records.data + offset, s->records.size - offset);
    size_t size = record_take(&rest, ret_key, ret_tag);

    return bytes_of(s->records.data + offset, size);
}

static size_t
common_size(struct bytes a, struct bytes b, size_t most)
{
    size_t size = 0;

    most = most < a.size ? most : a.size;
    most = most < b.size ? most : b.size;
    while (size < most && a.data[size] == b.data[size])
        size++;
    return size;
}

/* What all keys of the run begin with. */
static size_t
run_common_size(const struct key_sort *s)
{
    const struct key_sort_item *items = items_of(s);
    size_t common = SIZE_MAX;
    struct bytes first;
    struct bytes tag;

    record_at(s, items[0].offset, &first, &tag);
    for (size_t i = 1; i < item_count(s); i++) {
        struct bytes key;

        record_at(s, items[i].offset, &key, &tag);
        common = common_size(first, key, common);
    }
    return common < first.size ? common : first.size;
}

static uint64_t
key_head(struct bytes key, size_t from)
{
    uint64_t head = 0;

    for (size_t i = from; i < from + sizeof(head); i++)
        head = head << 8 | (i < key.size ? key.data[i] : 0);
    return head;
}

static int
item_compare(const void *one, const void *other, void *context)
{
    const struct key_sort_item *a = one;
    const struct key_sort_item *b = other;
    const struct key_sort *s = context;
    struct bytes key_a;
    struct bytes key_b;
    struct bytes tag;
    int order;

    if (a->head != b->head)
        return a->head < b->head ? -1 : 1;
    record_at(s, a->offset, &key_a, &tag);
    record_at(s, b->offset, &key_b, &tag);
    order = bytes_compare(key_a, key_b);
    return order != 0 ? order : a->offset < b->offset ? -1 : 1;
}

static void
run_sort(struct key_sort *s)
{
    struct key_sort_item *items = items_of(s);
    size_t common;

    if (item_count(s) == 0)
        return;
    common = run_common_size(s);
    for (size_t i = 0; i < item_count(s); i++) {
        struct bytes key;
        struct bytes tag;

        record_at(s, items[i].offset, &key, &tag);
        items[i].head = key_head(key, common);
    }
    qsort_r(items, item_count(s), sizeof(*items), item_compare, s);
}

static bool
out_write(struct key_sort *s, struct buf *out, struct error *e)
{
    if (!fd_write_all(s->fd, FILE_NAME, out->data, out->size, e))
        return error_hint(e, "set TMPDIR to a directory with more space");
    s->file_size += out->size;
    buf_clear(out);
    return true;
}

/* The run goes to the file. */
static bool
run_write(struct key_sort *s, struct error *e)
{
    const struct key_sort_item *items = items_of(s);
    struct key_sort_run *run;
    AUTO_BUF out = BUF_INIT;

    if (s->fd < 0 && !file_open_temporary(&s->fd, e))
        return false;
    run_sort(s);
    run = ARRAY_PUSH(&s->mem, &s->runs);
    run->begin = s->file_size;
    run->number = s->runs.count;
    for (size_t i = 0; i < item_count(s); i++) {
        struct bytes key;
        struct bytes tag;

        buf_append_bytes(&out, record_at(s, items[i].offset, &key, &tag));
        if (out.size >= WRITE_BYTES && !out_write(s, &out, e))
            return false;
    }
    if (!out_write(s, &out, e))
        return false;
    run->end = s->file_size;
    buf_clear(&s->records);
    buf_clear(&s->items);
    return true;
}

bool
key_sort_add(struct key_sort *s, struct bytes key, struct bytes tag, struct error *e)
{
    struct key_sort_item item = {.offset = (uint32_t)s->records.size};

    if (key.size > KEY_MOST_BYTES)
        return error_set(e, ERROR_LIMIT, "a key of %zu bytes, more than a GiB", key.size);
    buf_append(&s->items, &item, sizeof(item));
    buf_append_u32le(&s->records, (uint32_t)key.size);
    buf_append_u32le(&s->records, (uint32_t)tag.size);
    buf_append_bytes(&s->records, key);
    buf_append_bytes(&s->records, tag);
    return (s->records.size < RUN_BYTES && item_count(s) < RUN_ROWS) || run_write(s, e);
}

static bool
run_is_before(const struct key_sort_run *a, const struct key_sort_run *b)
{
    int order = bytes_compare(a->key, b->key);

    return order != 0 ? order < 0 : a->number < b->number;
}

static void
runs_swap(struct key_sort *s, size_t a, size_t b)
{
    struct key_sort_run kept = s->runs.items[a];

    s->runs.items[a] = s->runs.items[b];
    s->runs.items[b] = kept;
}

/* Lets the run at 'i' sink to where it belongs. */
static void
run_sink(struct key_sort *s, size_t i)
{
    const struct key_sort_run *runs = s->runs.items;

    for (;;) {
        size_t least = i;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < s->runs.count; child++)
            if (run_is_before(&runs[child], &runs[least]))
                least = child;
        if (least == i)
            return;
        runs_swap(s, i, least);
        i = least;
    }
}

static bool
runs_open(struct key_sort *s, struct error *e)
{
    void *map = mmap(NULL, s->file_size, PROT_READ, MAP_SHARED, s->fd, 0);

    if (map == MAP_FAILED)
        return error_set_errno(e, errno, FILE_NAME ": map");
    s->map = map;
    for (size_t i = 0; i < s->runs.count; i++) {
        struct key_sort_run *run = &s->runs.items[i];

        run->rest = bytes_of(s->map + run->begin, run->end - run->begin);
        record_take(&run->rest, &run->key, &run->tag);
    }
    for (size_t i = s->runs.count / 2; i > 0; i--)
        run_sink(s, i - 1);
    return true;
}

bool
key_sort_finish(struct key_sort *s, struct error *e)
{
    if (s->fd < 0) {
        run_sort(s);
        return true;
    }
    if (item_count(s) > 0 && !run_write(s, e))
        return false;
    buf_release(&s->records);
    buf_release(&s->items);
    return runs_open(s, e);
}

static bool
next_in_memory(struct key_sort *s, struct bytes *ret_key, struct bytes *ret_tag)
{
    if (s->told == item_count(s))
        return false;
    record_at(s, items_of(s)[s->told++].offset, ret_key, ret_tag);
    return true;
}

bool
key_sort_next(struct key_sort *s, struct bytes *ret_key, struct bytes *ret_tag)
{
    struct key_sort_run *first = s->runs.items;

    if (s->fd < 0)
        return next_in_memory(s, ret_key, ret_tag);
    if (s->runs.count == 0)
        return false;
    *ret_key = first->key;
    *ret_tag = first->tag;
    if (first->rest.size > 0)
        record_take(&first->rest, &first->key, &first->tag);
    else
        *first = s->runs.items[--s->runs.count];
    run_sink(s, 0);
    return true;
}
