/*
 * The numbers by which backends are compared, recomputed from the file: the hash and the counts of
 * 'snapshot status', and HashKV, with which servers compare themselves.
 *
 * Everything that one pass over the rows can tell is told by one pass; HashKV needs a second one
 * when history was compacted away, because a row below the compact revision counts only as long as
 * no later row replaced it. Memory: eight bytes for each distinct user key, in powers of two.
 *
 * Source: etcd 3.5 and 3.6 etcdutl/snapshot/v3_snapshot.go, server/storage/mvcc/hash.go,
 * server/storage/mvcc/key_index.go; docs/formats/backend.md.
 */
#ifndef QUORATE_FORMAT_BACKEND_HASH_H
#define QUORATE_FORMAT_BACKEND_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "format/backend.h"
#include "format/bbolt.h"
#include "format/finding.h"

/* Of HashKV: 0 means the current revision. */
enum { REVISION_CURRENT = 0 };

struct hash_kv {
    uint32_t hash;
    int64_t hash_revision;    /* the revision up to which rows were hashed */
    int64_t compact_revision; /* BACKEND_NEVER_COMPACTED, or as backend_compact_revision() */
};

struct backend_summary {
    uint32_t status_hash;     /* over all buckets: differs between members */
    int64_t last_revision;    /* of the last row of "key"; 0 without rows; what status prints */
    int64_t current_revision; /* of a server that opens this file; at least 1 */
    uint64_t row_count;       /* all rows of all buckets: "total key" of 3.4 and 3.5 */
    uint64_t key_row_count;   /* rows of "key": versions and tombstones */
    uint64_t live_key_count;  /* user keys that exist: "total key" of 3.6 and later */
    struct hash_kv hash_kv;   /* at the current revision */
};

/* What of a summary costs extra: an index of all user keys, and perhaps a second pass. */
enum {
    BACKEND_LIVE_KEYS = 1, /* live_key_count */
    BACKEND_HASH_KV = 2,   /* hash_kv; costs what the former costs, and more */
    BACKEND_ALL = BACKEND_LIVE_KEYS | BACKEND_HASH_KV,
};

/*
 * Reads all rows of all buckets.
 *
 * wanted    BACKEND_...: what is not wanted stays 0.
 *
 * findings  gets an entry for each row of "key" that is no revision, does not parse, stands out of
 *           order, or has another mod revision than its key says. The numbers then cover what could
 *           be read: they are not to be relied on. May be NULL: such a row then is the error.
 * e         ERROR_CORRUPT, ERROR_FORMAT: damage that ends the walk, with its place. ERROR_LIMIT: a
 *           file of a TiB or more.
 */
MUST_CHECK bool backend_summary_read(const struct bbolt *db, const struct backend_info *info,
                                     unsigned wanted, struct findings *findings,
                                     struct backend_summary *ret_summary, struct error *e);

/*
 * HashKV at a revision; equals what members answer for it (but see docs/formats/backend.md on the
 * hashes that servers remember from before a compaction).
 *
 * e  ERROR_REFUSED: "... is a future revision", "... has been compacted"; and backend_summary_read's.
 */
MUST_CHECK bool backend_hash_kv(const struct bbolt *db, const struct backend_info *info,
                                int64_t revision, struct hash_kv *ret_hash, struct error *e);

/* All that a database holds, in one number. */
struct backend_content {
    uint32_t hash; /* CRC-32C of each bucket's name and, behind it, its rows' keys and values */
    uint64_t row_count; /* rows that were hashed */
};

/* The rows of "meta" that servers leave out of the Hash call's answer: they may differ. */
extern const char *const backend_hash_ignored[];
enum { BACKEND_HASH_IGNORED_COUNT = 3 };

/*
 * Hashes all buckets in the order of their names; what the Maintenance.Hash call answers when
 * 'ignored' is backend_hash_ignored, and the hash of 'snapshot status' when nothing is ignored.
 *
 * ignored  keys of the "meta" bucket that do not count.
 * e        ERROR_CORRUPT: damage, with its place.
 * Source   etcd 3.5-3.7 server/storage/backend/backend.go (Hash), server/storage/schema/bucket.go
 *          (DefaultIgnores: storageVersion since 3.6, term since 3.5).
 */
MUST_CHECK bool backend_content_read(const struct bbolt *db, const char *const *ignored,
                                     size_t ignored_count, struct backend_content *ret_content,
                                     struct error *e);

#endif
