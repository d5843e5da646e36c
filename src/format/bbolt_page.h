/*
 * Pages of a bbolt file: the header, and the elements of branch and leaf pages, each checked before
 * it is believed. A page run is a page with the overflow pages behind it, one piece of bytes.
 *
 * These functions report a struct bbolt_damage, which the reader turns into an error and the
 * structure check into a finding.
 */
#ifndef QUORATE_FORMAT_BBOLT_PAGE_H
#define QUORATE_FORMAT_BBOLT_PAGE_H

#include "format/bbolt.h"

enum {
    BBOLT_PAGE_BRANCH = 0x01,
    BBOLT_PAGE_LEAF = 0x02,
    BBOLT_PAGE_META = 0x04,
    BBOLT_PAGE_FREELIST = 0x10,

    BBOLT_PAGE_HEADER_SIZE = 16,
    BBOLT_ELEMENT_SIZE = 16,       /* of a branch as of a leaf */
    BBOLT_BUCKET_HEADER_SIZE = 16, /* u64 root page, u64 sequence */
    BBOLT_ITEM_BUCKET = 0x01,      /* leaf element flag: the value is a bucket */
    BBOLT_COUNT_MOST = 0xfffe,     /* elements of a page; 0xffff has a meaning in freelists */
};

/* What is wrong, and where. */
struct bbolt_damage {
    uint64_t page;
    uint64_t offset; /* byte in the file */
    char text[256];  /* without file, page and byte */
};

struct bbolt_page {
    uint64_t id;     /* of an inline bucket: the page that holds it */
    uint64_t offset; /* of data in the file, bytes */
    const uint8_t *data;
    size_t size;       /* of the whole run, bytes */
    uint32_t overflow; /* pages behind the first */
    uint32_t count;    /* elements */
    uint16_t flags;    /* exactly one BBOLT_PAGE_* */
};

/* A leaf's element, or a branch's: then child is set and value is empty. */
struct bbolt_item {
    struct bytes key;
    struct bytes value;
    uint64_t child;
    uint32_t flags; /* 0 or BBOLT_ITEM_BUCKET */
};

/*
 * The page run that starts at page 'id', which must be 2 or more: number inside the file, header
 * with the same number, exactly one known flag, run and element table inside the file.
 */
MUST_CHECK bool bbolt_page_load(const struct bbolt *db, uint64_t id, struct bbolt_page *ret_page,
                                struct bbolt_damage *ret_damage);

/* The page inside an inline bucket. */
MUST_CHECK bool bbolt_page_load_inline(const struct bbolt_bucket *bucket,
                                       struct bbolt_page *ret_page,
                                       struct bbolt_damage *ret_damage);

/* Element 'index' (less than count) of a branch or leaf: key and value inside the run and behind
 * the table, key not empty, sizes within bbolt's limits. */
MUST_CHECK bool bbolt_page_item(const struct bbolt_page *page, uint32_t index,
                                struct bbolt_item *ret_item, struct bbolt_damage *ret_damage);

/* Where an element stands in the file, bytes. */
uint64_t bbolt_page_item_offset(const struct bbolt_page *page, uint32_t index);

/* Takes a bucket's value apart: an item of the root bucket with BBOLT_ITEM_BUCKET. */
MUST_CHECK bool bbolt_page_bucket(const struct bbolt *db, const struct bbolt_page *page,
                                  const struct bbolt_item *item, struct bbolt_bucket *ret_bucket,
                                  struct bbolt_damage *ret_damage);

/* Fills the damage; the value is false. */
#define bbolt_damage_set(d, page_, offset_, ...)                                                   \
    (bbolt_damage_set_((d), (page_), (offset_), __VA_ARGS__), false)
void bbolt_damage_set_(struct bbolt_damage *d, uint64_t page, uint64_t offset, const char *format,
                       ...) PRINTF_LIKE(4, 5);

/* As ERROR_CORRUPT: "'<file>': page <n>, byte <n>: <text>"; the value is false. */
bool bbolt_damage_error(const struct bbolt *db, const struct bbolt_damage *d, struct error *e);

enum { BBOLT_KEY_TEXT_SIZE = 100 };
/* A key for people: 'text' when it is printable, else hex; long ones are cut with "...". */
const char *bbolt_key_text(struct bytes key, char ret_text[BBOLT_KEY_TEXT_SIZE]);

#endif
