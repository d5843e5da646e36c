/*
 * The hashes by which backends are compared, recomputed from the file: HashKV, with which servers
 * compare themselves, and that of all their content.
 *
 * HashKV needs two passes over the rows when history was compacted away, because a row below the
 * compact revision counts only as long as no later row replaced it. Memory: eight bytes for each
 * distinct user key (key_index.h), 8 MiB at most; an unlinked file holds what is more than that.
 *
 * Source: etcd 3.5 and 3.6 etcdutl/snapshot/v3_snapshot.go, server/storage/mvcc/hash.go,
 * server/storage/mvcc/key_index.go; docs/formats/backend.md.
 */
#ifndef QUORATE_FORMAT_BACKEND_HASH_H
#define QUORATE_FORMAT_BACKEND_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "format/backend/backend.h"
#include "format/bbolt/bbolt.h"
#include "format/finding.h"
#include "format/key_parts.h"

/* Of HashKV: 0 means the current revision. */
enum { REVISION_CURRENT = 0 };

struct hash_kv {
    uint32_t hash;
    int64_t hash_revision;    /* the revision up to which rows were hashed */
    int64_t compact_revision; /* BACKEND_NEVER_COMPACTED, or as backend_compact_revision() */
};

/*
 * HashKV at a revision; equals what members answer for it (but see docs/formats/backend.md on the
 * hashes that servers remember from before a compaction).
 *
 * e  ERROR_REFUSED: "... is a future revision", "... has been compacted". ERROR_CORRUPT,
 *    ERROR_FORMAT: damage, with its place. ERROR_LIMIT: a file of a TiB or more.
 */
MUST_CHECK bool backend_hash_kv(const struct bbolt *db, const struct backend_info *info,
                                int64_t revision, struct hash_kv *ret_hash, struct error *e);

/* The same for rows whose newest are known already: at->hash_revision, at->compact_revision. */
MUST_CHECK bool backend_rows_hash(const struct bbolt_bucket *bucket, const struct key_parts *newest,
                                  const struct hash_kv *at, uint32_t *ret_hash, struct error *e);

/* Where the revision counter stands after a start from a file with this last row: compactions count,
 * since their revision may be past the last row that is left. */
int64_t backend_current_revision(const struct backend_info *info, int64_t last_revision);

/* How many threads a walk over all rows is worth: KEY_PARTS_MOST for a large file on a machine that
 * has as many processors, else 1. */
unsigned backend_threads(const struct bbolt *db);
enum { BACKEND_THREADS_LEAST_BYTES = 16 << 20 };

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
