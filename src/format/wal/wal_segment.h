/*
 * The segment files of a write-ahead log: "SEQUENCE-FIRSTINDEX.wal", both 16 hex digits.
 * Source: etcd 3.4-3.7 server/storage/wal/util.go; docs/formats/wal.md.
 */
#ifndef QUORATE_FORMAT_WAL_SEGMENT_H
#define QUORATE_FORMAT_WAL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum {
    WAL_SEGMENT_SIZE_BYTES = 64000000, /* 64 * 1000 * 1000, not MiB (wal.SegmentSizeBytes) */
    WAL_SEGMENTS_MAX = 100000,         /* of one directory */
};

struct wal_segment {
    const char *path;
    const char *name;
    uint64_t sequence;
    uint64_t first_index; /* raft index of the first entry in it */
};

/* "%016x-%016x.wal"; in mem. */
const char *wal_segment_name(struct arena *mem, uint64_t sequence, uint64_t first_index);
/* The reverse; false for any other name. */
bool wal_segment_parse_name(const char *name, uint64_t *ret_sequence, uint64_t *ret_first_index);

/*
 * Lists a directory's segments in order of sequence. Other names (spares, ".broken") are left out.
 *
 * e          ERROR_NOT_FOUND: no directory, or no segment in it. ERROR_LIMIT: too many.
 * Memory     in mem.
 */
MUST_CHECK bool wal_segments_list(struct arena *mem, const char *dir,
                                  struct wal_segment **ret_segments, size_t *ret_count,
                                  struct error *e);

/*
 * The segments that hold everything behind a snapshot: from the last one whose first index is not
 * above it. Their sequence numbers have no hole.
 *
 * e          ERROR_NOT_FOUND: no segment reaches back that far. ERROR_CORRUPT: a segment is missing.
 */
MUST_CHECK bool wal_segments_from(const char *dir, uint64_t snapshot_index,
                                  struct wal_segment **segments, size_t *count, struct error *e);

#endif
