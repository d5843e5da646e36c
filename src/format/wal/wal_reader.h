/*
 * Reads a write-ahead log: segments in order, each a row of checksummed records.
 *
 * Reading is by pread through one bounded buffer, never through a mapping: a running etcd truncates
 * a segment when it starts the next one. Damage is not an error of the reader but something it
 * reports, with its place and whether etcd would repair it, because what stands before it counts.
 * Source: etcd 3.4-3.7 server/storage/wal/{wal,decoder}.go; docs/formats/wal.md.
 */
#ifndef QUORATE_FORMAT_WAL_READER_H
#define QUORATE_FORMAT_WAL_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "format/wal/wal_damage.h"
#include "format/wal/wal_segment.h"

/* The largest record that is read: far above etcd's request limit (--max-request-bytes). */
#define WAL_RECORD_MAX_BYTES (128u << 20)

enum wal_record_type {
    WAL_METADATA = 1,
    WAL_ENTRY = 2,
    WAL_STATE = 3,
    WAL_CRC = 4,
    WAL_SNAPSHOT = 5,
};

struct wal_record {
    uint32_t type; /* enum wal_record_type */
    uint32_t crc;
    struct bytes data; /* valid until the next call */
    const char *path;
    uint64_t offset; /* of its frame in the segment */
};

/* What the first segment of a log is called. */
#define WAL_FIRST_SEGMENT_NAME "0000000000000000-0000000000000000.wal"

enum wal_event { WAL_EVENT_RECORD, WAL_EVENT_END, WAL_EVENT_DAMAGE };

struct wal_reader {
    const struct wal_segment *segments;
    size_t segment_count;
    size_t segment_at; /* the one being read */
    int fd;
    uint64_t offset; /* end of the last good record */
    uint64_t file_size;
    uint32_t crc;
    struct buf window; /* bytes of the file from window_offset on */
    uint64_t window_offset;
    struct wal_damage damage; /* set with WAL_EVENT_DAMAGE */
};

#define WAL_READER_INIT                                                                            \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
#define AUTO_WAL_READER __attribute__((cleanup(wal_reader_close))) struct wal_reader

/*
 * Opens a log for reading all that follows a snapshot.
 *
 * dir             the directory ("DATA/member/wal").
 * snapshot_index  0 for the beginning; reading starts with the last segment whose first index is
 *                 not above it.
 * e               as wal_segments_list and wal_segments_from; ERROR_IO and others of opening.
 * Memory          names in mem; wal_reader_close gives back the rest.
 */
MUST_CHECK bool wal_reader_open(struct arena *mem, const char *dir, uint64_t snapshot_index,
                                struct wal_reader *ret_reader, struct error *e);
/* The same for a single segment file, whatever its name. */
MUST_CHECK bool wal_reader_open_file(struct arena *mem, const char *path,
                                     struct wal_reader *ret_reader, struct error *e);
void wal_reader_close(struct wal_reader *reader);

/*
 * The next record, in order, over all segments; CRC records are checked and returned too.
 *
 * ret_event  RECORD: ret_record is set. END: all was read. DAMAGE: reader->damage says what and
 *            where; every further call says the same.
 * e          ERROR_IO and the like only: the file could not be read at all.
 */
MUST_CHECK bool wal_reader_next(struct wal_reader *reader, struct wal_record *ret_record,
                                enum wal_event *ret_event, struct error *e);

#endif
