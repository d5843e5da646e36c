/*
 * Brings together what is left of a member's database: all rows that can be read, each once.
 *
 * The tree comes first. Where a piece of it is missing, pages to which nothing leads are looked
 * through for rows of just these keys. A row of "key" never changes once it is written, so any copy
 * is the right one; only that a compaction removed it since cannot be seen from the row. Therefore
 * rows from such pages that the last compaction would have removed are dropped. Of the small buckets,
 * whose rows do change, the tree's copy is taken, else the copy of the newest transaction that
 * can be told.
 *
 * Without a good meta page the root is looked for: a leaf that holds etcd's buckets. Of several the
 * one is taken whose tree is whole and whose consistent index is the highest.
 *
 * Source: bbolt 1.3 and 1.4 (node.go, tx.go, freelist.go); etcd 3.4-3.7 server/storage/mvcc
 * (kvstore.go, kvstore_compaction.go).
 */
#ifndef QUORATE_FORMAT_BACKEND_RESCUE_H
#define QUORATE_FORMAT_BACKEND_RESCUE_H

#include "base/arena.h"
#include "base/buf.h"
#include "format/backend/mvcc.h"
#include "format/bbolt/bbolt_rescue.h"
#include "format/finding.h"

enum {
    RESCUE_BUCKETS_MOST = 64,  /* of a file; etcd has ten */
    RESCUE_RANGES_KEPT = 64,   /* of lost revisions */
    RESCUE_LOSSES_KEPT = 4096, /* of a bucket; with more, all of it counts as lost */
};

/* A row; its value stands right behind its key. */
struct rescue_row {
    const uint8_t *key;
    uint32_t value_size;
    uint16_t key_size;
    uint8_t bucket; /* index into struct backend_rescue's buckets */
    uint8_t origin; /* enum rescue_origin */
};

struct rescue_bucket {
    struct bytes name;
    bool present; /* the tree has it */
    ARRAY(struct bbolt_loss) losses;
    uint64_t lost_pieces; /* those beyond RESCUE_LOSSES_KEPT too */
    uint64_t row_count;
    uint64_t loose_rows; /* of these, from pages to which nothing leads */
};

struct revision_range {
    int64_t first; /* main revisions, both included */
    int64_t last;
};

/* What became of the users' keys. Revisions are main revisions. */
struct rescue_revisions {
    bool compact_known;       /* the meta bucket was readable */
    int64_t compact_revision; /* or BACKEND_NEVER_COMPACTED */
    int64_t last;             /* the newest that was found; 0: none */
    int64_t expected;         /* those above the compaction, up to the last */
    int64_t found;            /* of these */
    bool last_may_be_missing; /* the end of the bucket is among what was lost */
    uint64_t rows;            /* versions and tombstones */
    uint64_t superseded_rows; /* dropped: the compaction had removed them */
    uint64_t kept_old_rows;   /* at or below the compaction and from loose pages, kept */
    struct revision_range lost[RESCUE_RANGES_KEPT];
    size_t lost_count; /* those that are kept */
    uint64_t lost_range_total;
};

struct backend_rescue {
    struct arena *mem;
    struct bbolt_rescue pages;
    struct findings findings;
    struct rescue_bucket buckets[RESCUE_BUCKETS_MOST]; /* by name */
    size_t bucket_count;
    struct buf rows; /* struct rescue_row: by bucket, then by key; each once */
    bool root_found;
    uint64_t root;        /* the page that was taken for the root */
    bool root_from_meta;  /* a good meta page named it */
    bool root_is_newest;  /* both meta pages are good, and the newer one named it */
    uint64_t losses;      /* pieces of all trees that could not be read */
    uint64_t root_losses; /* of these, of the list of buckets itself */
    uint64_t conflicts;   /* keys of which there were several values */
    uint64_t loose_pages; /* pages to which nothing leads, of which rows were taken */
    struct rescue_revisions revisions;
};

#define BACKEND_RESCUE_INIT                                                                        \
    {                                                                                              \
        .rows = BUF_INIT                                                                           \
    }
#define AUTO_BACKEND_RESCUE __attribute__((cleanup(backend_rescue_release))) struct backend_rescue

/*
 * Reads all that can be read.
 *
 * file    must stay as long as rows and losses are looked at: they point into it.
 * e       ERROR_FORMAT: nothing in it looks like a page, or no page like one of etcd's.
 *         ERROR_LIMIT: a file of a TiB or more.
 * Memory  findings and lists in 'mem'; 16 bytes a row, eight more for each user key when rows of
 *         loose pages have to be judged.
 */
MUST_CHECK bool backend_rescue_read(struct arena *mem, struct bytes file, const char *name,
                                    struct backend_rescue *ret_rescue, struct error *e);
void backend_rescue_release(struct backend_rescue *rescue);

/* The row of a bucket with that key, or NULL. */
const struct rescue_row *backend_rescue_find(const struct backend_rescue *rescue,
                                             const char *bucket, const char *key);
static inline struct bytes
rescue_row_key(const struct rescue_row *row)
{
    return (struct bytes){row->key, row->key_size};
}
static inline struct bytes
rescue_row_value(const struct rescue_row *row)
{
    return (struct bytes){row->key + row->key_size, row->value_size};
}

/* Adds a row that stands nowhere in the file: from the member's log. Key and value are copied. */
void backend_rescue_add(struct backend_rescue *rescue, const char *bucket, struct bytes key,
                        struct bytes value);
/* After the last of these: puts them in their places and counts again. */
void backend_rescue_settle(struct backend_rescue *rescue);

/* Whether it is certain that nothing is missing. */
bool backend_rescue_is_complete(const struct backend_rescue *rescue);

/*
 * Writes all rows as a database of etcd's, with all its buckets.
 *
 * fd       a new, empty file; see bbolt_writer_init.
 * e        ERROR_NO_SPACE and others of writing.
 */
MUST_CHECK bool backend_rescue_write(const struct backend_rescue *rescue, int fd, const char *path,
                                     uint64_t *ret_size_bytes, struct error *e);

#endif
