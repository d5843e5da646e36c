/*
 * Checks a db snapshot while it streams by, in constant memory: all but the last 32 bytes go into a
 * SHA-256, which in the end must equal those 32.
 */
#ifndef QUORATE_FORMAT_DB_SNAPSHOT_STREAM_H
#define QUORATE_FORMAT_DB_SNAPSHOT_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"

struct db_snapshot_stream {
    struct sha256 *sha256;
    uint8_t tail[SHA256_SIZE]; /* the last bytes fed: the trailer, if this is the end */
    size_t tail_size;
    uint64_t size; /* of all that was fed */
};

#define AUTO_DB_SNAPSHOT_STREAM                                                                    \
    __attribute__((cleanup(db_snapshot_stream_release))) struct db_snapshot_stream

void db_snapshot_stream_init(struct db_snapshot_stream *stream);
void db_snapshot_stream_release(struct db_snapshot_stream *stream); /* accepts a zeroed one */
/* The next bytes, in order, however many. */
void db_snapshot_stream_feed(struct db_snapshot_stream *stream, struct bytes chunk);
/*
 * Judges what came; once, at the end.
 *
 * name        what is being received, for the error.
 * ret_digest  the SHA-256 of the database, which is also its trailer.
 * e           ERROR_CORRUPT: nothing came, no trailer, or not the digest of what came.
 */
MUST_CHECK bool db_snapshot_stream_finish(struct db_snapshot_stream *stream, const char *name,
                                          uint8_t ret_digest[SHA256_SIZE], struct error *e);

#endif
