/* The meta page of a bbolt file: where everything begins. A file has two, pages 0 and 1. */
#ifndef QUORATE_FORMAT_BBOLT_META_H
#define QUORATE_FORMAT_BBOLT_META_H

#include "base/buf.h"
#include "format/bbolt/bbolt_page.h"

enum {
    BBOLT_META_SIZE = 80, /* page header, 56 bytes under the checksum, the checksum */
    BBOLT_META_VERSION = 2,
};
#define BBOLT_META_MAGIC 0xED0CDAEDu

struct bbolt_meta {
    uint32_t page_size;
    uint64_t root;
    uint64_t freelist;
    uint64_t pgid;
    uint64_t txid;
    bool header_bad; /* not page 'id' of type meta: bbolt does not look at that */
};

/*
 * Reads meta page 'id' (0 or 1), which stands at byte 'offset' of the file, and judges it in bbolt's
 * order and words: invalid database, version mismatch, checksum error; then the page size.
 */
MUST_CHECK bool bbolt_meta_decode(struct bytes file, uint64_t offset, unsigned id,
                                  struct bbolt_meta *ret_meta, struct bbolt_damage *ret_damage);

/* Appends the whole page. */
void bbolt_meta_encode(const struct bbolt_meta *meta, unsigned id, struct buf *out);

/* Appends both pages of a commit: page 'txid mod 2' has meta->txid, the other one less. */
void bbolt_meta_encode_both(const struct bbolt_meta *meta, struct buf *out);

#endif
