#include "format/db_snapshot_stream.h"

#include <inttypes.h>
#include <string.h>

#include "format/db_snapshot.h"

void
db_snapshot_stream_init(struct db_snapshot_stream *stream)
{
    *stream = (struct db_snapshot_stream){.sha256 = sha256_new()};
}

void
db_snapshot_stream_release(struct db_snapshot_stream *stream)
{
    sha256_free(stream->sha256);
    *stream = (struct db_snapshot_stream){0};
}

/* The tail moves on by 'count' bytes, which are no trailer after all. */
static void
tail_hash(struct db_snapshot_stream *stream, size_t count)
{
    sha256_update(stream->sha256, stream->tail, count);
    stream->tail_size -= count;
    memmove(stream->tail, stream->tail + count, stream->tail_size);
}

void
db_snapshot_stream_feed(struct db_snapshot_stream *stream, struct bytes chunk)
{
    size_t total = stream->tail_size + chunk.size;
    size_t keep;

    if (chunk.size == 0)
        return;
    stream->size += chunk.size;
    if (total > SHA256_SIZE) {
        size_t excess = total - SHA256_SIZE;

        tail_hash(stream, excess < stream->tail_size ? excess : stream->tail_size);
    }
    keep = SHA256_SIZE - stream->tail_size;
    if (keep > chunk.size)
        keep = chunk.size;
    sha256_update(stream->sha256, chunk.data, chunk.size - keep);
    memcpy(stream->tail + stream->tail_size, chunk.data + chunk.size - keep, keep);
    stream->tail_size += keep;
}

bool
db_snapshot_stream_finish(struct db_snapshot_stream *stream, const char *name,
                          uint8_t ret_digest[SHA256_SIZE], struct error *e)
{
    uint8_t digest[SHA256_SIZE];

    if (stream->size == 0)
        return error_set(e, ERROR_CORRUPT, "%s: the snapshot stream was empty", name);
    if (!db_snapshot_has_trailer(stream->size)) {
        error_set_(e, ERROR_CORRUPT, 0,
                   "%s: the snapshot stream ended without its SHA-256, after %" PRIu64 " bytes",
                   name, stream->size);
        return error_hint(e, "the stream was cut: try again, or another member");
    }
    sha256_finish(stream->sha256, digest);
    if (memcmp(digest, stream->tail, sizeof(digest)) != 0) {
        error_set_(e, ERROR_CORRUPT, 0,
                   "%s: the snapshot stream of %" PRIu64
                   " bytes does not match the SHA-256 at its end",
                   name, stream->size);
        return error_hint(e, "bytes changed on the way: try again, or another member");
    }
    memcpy(ret_digest, digest, sizeof(digest));
    return true;
}
