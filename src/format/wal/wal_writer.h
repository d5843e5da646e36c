/*
 * Writes a WAL segment: frames of 8 bytes length, record, padding, under one running CRC.
 * Source: etcd 3.4-3.7 server/storage/wal/encoder.go; docs/formats/wal.md.
 */
#ifndef QUORATE_FORMAT_WAL_WRITER_H
#define QUORATE_FORMAT_WAL_WRITER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "format/wal/wal_segment.h"

struct wal_writer {
    const char *path;
    int fd;
    uint32_t crc;
    struct buf frames; /* not yet written */
    uint64_t offset;   /* in the file, of the first of them */
    struct buf record; /* scratch */
};

#define WAL_WRITER_INIT                                                                            \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
#define AUTO_WAL_WRITER __attribute__((cleanup(wal_writer_release))) struct wal_writer

/*
 * Creates a segment (mode 0600) of WAL_SEGMENT_SIZE_BYTES, all zeros, blocks reserved where the file
 * system can do that, and starts it with a CRC record.
 *
 * path       must not exist; kept, not copied.
 * crc        the last CRC of the segment before, 0 for the first one.
 * e          ERROR_EXISTS, ERROR_NO_SPACE, ERROR_PERMISSION, ERROR_IO.
 */
MUST_CHECK bool wal_writer_create(const char *path, uint32_t crc, struct wal_writer *ret_writer,
                                  struct error *e);
/* Adds a record (enum wal_record_type) to the buffer. */
void wal_writer_append(struct wal_writer *writer, uint32_t type, struct bytes data);
/* Writes what was added, so that a long log takes little memory. The segment may grow beyond
 * WAL_SEGMENT_SIZE_BYTES: etcd begins a new one behind it. */
MUST_CHECK bool wal_writer_flush(struct wal_writer *writer, struct error *e);
/* Writes what was added, syncs the file and closes it. */
MUST_CHECK bool wal_writer_finish(struct wal_writer *writer, struct error *e);
/* Closes without writing. */
void wal_writer_release(struct wal_writer *writer);

/* One frame to the end of 'out'; 'crc' is continued over the data (and left alone by a CRC record). */
void wal_frame_encode(struct buf *out, struct buf *scratch, uint32_t type, struct bytes data,
                      uint32_t *crc);

#endif
