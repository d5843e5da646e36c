/*
 * The raft snapshot file (.snap): etcd's legacy v2 store, which holds the membership, under a CRC.
 * Not to be mixed up with the db snapshot, the backup file.
 * Source: etcd 3.4-3.7 server/etcdserver/api/snap/snapshotter.go, snappb; docs/formats/
 * raft-snapshot.md.
 */
#ifndef QUORATE_FORMAT_RAFT_SNAP_H
#define QUORATE_FORMAT_RAFT_SNAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "format/raft/raft.h"

/* The v2 store can hold users' v2 keys too; a file above this is refused before it is read. */
#define RAFT_SNAP_MAX_BYTES (512u << 20)

struct raft_snap {
    uint32_t crc;                           /* CRC-32C of the raft snapshot message */
    struct bytes store;                     /* the v2 store as JSON */
    struct raft_snapshot_metadata metadata; /* index, term, voters */
};

/* "%016x-%016x.snap" of term and index; in mem. */
const char *raft_snap_name(struct arena *mem, uint64_t term, uint64_t index);
/* The reverse; false for any other name. */
bool raft_snap_parse_name(const char *name, uint64_t *ret_term, uint64_t *ret_index);

/*
 * Decodes the content of a .snap file and checks its CRC.
 *
 * e          ERROR_CORRUPT: "snap: empty snapshot", "snap: crc mismatch (...)", or no protobuf
 *            message. A CRC of 0 or empty data counts as broken, as it does for etcd.
 * Memory     'store' points into content; lists of ids in mem.
 */
MUST_CHECK bool raft_snap_decode(struct arena *mem, struct bytes content,
                                 struct raft_snap *ret_snap, struct error *e);
/* The same of a file; the error names it. Content in mem. */
MUST_CHECK bool raft_snap_load(struct arena *mem, const char *path, struct raft_snap *ret_snap,
                               struct error *e);

/* The whole file: CRC, store and metadata. */
void raft_snap_encode(struct buf *out, struct bytes store,
                      const struct raft_snapshot_metadata *metadata);

/*
 * Loads the newest .snap of a directory that is intact and whose term and index are among the WAL's
 * snapshot records (etcd's choice at boot).
 *
 * allowed    the WAL's snapshot records; NULL with a count of 0 accepts any.
 * ret_name   the file's name, NULL when there is none: a member that has never made one.
 * e          ERROR_CORRUPT: there are .snap files, and none can be used (the newest one's error).
 */
MUST_CHECK bool raft_snap_load_newest(struct arena *mem, const char *dir,
                                      const struct wal_snapshot *allowed, size_t allowed_count,
                                      const char **ret_name, struct raft_snap *ret_snap,
                                      struct error *e);

#endif
