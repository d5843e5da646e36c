/*
 * The db snapshot file: a bbolt database, then the SHA-256 of it. db_snapshot_verify() finds out
 * everything there is to know about one; db_snapshot_stream.h checks one that is just arriving.
 *
 * Whether a file has a trailer is told by its size: pages are multiples of 512 bytes, so a remainder
 * of 32 means one. A copied member/snap/db has none, and nothing proves that it is whole.
 *
 * Source: etcd 3.4 clientv3/snapshot/v3_snapshot.go, 3.6 etcdutl/snapshot/v3_snapshot.go,
 * server/etcdserver/api/v3rpc/maintenance.go; docs/formats/snapshot.md.
 */
#ifndef QUORATE_FORMAT_DB_SNAPSHOT_H
#define QUORATE_FORMAT_DB_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/observer.h"
#include "format/backend/backend.h"
#include "format/backend/backend_summary.h"
#include "format/finding.h"

enum { DB_SNAPSHOT_ALIGNMENT = 512, DB_SNAPSHOT_TRAILER_SIZE = SHA256_SIZE };

/* By the size alone. */
bool db_snapshot_has_trailer(uint64_t file_size);

enum db_snapshot_verdict {
    DB_SNAPSHOT_GOOD,     /* whole, digest right, every page and row in order */
    DB_SNAPSHOT_UNPROVEN, /* the same without a digest, which the caller allowed to be missing, or
                             did not ask for */
    DB_SNAPSHOT_BAD,
};

/* Beside the BACKEND_... of backend_summary.h. */
enum { DB_SNAPSHOT_DIGEST = 1 << 16 };

struct db_snapshot_options {
    bool allow_no_trailer; /* accept a copied db file: --skip-hash-check */
    unsigned without;      /* what is left out: DB_SNAPSHOT_DIGEST, which takes most of the time and
                              is the proof; BACKEND_LIVE_KEYS, BACKEND_HASH_KV */
    const struct observer *observer; /* or NULL; told from any thread, one at a time */
};

struct db_snapshot_report {
    const char *path;
    enum db_snapshot_verdict verdict;
    struct findings findings;

    uint64_t file_size;
    bool has_trailer;
    bool trailer_ok;
    uint8_t sha256[SHA256_SIZE];               /* of the content, recomputed */
    uint8_t trailer[DB_SNAPSHOT_TRAILER_SIZE]; /* what the file says; zero without a trailer */

    bool opened;      /* a good meta page was found: the next three are known */
    uint64_t db_size; /* pages in use times page size: "total size" of status */
    uint32_t page_size;
    uint64_t txid;

    bool has_info; /* info is known */
    struct backend_info info;
    bool has_summary; /* summary is known; true only when the structure is sound */
    struct backend_summary summary;
};

/*
 * Examines a file. A bad file is no failure: the report says what is wrong with it.
 *
 * mem         holds the report's texts and lists.
 * ret_report  set on success.
 * e           ERROR_NOT_FOUND, ERROR_PERMISSION, ERROR_IO: the file cannot be read at all.
 *             ERROR_CONFLICT: it was changed or cut meanwhile, so nothing is true of it.
 */
MUST_CHECK bool db_snapshot_verify(struct arena *mem, const char *path,
                                   const struct db_snapshot_options *options,
                                   struct db_snapshot_report *ret_report, struct error *e);

/* The same for bytes in memory; 'name' stands for the path. Never fails. */
void db_snapshot_verify_bytes(struct arena *mem, const char *name, struct bytes content,
                              const struct db_snapshot_options *options,
                              struct db_snapshot_report *ret_report);

/* True unless the verdict is bad; then the first finding becomes the error, with file, place and
 * remedy: ERROR_CORRUPT, or ERROR_REFUSED for a missing trailer. */
MUST_CHECK bool db_snapshot_require_good(const struct db_snapshot_report *report, struct error *e);

/* "good", "unproven", "bad". */
const char *db_snapshot_verdict_word(enum db_snapshot_verdict verdict);

#endif
