/*
 * Which row is the newest of each user key: the one thing about a backend that cannot be told
 * without remembering every key. An entry takes eight bytes: where the key stands in the file, a
 * piece of its hash, and whether the newest row is a tombstone. Keys are compared in the file, so
 * the answers are exact.
 *
 * The table doubles when it is three quarters full, and gives the old one back while it is copied.
 * Rows are put in by the batch: a table of a million keys and a file of gigabytes fit no cache, so
 * what a row will look at is asked for some rows ahead.
 */
#ifndef QUORATE_FORMAT_KEY_INDEX_H
#define QUORATE_FORMAT_KEY_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

/* The largest file it can point into: 1 TiB. */
#define KEY_INDEX_FILE_MOST_BYTES (UINT64_C(1) << 40)

enum { KEY_INDEX_BATCH = 32, KEY_INDEX_ANONYMOUS_MOST_BYTES = 8 << 20 };

struct key_index_row {
    uint64_t hash;
    struct bytes key;
    const uint8_t *row;
    bool live;
};

struct key_index {
    struct bytes file;
    /* A larger table stands in an unlinked file below TMPDIR, whose pages the kernel may take back. */
    size_t anonymous_most_bytes;
    uint64_t *slots; /* a power of two of them; 0 is free */
    size_t slot_count;
    unsigned slot_bits;
    size_t used;
    size_t live; /* keys whose newest row is no tombstone, the empty key included */
    /* The empty key (--bump-revision writes one) has no place in the file. */
    const uint8_t *empty_row;
    bool empty_live;
    struct key_index_batch {
        struct key_index_row rows[KEY_INDEX_BATCH];
        size_t count;
    } batches[2];  /* rows that are not in the table yet */
    unsigned turn; /* the batch that is being filled */
};

#define AUTO_KEY_INDEX __attribute__((cleanup(key_index_release))) struct key_index

/* Empty; e: ERROR_LIMIT: a file larger than the above. ERROR_IO: no memory. */
MUST_CHECK bool key_index_init(struct key_index *ix, struct bytes file, struct error *e);
void key_index_release(struct key_index *ix);

/*
 * Notes a row as the newest of its key.
 *
 * key   as it was decoded: inside the file, behind its length as a varint.
 * row   the row's own key, which tells rows of the empty key apart.
 * live  false for a tombstone.
 * e     ERROR_IO: no memory.
 */
MUST_CHECK bool key_index_put(struct key_index *ix, struct bytes key, const uint8_t *row, bool live,
                              struct error *e);
/* After the last row, before the first question: 'live' counts only what is in the table. */
MUST_CHECK bool key_index_flush(struct key_index *ix, struct error *e);

/* Asks for what the questions below about a key will look at; returns the key's hash. Then, when
 * that may have come, for the key that it will be compared with. The key is not empty. */
uint64_t key_index_prefetch(const struct key_index *ix, struct bytes key);
void key_index_prefetch_rival(const struct key_index *ix, uint64_t hash);

/* Whether this row is the newest one noted of its key, and no tombstone. */
bool key_index_is_newest(const struct key_index *ix, struct bytes key, const uint8_t *row);

/* Whether any row of this key was noted. */
bool key_index_has(const struct key_index *ix, struct bytes key);

/* How many live keys of 'ix' were noted in any of 'later' as well. */
size_t key_index_superseded(const struct key_index *ix, const struct key_index *later,
                            size_t later_count);

#endif
