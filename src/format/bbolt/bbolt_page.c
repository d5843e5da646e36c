/*
 * The one place that computes addresses inside pages. Everything is added up in 64 bits from 16 and
 * 32-bit fields, so no sum can wrap, and compared with the run's size before it becomes a pointer.
 * Numbers are copied out: an inline bucket stands at any address.
 */
#include "format/bbolt/bbolt_page.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static uint16_t
load_u16(const uint8_t *at)
{
    uint16_t value;

    memcpy(&value, at, sizeof(value));
    return le16toh(value);
}

static uint32_t
load_u32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return le32toh(value);
}

static uint64_t
load_u64(const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return le64toh(value);
}

/* Header and table of a run that has at least BBOLT_PAGE_HEADER_SIZE bytes. */
static bool
header_read(struct bbolt_page *page, uint64_t *ret_id, struct bbolt_damage *d)
{
    struct bbolt_place place = {page->id, page->offset};

    *ret_id = load_u64(page->data);
    page->flags = load_u16(page->data + 8);
    page->count = load_u16(page->data + 10);
    page->overflow = load_u32(page->data + 12);
    if (page->flags != BBOLT_PAGE_BRANCH && page->flags != BBOLT_PAGE_LEAF &&
        page->flags != BBOLT_PAGE_META && page->flags != BBOLT_PAGE_FREELIST)
        return bbolt_damage_set(d, place, "page type 0x%04x is not one of branch, leaf, freelist",
                                page->flags);
    return true;
}

static bool
table_check(const struct bbolt_page *page, struct bbolt_damage *d)
{
    struct bbolt_place place = {page->id, page->offset};
    uint64_t table = BBOLT_PAGE_HEADER_SIZE + (uint64_t)page->count * BBOLT_ELEMENT_SIZE;

    if (page->flags != BBOLT_PAGE_BRANCH && page->flags != BBOLT_PAGE_LEAF)
        return true;
    if (page->count > BBOLT_COUNT_MOST || table > page->size)
        return bbolt_damage_set(d, place, "%u elements do not fit into %zu bytes", page->count,
                                page->size);
    if (page->flags == BBOLT_PAGE_BRANCH && page->count == 0)
        return bbolt_damage_set(d, place, "a branch page without elements");
    return true;
}

static void
bytes_await(const struct bbolt *db, uint64_t end)
{
    if (db->ahead != NULL)
        read_ahead_await(db->ahead, end);
}

/* The header of what stands in place 'id', below pgid. */
static bool
page_open(const struct bbolt *db, uint64_t id, struct bbolt_page *ret_page, uint64_t *ret_header_id,
          struct bbolt_damage *d)
{
    /* bbolt_open made sure that all pages below pgid are in the file. */
    uint64_t offset = id * db->page_size;

    *ret_page = (struct bbolt_page){
        .id = id, .offset = offset, .data = db->file.data + offset, .size = db->page_size};
    bytes_await(db, offset + db->page_size);
    return header_read(ret_page, ret_header_id, d);
}

/* The whole run, once its header is believed. */
static bool
page_extend(const struct bbolt *db, struct bbolt_page *page, struct bbolt_damage *d)
{
    struct bbolt_place place = {page->id, page->offset};

    if (page->overflow >= db->pgid - page->id)
        return bbolt_damage_set(d, place, "%u overflow pages reach behind the last page, %llu",
                                page->overflow, (unsigned long long)db->pgid - 1);
    page->size = ((size_t)page->overflow + 1) * db->page_size;
    bytes_await(db, page->offset + page->size);
    return table_check(page, d);
}

bool
bbolt_page_load_at(const struct bbolt *db, uint64_t id, struct bbolt_page *ret_page,
                   uint64_t *ret_header_id, struct bbolt_damage *ret_damage)
{
    struct bbolt_page page;

    ASSERT(id < db->pgid);
    if (!page_open(db, id, &page, ret_header_id, ret_damage))
        return false;
    page.size = page.overflow < db->pgid - id ? ((size_t)page.overflow + 1) * db->page_size
                                              : (size_t)(db->pgid - id) * db->page_size;
    if (!table_check(&page, ret_damage))
        return false;
    *ret_page = page;
    return true;
}

bool
bbolt_page_load(const struct bbolt *db, uint64_t id, struct bbolt_place referrer,
                struct bbolt_page *ret_page, struct bbolt_damage *ret_damage)
{
    struct bbolt_page page;
    uint64_t header_id;

    if (id < 2 || id >= db->pgid)
        return bbolt_damage_set(ret_damage, referrer,
                                "refers to page %llu, but pages 2 to %llu are possible",
                                (unsigned long long)id, (unsigned long long)db->pgid - 1);
    if (!page_open(db, id, &page, &header_id, ret_damage))
        return false;
    if (header_id != id)
        return bbolt_damage_set(ret_damage, ((struct bbolt_place){id, page.offset}),
                                "the page says that it is page %llu",
                                (unsigned long long)header_id);
    if (!page_extend(db, &page, ret_damage))
        return false;
    *ret_page = page;
    return true;
}

bool
bbolt_page_load_node(const struct bbolt *db, uint64_t id, struct bbolt_place referrer,
                     struct bbolt_page *ret_page, struct bbolt_damage *ret_damage)
{
    struct bbolt_page page;

    if (!bbolt_page_load(db, id, referrer, &page, ret_damage))
        return false;
    if (page.flags != BBOLT_PAGE_BRANCH && page.flags != BBOLT_PAGE_LEAF)
        return bbolt_damage_set(ret_damage, ((struct bbolt_place){id, page.offset}),
                                "a %s page in a tree",
                                page.flags == BBOLT_PAGE_META ? "meta" : "freelist");
    *ret_page = page;
    return true;
}

bool
bbolt_page_check_meta(const struct bbolt *db, unsigned id, struct bbolt_damage *ret_damage)
{
    struct bbolt_place place = {id, (uint64_t)id * db->page_size};
    const uint8_t *data = db->file.data + place.offset;

    if (load_u64(data) != id || load_u16(data + 8) != BBOLT_PAGE_META)
        return bbolt_damage_set(ret_damage, place,
                                "the header of a meta page says page %llu, type 0x%04x",
                                (unsigned long long)load_u64(data), load_u16(data + 8));
    return true;
}

bool
bbolt_page_load_inline(const struct bbolt_bucket *bucket, struct bbolt_page *ret_page,
                       struct bbolt_damage *ret_damage)
{
    struct bbolt_page page = {.id = bucket->page,
                              .offset = bucket->offset + BBOLT_BUCKET_HEADER_SIZE};
    struct bbolt_place place = {page.id, page.offset};
    uint64_t header_id;

    ASSERT(bucket->root == 0 &&
           bucket->value.size >= BBOLT_BUCKET_HEADER_SIZE + BBOLT_PAGE_HEADER_SIZE);
    page.data = bucket->value.data + BBOLT_BUCKET_HEADER_SIZE;
    page.size = bucket->value.size - BBOLT_BUCKET_HEADER_SIZE;
    if (!header_read(&page, &header_id, ret_damage))
        return false;
    if (header_id != 0 || page.flags != BBOLT_PAGE_LEAF || page.overflow != 0)
        return bbolt_damage_set(ret_damage, place,
                                "an inline bucket with page %llu, type 0x%04x, %u overflow pages, "
                                "not 0, 0x0002, 0",
                                (unsigned long long)header_id, page.flags, page.overflow);
    if (!table_check(&page, ret_damage))
        return false;
    *ret_page = page;
    return true;
}

struct bbolt_place
bbolt_page_place(const struct bbolt_page *page, uint32_t index)
{
    return (struct bbolt_place){page->id, page->offset + BBOLT_PAGE_HEADER_SIZE +
                                              (uint64_t)index * BBOLT_ELEMENT_SIZE};
}

/* Meta page: the root's page number at byte 32, the freelist's at 48. */
struct bbolt_place
bbolt_root_place(const struct bbolt *db)
{
    return (struct bbolt_place){db->meta, (uint64_t)db->meta * db->page_size + 32};
}

struct bbolt_place
bbolt_freelist_place(const struct bbolt *db)
{
    return (struct bbolt_place){db->meta, (uint64_t)db->meta * db->page_size + 48};
}

static bool
item_damage(const struct bbolt_page *page, uint32_t index, uint32_t pos, uint32_t key_size,
            const struct bbolt_item *item, struct bbolt_damage *d)
{
    struct bbolt_place place = bbolt_page_place(page, index);

    if (key_size == 0)
        return bbolt_damage_set(d, place, "element %u has an empty key", index);
    if (key_size > BBOLT_KEY_SIZE_MOST)
        return bbolt_damage_set(d, place, "element %u has a key of %u bytes, at most %d are legal",
                                index, key_size, BBOLT_KEY_SIZE_MOST);
    if (item->value.size > BBOLT_VALUE_SIZE_MOST)
        return bbolt_damage_set(d, place,
                                "element %u has a value of %zu bytes, at most %d are "
                                "legal",
                                index, item->value.size, BBOLT_VALUE_SIZE_MOST);
    if (item->flags > BBOLT_ITEM_BUCKET)
        return bbolt_damage_set(d, place, "element %u has flags 0x%08x, 0 and 1 are known", index,
                                item->flags);
    return bbolt_damage_set(d, place,
                            "element %u (key at +%u, %u bytes, value of %zu bytes) is not inside "
                            "its page of %zu bytes",
                            index, pos, key_size, item->value.size, page->size);
}

bool
bbolt_page_item(const struct bbolt_page *page, uint32_t index, struct bbolt_item *ret_item,
                struct bbolt_damage *ret_damage)
{
    uint64_t at = BBOLT_PAGE_HEADER_SIZE + (uint64_t)index * BBOLT_ELEMENT_SIZE;
    uint64_t table = BBOLT_PAGE_HEADER_SIZE + (uint64_t)page->count * BBOLT_ELEMENT_SIZE;
    const uint8_t *element = page->data + at;
    struct bbolt_item item = {0};
    uint32_t pos;
    uint32_t key_size;
    uint64_t start;

    if (page->flags == BBOLT_PAGE_LEAF) {
        item.flags = load_u32(element);
        pos = load_u32(element + 4);
        key_size = load_u32(element + 8);
        item.value.size = load_u32(element + 12);
    } else {
        pos = load_u32(element);
        key_size = load_u32(element + 4);
        item.child = load_u64(element + 8);
    }
    start = at + pos;
    if (start < table || start + key_size + item.value.size > page->size ||
        key_size - 1 >= BBOLT_KEY_SIZE_MOST || item.value.size > BBOLT_VALUE_SIZE_MOST ||
        item.flags > BBOLT_ITEM_BUCKET)
        return item_damage(page, index, pos, key_size, &item, ret_damage);
    item.key = bytes_of(page->data + start, key_size);
    item.value.data = item.key.data + key_size;
    *ret_item = item;
    return true;
}

void
bbolt_page_prefetch(const struct bbolt *db, const struct bbolt_page *page, uint32_t index)
{
    uint64_t at = BBOLT_PAGE_HEADER_SIZE + (uint64_t)index * BBOLT_ELEMENT_SIZE;
    uint64_t start;
    uint64_t child;

    if (index >= page->count)
        return;
    if (page->flags == BBOLT_PAGE_LEAF) {
        start = at + load_u32(page->data + at + 4);
        if (start < page->size)
            __builtin_prefetch(page->data + start);
    } else {
        child = load_u64(page->data + at + 8);
        if (child < db->pgid)
            __builtin_prefetch(db->file.data + child * db->page_size);
    }
}

bool
bbolt_page_search(const struct bbolt_page *page, struct bytes key, uint32_t *ret_index,
                  struct bbolt_damage *ret_damage)
{
    uint32_t low = 0;
    uint32_t high = page->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct bbolt_item item;

        if (!bbolt_page_item(page, middle, &item, ret_damage))
            return false;
        if (bytes_compare(item.key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_index = low;
    return true;
}

bool
bbolt_page_bucket(const struct bbolt *db, const struct bbolt_page *page, uint32_t index,
                  const struct bbolt_item *item, struct bbolt_bucket *ret_bucket,
                  struct bbolt_damage *ret_damage)
{
    struct bbolt_bucket bucket = {.db = db, .name = item->key, .value = item->value};
    struct bbolt_place place = bbolt_page_place(page, index);
    char name[BBOLT_KEY_TEXT_SIZE];

    if (item->flags != BBOLT_ITEM_BUCKET)
        return bbolt_damage_set(ret_damage, place, "row %s stands among the buckets",
                                bbolt_key_text(item->key, name));
    bucket.page = page->id;
    bucket.offset = (uint64_t)(item->value.data - db->file.data);
    if (item->value.size >= BBOLT_BUCKET_HEADER_SIZE) {
        bucket.root = load_u64(item->value.data);
        bucket.sequence = load_u64(item->value.data + 8);
    }
    if (item->value.size < BBOLT_BUCKET_HEADER_SIZE ||
        (bucket.root != 0 && item->value.size != BBOLT_BUCKET_HEADER_SIZE) ||
        (bucket.root == 0 && item->value.size < BBOLT_BUCKET_HEADER_SIZE + BBOLT_PAGE_HEADER_SIZE))
        return bbolt_damage_set(ret_damage, place, "bucket %s, root page %llu, has %zu bytes",
                                bbolt_key_text(item->key, name), (unsigned long long)bucket.root,
                                item->value.size);
    *ret_bucket = bucket;
    return true;
}

void
bbolt_damage_set_(struct bbolt_damage *d, struct bbolt_place place, const char *format, ...)
{
    va_list args;

    d->place = place;
    d->code = ERROR_CORRUPT;
    va_start(args, format);
    vsnprintf(d->text, sizeof(d->text), format, args);
    va_end(args);
}

bool
bbolt_damage_error(const char *name, const struct bbolt_damage *d, struct error *e)
{
    error_set_(e, d->code, 0, "'%s': page %llu, byte %llu: %s", name,
               (unsigned long long)d->place.page, (unsigned long long)d->place.offset, d->text);
    if (d->code == ERROR_CORRUPT)
        error_hint_(e, "the file is damaged: use another backup, or save one from another member");
    return false;
}

const char *
bbolt_key_text(struct bytes key, char ret_text[BBOLT_KEY_TEXT_SIZE])
{
    enum { CHARACTERS_MOST = BBOLT_KEY_TEXT_SIZE - 6, HEX_MOST = CHARACTERS_MOST / 2 };
    bool printable = key.size > 0;
    size_t shown;

    for (size_t i = 0; i < key.size && printable; i++)
        printable = key.data[i] >= 0x20 && key.data[i] < 0x7f;
    if (printable) {
        shown = key.size < CHARACTERS_MOST ? key.size : CHARACTERS_MOST;
        snprintf(ret_text, BBOLT_KEY_TEXT_SIZE, "'%.*s%s'", (int)shown, (const char *)key.data,
                 shown < key.size ? "..." : "");
        return ret_text;
    }
    shown = key.size < HEX_MOST ? key.size : HEX_MOST;
    hex_encode(key.data, shown, ret_text);
    snprintf(ret_text + 2 * shown, BBOLT_KEY_TEXT_SIZE - 2 * shown, "%s",
             shown < key.size ? "..." : "");
    return ret_text;
}
