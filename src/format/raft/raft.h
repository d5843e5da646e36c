/*
 * The raft messages that etcd stores: what WAL records and .snap files carry.
 *
 * etcd writes most of their fields even when they are zero (proto2, non-nullable); the encoders here
 * do the same, so that files of ours are byte for byte etcd's. Decoders take missing fields as 0
 * (etcd 3.7 leaves some out). Decoded 'bytes' point into the message.
 * Source: raftpb/raft.proto, walpb/record.proto, etcd 3.4-3.7; docs/formats/wal.md.
 */
#ifndef QUORATE_FORMAT_RAFT_H
#define QUORATE_FORMAT_RAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

enum raft_entry_type {
    RAFT_ENTRY_NORMAL = 0,
    RAFT_ENTRY_CONF_CHANGE = 1,
    RAFT_ENTRY_CONF_CHANGE_V2 = 2,
};

struct raft_entry {
    uint32_t type; /* enum raft_entry_type; unknown values are kept */
    uint64_t term;
    uint64_t index;
    struct bytes data; /* empty: the no-op of a new leader */
};

struct raft_hard_state {
    uint64_t term;
    uint64_t vote;
    uint64_t commit;
};

struct raft_ids {
    const uint64_t *items;
    size_t count;
};

struct raft_conf_state {
    struct raft_ids voters;
    struct raft_ids learners;
    struct raft_ids voters_outgoing;
    struct raft_ids learners_next;
    bool auto_leave;
};

enum raft_conf_change_type {
    RAFT_ADD_NODE = 0,
    RAFT_REMOVE_NODE = 1,
    RAFT_UPDATE_NODE = 2,
    RAFT_ADD_LEARNER = 3,
};

struct raft_conf_change {
    uint64_t id;
    uint32_t type;
    uint64_t node_id;
    struct bytes context; /* the member as JSON */
};

/* walpb.Metadata: the first record behind a segment's CRC record. */
struct wal_metadata {
    uint64_t node_id;
    uint64_t cluster_id;
};

/* walpb.Snapshot: "a raft snapshot exists at this index". */
struct wal_snapshot {
    uint64_t index;
    uint64_t term;
    bool has_conf_state; /* absent before 3.5 and at index 0 */
    struct raft_conf_state conf_state;
};

/* raftpb.SnapshotMetadata, in .snap files. */
struct raft_snapshot_metadata {
    struct raft_conf_state conf_state;
    uint64_t index;
    uint64_t term;
};

void raft_entry_encode(struct buf *out, const struct raft_entry *entry);
void raft_hard_state_encode(struct buf *out, const struct raft_hard_state *state);
void raft_conf_state_encode(struct buf *out, const struct raft_conf_state *state);
void raft_conf_change_encode(struct buf *out, const struct raft_conf_change *change);
void wal_metadata_encode(struct buf *out, const struct wal_metadata *metadata);
void wal_snapshot_encode(struct buf *out, const struct wal_snapshot *snapshot);
void raft_snapshot_metadata_encode(struct buf *out, const struct raft_snapshot_metadata *metadata);

/* All decoders: ERROR_FORMAT "raft <message>: malformed" when the bytes are not such a message. */
MUST_CHECK bool raft_entry_decode(struct bytes message, struct raft_entry *ret_entry,
                                  struct error *e);
MUST_CHECK bool raft_hard_state_decode(struct bytes message, struct raft_hard_state *ret_state,
                                       struct error *e);
MUST_CHECK bool raft_conf_change_decode(struct bytes message, struct raft_conf_change *ret_change,
                                        struct error *e);
MUST_CHECK bool wal_metadata_decode(struct bytes message, struct wal_metadata *ret_metadata,
                                    struct error *e);
/* The lists of ids live in mem. */
MUST_CHECK bool raft_conf_state_decode(struct arena *mem, struct bytes message,
                                       struct raft_conf_state *ret_state, struct error *e);
MUST_CHECK bool wal_snapshot_decode(struct arena *mem, struct bytes message,
                                    struct wal_snapshot *ret_snapshot, struct error *e);
MUST_CHECK bool raft_snapshot_metadata_decode(struct arena *mem, struct bytes message,
                                              struct raft_snapshot_metadata *ret_metadata,
                                              struct error *e);

#endif
