/*
 * What can be wrong with a write-ahead log, where, and whether etcd mends it by itself.
 * Source: etcd 3.4-3.7 server/storage/wal/{wal,decoder,repair}.go; docs/formats/wal.md.
 */
#ifndef QUORATE_FORMAT_WAL_DAMAGE_H
#define QUORATE_FORMAT_WAL_DAMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum wal_damage_kind {
    WAL_INTACT = 0,
    WAL_UNEXPECTED_EOF, /* a frame is longer than what is left of the file, or was written in part */
    WAL_CRC_MISMATCH,
    WAL_MALFORMED, /* a record is no message of its type */
    WAL_UNKNOWN_TYPE,
    WAL_TOO_LARGE,         /* a record above WAL_RECORD_MAX_BYTES */
    WAL_GAP,               /* an entry leaves a hole behind the one before */
    WAL_METADATA_CONFLICT, /* a segment of another member or cluster */
};

struct wal_damage {
    enum wal_damage_kind kind;
    const char *path; /* the segment */
    uint64_t offset;  /* of the damaged frame: where the last good record ends */
    bool repairable;  /* etcd cuts the last segment there by itself (for certain since 3.5.7) */
};

/* etcd's words: "unexpected EOF", "walpb: crc mismatch", ...; "" for WAL_INTACT. */
const char *wal_damage_words(enum wal_damage_kind kind);

/*
 * Turns damage into an error: true when there is none.
 *
 * e          ERROR_CORRUPT with file, byte offset and etcd's words; the hint says what etcd will do.
 */
MUST_CHECK bool wal_damage_check(const struct wal_damage *damage, struct error *e);

#endif
