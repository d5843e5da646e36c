/*
 * What etcd keeps in its bbolt file beside the user's keys: where raft stands, who is a member,
 * alarms, versions, authentication. backend_info_read() takes it all in at once.
 *
 * Numbers that etcd puts into keys and values are big-endian; ids print as hex without padding.
 *
 * Source: etcd 3.4 mvcc/kvstore.go, etcdserver/api/membership/store.go; 3.5 and 3.6
 * server/storage/schema/ (one file per bucket); docs/formats/backend.md.
 */
#ifndef QUORATE_FORMAT_BACKEND_H
#define QUORATE_FORMAT_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "format/mvcc.h"

struct bbolt;

/* The buckets, all at the top level; every server makes all of them at its first start. */
#define BACKEND_BUCKET_ALARM           "alarm"
#define BACKEND_BUCKET_AUTH            "auth"
#define BACKEND_BUCKET_AUTH_ROLES      "authRoles"
#define BACKEND_BUCKET_AUTH_USERS      "authUsers"
#define BACKEND_BUCKET_CLUSTER         "cluster"
#define BACKEND_BUCKET_KEY             "key"
#define BACKEND_BUCKET_LEASE           "lease"
#define BACKEND_BUCKET_MEMBERS         "members"
#define BACKEND_BUCKET_MEMBERS_REMOVED "members_removed"
#define BACKEND_BUCKET_META            "meta"

/* Keys of the "meta" bucket ... */
#define BACKEND_CONSISTENT_INDEX  "consistent_index"
#define BACKEND_TERM              "term"
#define BACKEND_CONF_STATE        "confState"
#define BACKEND_FINISHED_COMPACT  "finishedCompactRev"
#define BACKEND_SCHEDULED_COMPACT "scheduledCompactRev"
#define BACKEND_STORAGE_VERSION   "storageVersion"
/* ... of "cluster" ... */
#define BACKEND_CLUSTER_VERSION "clusterVersion"
#define BACKEND_DOWNGRADE       "downgrade"
/* ... and of "auth". */
#define BACKEND_AUTH_ENABLED  "authEnabled"
#define BACKEND_AUTH_REVISION "authRevision"
/* The value of every row of "members_removed". */
#define BACKEND_REMOVED "removed"

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

/* raft's voters as of the consistent index; meta/confState. */
struct backend_conf_state {
    const uint64_t *voters;
    size_t voter_count;
    const uint64_t *learners;
    size_t learner_count;
    const uint64_t *voters_outgoing; /* only while a joint change is under way */
    size_t voters_outgoing_count;
    const uint64_t *learners_next;
    size_t learners_next_count;
    bool auto_leave;
};

enum { BACKEND_NEVER_COMPACTED = -1 };

struct backend_info {
    bool has_consistent_index;
    uint64_t consistent_index; /* raft index of the last entry applied here */
    bool has_term;             /* since 3.5 */
    uint64_t term;             /* raft term of that entry */
    bool has_conf_state;       /* since 3.5 */
    struct backend_conf_state conf_state;

    int64_t finished_compact_revision;  /* main revision, or BACKEND_NEVER_COMPACTED */
    int64_t scheduled_compact_revision; /* above 'finished': a compaction was cut short */

    const char *storage_version; /* "3.6.0"; "" before 3.6 */
    const char *cluster_version; /* "3.5.0"; "" when no cluster version was agreed yet */
    const char *data_version;    /* minor release the file is of: "3.4", "3.5", "3.6", ... */

    bool downgrade_enabled;
    const char *downgrade_target; /* "" when none */

    const struct backend_member *members; /* by id as text, the bucket's order */
    size_t member_count;
    const uint64_t *removed_members;
    size_t removed_member_count;
    const struct backend_alarm *alarms;
    size_t alarm_count;

    size_t lease_count;
    bool auth_enabled;
    uint64_t auth_revision; /* 0 when absent */
    size_t auth_user_count;
    size_t auth_role_count;
};

/*
 * Reads everything of a backend but its key rows. Buckets that are not there count as empty.
 *
 * ret_info  in 'mem', holding no pointer into 'db'.
 * e         ERROR_FORMAT names bucket, row and what is wrong with it; ERROR_CORRUPT is bbolt's.
 */
MUST_CHECK bool backend_info_read(struct arena *mem, const struct bbolt *db,
                                  struct backend_info *ret_info, struct error *e);

/* The revision up to which history is gone: where a server that opens this file would stand, a
 * compaction cut short having been finished. BACKEND_NEVER_COMPACTED when there was none. */
int64_t backend_compact_revision(const struct backend_info *info);

/* "NOSPACE", "CORRUPT", "NONE", or "UNKNOWN". */
const char *backend_alarm_word(uint32_t type);

/* Values and keys as etcd writes them, to the end of 'out'. */
void backend_member_encode(struct buf *out, const struct backend_member *member);
void backend_conf_state_encode(struct buf *out, const struct backend_conf_state *state);
void backend_alarm_encode(struct buf *out, const struct backend_alarm *alarm);

/* The same back. Unknown JSON keys are ignored; ERROR_FORMAT. */
MUST_CHECK bool backend_member_decode(struct arena *mem, struct bytes value,
                                      struct backend_member *ret_member, struct error *e);
MUST_CHECK bool backend_conf_state_decode(struct arena *mem, struct bytes value,
                                          struct backend_conf_state *ret_state, struct error *e);
MUST_CHECK bool backend_alarm_decode(struct bytes key, struct backend_alarm *ret_alarm,
                                     struct error *e);

enum { BACKEND_U64_SIZE = 8, BACKEND_MEMBER_KEY_SIZE = 17 };

/* consistent_index, term, authRevision. */
void backend_u64_encode(uint64_t value, uint8_t ret_bytes[BACKEND_U64_SIZE]);
MUST_CHECK bool backend_u64_decode(struct bytes value, uint64_t *ret_value, struct error *e);

/* A member's row key: its id in lower-case hex without padding. */
void backend_member_key(uint64_t id, char ret_key[BACKEND_MEMBER_KEY_SIZE]);
MUST_CHECK bool backend_member_key_decode(struct bytes key, uint64_t *ret_id, struct error *e);

#endif
