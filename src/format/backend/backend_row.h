/*
 * The rows of etcd's small buckets, to bytes and back: members, alarms, raft's voters, plain
 * numbers. What is written here is byte for byte what etcd writes.
 *
 * Numbers in keys and values are big-endian; ids in keys are hex without padding, in JSON decimal.
 *
 * Source: etcd 3.5 and 3.6 server/storage/schema/{alarm,cindex,confstate,membership}.go; 3.4
 * etcdserver/api/membership/store.go; docs/formats/backend.md.
 */
#ifndef QUORATE_FORMAT_BACKEND_ROW_H
#define QUORATE_FORMAT_BACKEND_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "format/raft/raft.h"

struct backend_member {
    uint64_t id;
    const char *const *peer_urls;
    size_t peer_url_count;
    const char *const *client_urls; /* none before the member published itself */
    size_t client_url_count;
    const char *name; /* "" before the member published itself */
    bool is_learner;
};

/* Source: etcd api/etcdserverpb/rpc.proto, enum AlarmType. */
enum backend_alarm_type {
    BACKEND_ALARM_NONE = 0,
    BACKEND_ALARM_NOSPACE = 1,
    BACKEND_ALARM_CORRUPT = 2,
};

struct backend_alarm {
    uint64_t member_id;
    uint32_t type; /* enum backend_alarm_type, or a later release's */
};

/* "NOSPACE", "CORRUPT", "NONE", or "UNKNOWN". */
const char *backend_alarm_word(uint32_t type);

/* The value of a "members" row: JSON in Go's field order, with Go's escapes. No peer URLs: null. */
void backend_member_encode(struct buf *out, const struct backend_member *member);
/* Keys that are unknown are ignored, those that etcd leaves out may be missing; ERROR_FORMAT. */
MUST_CHECK bool backend_member_decode(struct arena *mem, struct bytes value,
                                      struct backend_member *ret_member, struct error *e);

/* The value of meta/confState: JSON as etcd 3.5 and 3.6 write it. */
void backend_conf_state_encode(struct buf *out, const struct raft_conf_state *state);
/* Any list and auto_leave may be missing (3.7 leaves it out when false); ERROR_FORMAT. */
MUST_CHECK bool backend_conf_state_decode(struct arena *mem, struct bytes value,
                                          struct raft_conf_state *ret_state, struct error *e);

/* The key of an "alarm" row; its value is empty. */
void backend_alarm_encode(struct buf *out, const struct backend_alarm *alarm);
MUST_CHECK bool backend_alarm_decode(struct bytes key, struct backend_alarm *ret_alarm,
                                     struct error *e);

/* The value of a "lease" row; its key is the id, 8 bytes. Source: server/lease/leasepb/lease.proto. */
struct backend_lease {
    int64_t id;
    int64_t ttl_s;           /* as granted */
    int64_t remaining_ttl_s; /* from the last checkpoint; 0: none */
};

MUST_CHECK bool backend_lease_decode(struct bytes value, struct backend_lease *ret_lease,
                                     struct error *e);

enum { BACKEND_U64_SIZE = 8, BACKEND_MEMBER_KEY_SIZE = 17 };

/* The values of consistent_index, term, authRevision. ERROR_FORMAT: not 8 bytes. */
void backend_u64_encode(uint64_t value, uint8_t ret_bytes[BACKEND_U64_SIZE]);
MUST_CHECK bool backend_u64_decode(struct bytes value, uint64_t *ret_value, struct error *e);

/* The key of a "members" or "members_removed" row, as text. ERROR_FORMAT: no such id. */
void backend_member_key(uint64_t id, char ret_key[BACKEND_MEMBER_KEY_SIZE]);
MUST_CHECK bool backend_member_key_decode(struct bytes key, uint64_t *ret_id, struct error *e);

#endif
