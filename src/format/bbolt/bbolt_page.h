/*
 * Pages of a bbolt file: the header, and the elements of branch and leaf pages, each checked before
 * it is believed. A page run is a page with the overflow pages behind it, one piece of bytes.
 *
 * These functions report a struct bbolt_damage, which the reader turns into an error and the
 * structure check into a finding.
 */
#ifndef QUORATE_FORMAT_BBOLT_PAGE_H
#define QUORATE_FORMAT_BBOLT_PAGE_H

#include "format/bbolt/bbolt.h"

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

/* Somewhere in the file: a page number, and a byte counted from the file's start. */
struct bbolt_place {
    uint64_t page;
    uint64_t offset;
};

/* What is wrong, and where. */
struct bbolt_damage {
    struct bbolt_place place;
    enum error_code code; /* ERROR_CORRUPT, or ERROR_FORMAT for what is no bbolt file at all */
    char text[256];       /* without file, page and byte */
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
 * The page run that starts at page 'id': number inside the file, header with the same number,
 * exactly one known flag, run and element table inside the file. 'referrer' is where the number
 * stands, for damage of the number itself.
 */
MUST_CHECK bool bbolt_page_load(const struct bbolt *db, uint64_t id, struct bbolt_place referrer,
                                struct bbolt_page *ret_page, struct bbolt_damage *ret_damage);

/* Whatever stands in place 'id' (below pgid), which may say another number: 'header_id'. A run that
 * reaches behind the last page is cut there: 'size' is less than 'overflow' says. For those who take
 * what they can get. */
MUST_CHECK bool bbolt_page_load_at(const struct bbolt *db, uint64_t id, struct bbolt_page *ret_page,
                                   uint64_t *ret_header_id, struct bbolt_damage *ret_damage);

/* As bbolt_page_load, for a page of a tree: a branch or a leaf. */
MUST_CHECK bool bbolt_page_load_node(const struct bbolt *db, uint64_t id,
                                     struct bbolt_place referrer, struct bbolt_page *ret_page,
                                     struct bbolt_damage *ret_damage);

/* Whether the header of page 0 or 1 says so. bbolt 1.4 and later stop at a wrong one when they
 * check a file, earlier ones do not look. */
MUST_CHECK bool bbolt_page_check_meta(const struct bbolt *db, unsigned id,
                                      struct bbolt_damage *ret_damage);

/* The page inside an inline bucket. */
MUST_CHECK bool bbolt_page_load_inline(const struct bbolt_bucket *bucket,
                                       struct bbolt_page *ret_page,
                                       struct bbolt_damage *ret_damage);

/* Element 'index' (less than count) of a branch or leaf: key and value inside the run and behind
 * the table, key not empty, sizes within bbolt's limits. */
MUST_CHECK bool bbolt_page_item(const struct bbolt_page *page, uint32_t index,
                                struct bbolt_item *ret_item, struct bbolt_damage *ret_damage);

/*
 * Fetches what element 'index' refers to into the cache, if there is such an element: a row's key,
 * a child's header. Rows of some kilobytes have hardly two neighbours in the cache, so a walk
 * that does not ask in advance waits for the memory at each. Never fails; damage is found later.
 */
void bbolt_page_prefetch(const struct bbolt *db, const struct bbolt_page *page, uint32_t index);
enum { BBOLT_PREFETCH_AHEAD = 4 }; /* elements; measured with 2 KB rows, more gains nothing */

/* The index of the first element whose key is 'key' or greater; count when there is none. */
MUST_CHECK bool bbolt_page_search(const struct bbolt_page *page, struct bytes key,
                                  uint32_t *ret_index, struct bbolt_damage *ret_damage);

/* Where an element stands. */
struct bbolt_place bbolt_page_place(const struct bbolt_page *page, uint32_t index);
/* Where the meta page in use names the root, or the freelist. */
struct bbolt_place bbolt_root_place(const struct bbolt *db);
struct bbolt_place bbolt_freelist_place(const struct bbolt *db);

/* Takes the element of a root bucket's leaf apart, which must be a bucket. */
MUST_CHECK bool bbolt_page_bucket(const struct bbolt *db, const struct bbolt_page *page,
                                  uint32_t index, const struct bbolt_item *item,
                                  struct bbolt_bucket *ret_bucket, struct bbolt_damage *ret_damage);

/* Fills the damage, code ERROR_CORRUPT; the value is false. */
#define bbolt_damage_set(d, place_, ...) (bbolt_damage_set_((d), (place_), __VA_ARGS__), false)
void bbolt_damage_set_(struct bbolt_damage *d, struct bbolt_place place, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* "'<file>': page <n>, byte <n>: <text>", with a hint; the value is false. */
bool bbolt_damage_error(const char *name, const struct bbolt_damage *d, struct error *e);

enum { BBOLT_KEY_TEXT_SIZE = 100 };
/* A key for people: 'text' when it is printable, else hex; long ones are cut with "...". */
const char *bbolt_key_text(struct bytes key, char ret_text[BBOLT_KEY_TEXT_SIZE]);

#endif
