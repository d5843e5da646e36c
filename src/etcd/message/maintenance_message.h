/*
 * The Maintenance service's messages: status, hashes, alarms, snapshot, leadership, downgrade.
 * Source: etcd api/etcdserverpb/rpc.proto, 3.4 to 3.7; "(3.6)" marks fields that older servers
 * leave out, which then read as zero or "".
 */
#ifndef QUORATE_ETCD_MAINTENANCE_MESSAGE_H
#define QUORATE_ETCD_MAINTENANCE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcd/message/header.h"

struct etcd_downgrade_info {
    bool enabled;
    const char *target_version;
};

struct etcd_status {
    struct etcd_header header;
    const char *version; /* of the server's binary */
    int64_t db_size_bytes;
    uint64_t leader; /* member id; 0: this member knows none */
    uint64_t raft_index;
    uint64_t raft_term;
    uint64_t raft_applied_index;
    const char *const *errors; /* "etcdserver: no leader", "memberID:1 alarm:NOSPACE " */
    size_t error_count;
    int64_t db_size_in_use_bytes;
    bool is_learner;
    const char *storage_version;               /* (3.6) */
    int64_t db_size_quota_bytes;               /* (3.6) */
    struct etcd_downgrade_info downgrade_info; /* (3.6) */
};

struct etcd_hash {
    struct etcd_header header;
    uint32_t hash;
};

struct etcd_hash_kv_request {
    int64_t revision; /* 0: the newest */
};

struct etcd_hash_kv {
    struct etcd_header header;
    uint32_t hash;
    int64_t compact_revision; /* -1: never compacted; compare hashes only when these are equal */
    int64_t hash_revision;    /* (3.6) */
};

enum etcd_alarm_action { ETCD_ALARM_GET, ETCD_ALARM_ACTIVATE, ETCD_ALARM_DEACTIVATE };
enum etcd_alarm_type { ETCD_ALARM_NONE, ETCD_ALARM_NOSPACE, ETCD_ALARM_CORRUPT };

struct etcd_alarm_request {
    enum etcd_alarm_action action;
    uint64_t member_id;
    enum etcd_alarm_type type;
};

struct etcd_alarm {
    uint64_t member_id;
    enum etcd_alarm_type type;
};

struct etcd_alarm_list {
    struct etcd_header header; /* zero on 3.4 */
    const struct etcd_alarm *alarms;
    size_t alarm_count;
};

struct etcd_move_leader_request {
    uint64_t target_id;
};

struct etcd_snapshot_response {
    uint64_t remaining_bytes; /* of the database, the blob not counted; 0 in the last ones */
    struct bytes blob;
    struct bytes version; /* (3.6) the database's storage version, in every message */
};

enum etcd_downgrade_action {
    ETCD_DOWNGRADE_VALIDATE,
    ETCD_DOWNGRADE_ENABLE,
    ETCD_DOWNGRADE_CANCEL,
};

struct etcd_downgrade_request {
    enum etcd_downgrade_action action;
    const char *version; /* "3.5" or "3.5.0" */
};

struct etcd_downgrade {
    struct etcd_header header;
    const char *version; /* the cluster version now */
};

extern const struct message etcd_status_message;
extern const struct message etcd_hash_message;
extern const struct message etcd_hash_kv_request_message;
extern const struct message etcd_hash_kv_message;
extern const struct message etcd_alarm_request_message;
extern const struct message etcd_alarm_list_message;
extern const struct message etcd_move_leader_request_message;
extern const struct message etcd_snapshot_response_message;
extern const struct message etcd_downgrade_request_message;
extern const struct message etcd_downgrade_message;

#endif
