/*
 * Reads a write-ahead log: a directory of segments, each a row of checksummed records.
 *
 * Reading is by pread through one bounded buffer, never through a mapping: a running etcd truncates
 * a segment when it starts the next one. Damage is not an error of the reader but something it
 * reports, with its place and whether etcd would repair it, because what stands before it counts.
 * Source: etcd 3.4-3.7 server/storage/wal/{wal,decoder,repair,util}.go; docs/formats/wal.md.
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
#include "format/raft.h"

/* The largest record that is read: far above etcd's request limit (--max-request-bytes). */
#define WAL_RECORD_MAX_BYTES (128u << 20)
/* Segments of one directory that are looked at. */
enum { WAL_SEGMENTS_MAX = 100000 };
/* What a WAL's first segment is called: sequence 0, first index 0. */
#define WAL_FIRST_SEGMENT_NAME "0000000000000000-0000000000000000.wal"

enum wal_record_type {
    WAL_METADATA = 1,
    WAL_ENTRY = 2,
    WAL_STATE = 3,
    WAL_CRC = 4,
    WAL_SNAPSHOT = 5,
};

enum wal_damage_kind {
    WAL_INTACT = 0,
    WAL_UNEXPECTED_EOF, /* a frame is longer than what is left of the file, or was written in part */
    WAL_CRC_MISMATCH,
    WAL_MALFORMED, /* a record is no protobuf message, or of an unknown type */
    WAL_TOO_LARGE, /* a record above WAL_RECORD_MAX_BYTES */
    WAL_GAP, /* an entry's index leaves a hole behind the one before, or segments are missing */
    WAL_METADATA_CONFLICT, /* a segment of another member or cluster */
};

struct wal_damage {
    enum wal_damage_kind kind;
    const char *path;    /* the segment */
    uint64_t offset;     /* of the damaged frame: where the last good record ends */
    bool repairable;     /* etcd cuts the last segment there by itself (since 3.5.7) */
    const char *message; /* etcd's own words: "unexpected EOF", "walpb: crc mismatch", ... */
};

struct wal_segment {
    const char *path;
    const char *name;
    uint64_t sequence;
    uint64_t first_index;
};

struct wal_record {
    uint32_t type; /* enum wal_record_type */
    uint32_t crc;
    struct bytes data; /* valid until the next call */
    const char *path;
    uint64_t offset; /* of its frame in the segment */
};

enum wal_event { WAL_EVENT_RECORD, WAL_EVENT_END, WAL_EVENT_DAMAGE };

struct wal_reader {
    struct wal_segment *segments;
    size_t segment_count;
    size_t segment_at; /* the one being read */
    int fd;
    uint64_t offset; /* end of the last good record */
    uint64_t file_size;
    uint32_t crc;
    struct buf window; /* bytes of the file around 'offset' */
    uint64_t window_offset;
    struct wal_damage damage; /* set with WAL_EVENT_DAMAGE */
};

#define WAL_READER_INIT                                                                            \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
#define AUTO_WAL_READER __attribute__((cleanup(wal_reader_close))) struct wal_reader

/*
 * Lists a directory's segments in order of sequence. Other names (spares, ".broken") are left out.
 *
 * e          ERROR_NOT_FOUND: no segment. ERROR_LIMIT: more than WAL_SEGMENTS_MAX.
 * Memory     in mem.
 */
MUST_CHECK bool wal_segments_list(struct arena *mem, const char *dir,
                                  struct wal_segment **ret_segments, size_t *ret_count,
                                  struct error *e);

/*
 * Opens a log for reading all that follows a snapshot.
 *
 * dir             the directory ("DATA/member/wal").
 * snapshot_index  0 for the beginning; reading starts with the last segment whose first index is
 *                 not above it.
 * e               ERROR_NOT_FOUND: no segment covers the index. ERROR_CORRUPT: a segment is missing
 *                 in between. ERROR_IO and others of opening.
 * Memory          names in mem; wal_reader_close gives back the rest.
 */
MUST_CHECK bool wal_reader_open(struct arena *mem, const char *dir, uint64_t snapshot_index,
                                struct wal_reader *ret_reader, struct error *e);
/* The same for a single segment file. */
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

/* What a log says on the whole. */
struct wal_summary {
    bool has_metadata;
    struct wal_metadata metadata;
    bool has_state;
    struct raft_hard_state state; /* the last one */
    uint64_t first_index;         /* of the entries; 0 when there is none */
    uint64_t last_index;          /* after truncation by rewritten entries */
    uint64_t last_term;
    struct wal_snapshot *snapshots; /* in order of appearance */
    size_t snapshot_count;
    uint64_t record_count;
    size_t segment_count;
    uint64_t end_offset; /* end of the last good record in the last segment read */
    struct wal_damage damage;
};

/* Gets each entry as it stands in the log; a later entry of the same index replaces the earlier one.
 * Returning false ends the reading with the error. */
typedef bool wal_visit_entry(void *context, const struct raft_entry *entry, struct error *e);

/*
 * Reads a whole log from a snapshot on and sums it up.
 *
 * visit      called for each entry above the snapshot index; may be NULL.
 * e          as wal_reader_open and wal_reader_next, and what visit says. Damage is no error here:
 *            look at ret_summary->damage, or ask wal_damage_check.
 * Memory     in mem.
 */
MUST_CHECK bool wal_read(struct arena *mem, const char *dir, uint64_t snapshot_index,
                         wal_visit_entry *visit, void *context, struct wal_summary *ret_summary,
                         struct error *e);
/* The same for one segment file. */
MUST_CHECK bool wal_read_file(struct arena *mem, const char *path, wal_visit_entry *visit,
                              void *context, struct wal_summary *ret_summary, struct error *e);

/* The highest snapshot record whose index is committed (etcd's choice at boot), or NULL. */
const struct wal_snapshot *wal_summary_newest_snapshot(const struct wal_summary *summary);

/*
 * Turns damage into an error: true when there is none.
 *
 * e          ERROR_CORRUPT with file, byte offset and etcd's words; the hint says whether etcd
 *            repairs this by itself.
 */
MUST_CHECK bool wal_damage_check(const struct wal_damage *damage, struct error *e);

#endif
