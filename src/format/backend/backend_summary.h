/*
 * What 'snapshot status' and 'snapshot verify' tell of a backend: its hashes, counts and revisions,
 * from one walk over the file that judges its structure as well.
 *
 * HashKV needs a second pass over the rows when history was compacted away (backend_hash.h). Memory,
 * where live keys or HashKV are wanted: an index of eight bytes a key, in a file beyond 8 MiB.
 *
 * Source: etcd 3.5 and 3.6 etcdutl/snapshot/v3_snapshot.go; docs/formats/backend.md.
 */
#ifndef QUORATE_FORMAT_BACKEND_SUMMARY_H
#define QUORATE_FORMAT_BACKEND_SUMMARY_H

#include "base/observer.h"
#include "format/backend/backend_hash.h"
#include "format/bbolt/bbolt_check.h"

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

struct backend_summary_options {
    unsigned wanted;      /* BACKEND_...: what is not wanted stays 0 */
    unsigned threads;     /* 1, or up to KEY_PARTS_MOST: sooner done where processors are free */
    size_t most_findings; /* of the structure, to be listed */
    const struct observer *observer; /* or NULL; told on the calling thread */
};

/*
 * Checks the structure and reads all rows of all buckets.
 *
 * mem          holds the listed findings.
 * row_findings gets an entry for each row of "key" that is no revision, does not parse, stands out
 *              of order, or has another mod revision than its key says. The numbers then cover what
 *              could be read: they are not to be relied on. May be NULL: such a row then is the
 *              error.
 * ret_check    what bbolt_check tells. When it found anything, there is no summary, and what stands
 *              in row_findings means nothing.
 * e            ERROR_FORMAT: a bad row, with its place. ERROR_CORRUPT: damage that ends the second
 *              pass. ERROR_LIMIT: a file of a TiB or more.
 */
MUST_CHECK bool backend_summary_check(struct arena *mem, const struct bbolt *db,
                                      const struct backend_info *info,
                                      const struct backend_summary_options *options,
                                      struct findings *row_findings,
                                      struct bbolt_check_report *ret_check,
                                      struct backend_summary *ret_summary, struct error *e);

/* The same for those who go on only with a sound file. e: ERROR_CORRUPT: the first finding. */
MUST_CHECK bool backend_summary_read(const struct bbolt *db, const struct backend_info *info,
                                     unsigned wanted, struct findings *findings,
                                     struct backend_summary *ret_summary, struct error *e);

#endif
