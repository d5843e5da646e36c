/*
 * What etcd keeps in its bbolt file beside the users' keys: where raft stands, who is a member,
 * alarms, versions, authentication. backend_info_read() takes it all in at once.
 *
 * Source: etcd 3.4 mvcc/kvstore.go; 3.5 and 3.6 server/storage/schema/ (one file a bucket);
 * docs/formats/backend.md.
 */
#ifndef QUORATE_FORMAT_BACKEND_H
#define QUORATE_FORMAT_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "format/backend/backend_row.h"
#include "format/bbolt/bbolt.h"

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

/* Keys of the "meta" bucket, */
#define BACKEND_CONSISTENT_INDEX  "consistent_index"
#define BACKEND_TERM              "term"
#define BACKEND_CONF_STATE        "confState"
#define BACKEND_FINISHED_COMPACT  "finishedCompactRev"
#define BACKEND_SCHEDULED_COMPACT "scheduledCompactRev"
#define BACKEND_STORAGE_VERSION   "storageVersion"
/* of "cluster", */
#define BACKEND_CLUSTER_VERSION "clusterVersion"
#define BACKEND_DOWNGRADE       "downgrade"
/* of "auth". */
#define BACKEND_AUTH_ENABLED  "authEnabled"
#define BACKEND_AUTH_REVISION "authRevision"
/* The value of every row of "members_removed". */
#define BACKEND_REMOVED "removed"

enum { BACKEND_NEVER_COMPACTED = -1 };

struct backend_info {
    bool has_consistent_index;
    uint64_t consistent_index;         /* raft index of the last entry applied here */
    bool has_term;                     /* since 3.5 */
    uint64_t term;                     /* raft term of that entry */
    bool has_conf_state;               /* since 3.5 */
    struct raft_conf_state conf_state; /* raft's voters; a restore by etcdutl leaves them stale */

    int64_t finished_compact_revision;  /* main revision, or BACKEND_NEVER_COMPACTED */
    int64_t scheduled_compact_revision; /* above 'finished': a compaction was cut short */

    const char *storage_version; /* "3.6.0"; "" before 3.6 */
    const char *cluster_version; /* "3.5.0"; "" when no cluster version was agreed yet */
    const char *data_version;    /* minor release whose marks the file bears: "3.4", "3.5", ... */

    bool downgrade_enabled;
    const char *downgrade_target; /* "" when none */

    const struct backend_member *members; /* in the bucket's order: by id as text */
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
 * Reads everything of a backend but its key rows. Buckets and rows that are not there count as
 * empty.
 *
 * ret_info  in 'mem', with no pointer into the database; set only on success.
 * e         ERROR_FORMAT names the file, the bucket, the row and what is wrong with it;
 *           ERROR_CORRUPT: bbolt's.
 */
MUST_CHECK bool backend_info_read(struct arena *mem, const struct bbolt *db,
                                  struct backend_info *ret_info, struct error *e);

/*
 * Whether a row could be one of that bucket, as far as backend_info_read looks at rows. Rows of
 * "key" and of unknown buckets always could.
 *
 * e  ERROR_FORMAT: what is wrong with it; names no place.
 */
MUST_CHECK bool backend_row_check(struct bytes bucket, const struct bbolt_row *row,
                                  struct error *e);

/* Up to where history is gone for a server that opens the file: it finishes a compaction that was
 * cut short. BACKEND_NEVER_COMPACTED when there was none. */
int64_t backend_compact_revision(const struct backend_info *info);

#endif
