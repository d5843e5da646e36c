/* The Maintenance service's tables: field numbers from etcd's rpc.proto. */
#include "etcd/message/maintenance_message.h"

#define HEADER(type) MESSAGE_INNER(type, header, 1, struct etcd_header, etcd_header_message)

static const struct message_field downgrade_info_fields[] = {
    MESSAGE_BOOL(struct etcd_downgrade_info, enabled, 1),
    MESSAGE_TEXT_AS("targetVersion", struct etcd_downgrade_info, target_version, 2),
};
static const struct message downgrade_info_message =
    MESSAGE("DowngradeInfo", struct etcd_downgrade_info, downgrade_info_fields);

static const struct message_field status_fields[] = {
    HEADER(struct etcd_status),
    MESSAGE_TEXT(struct etcd_status, version, 2),
    MESSAGE_I64_AS("dbSize", struct etcd_status, db_size_bytes, 3),
    MESSAGE_U64(struct etcd_status, leader, 4),
    MESSAGE_U64_AS("raftIndex", struct etcd_status, raft_index, 5),
    MESSAGE_U64_AS("raftTerm", struct etcd_status, raft_term, 6),
    MESSAGE_U64_AS("raftAppliedIndex", struct etcd_status, raft_applied_index, 7),
    MESSAGE_TEXTS(struct etcd_status, errors, error_count, 8),
    MESSAGE_I64_AS("dbSizeInUse", struct etcd_status, db_size_in_use_bytes, 9),
    MESSAGE_BOOL_AS("isLearner", struct etcd_status, is_learner, 10),
    MESSAGE_TEXT_AS("storageVersion", struct etcd_status, storage_version, 11),
    MESSAGE_I64_AS("dbSizeQuota", struct etcd_status, db_size_quota_bytes, 12),
    MESSAGE_INNER_AS("downgradeInfo", struct etcd_status, downgrade_info, 13,
                     struct etcd_downgrade_info, downgrade_info_message),
};
const struct message etcd_status_message =
    MESSAGE("StatusResponse", struct etcd_status, status_fields);

static const struct message_field hash_fields[] = {
    HEADER(struct etcd_hash),
    MESSAGE_U32(struct etcd_hash, hash, 2),
};
const struct message etcd_hash_message = MESSAGE("HashResponse", struct etcd_hash, hash_fields);

static const struct message_field hash_kv_request_fields[] = {
    MESSAGE_I64(struct etcd_hash_kv_request, revision, 1),
};
const struct message etcd_hash_kv_request_message =
    MESSAGE("HashKVRequest", struct etcd_hash_kv_request, hash_kv_request_fields);

static const struct message_field hash_kv_fields[] = {
    HEADER(struct etcd_hash_kv),
    MESSAGE_U32(struct etcd_hash_kv, hash, 2),
    MESSAGE_I64(struct etcd_hash_kv, compact_revision, 3),
    MESSAGE_I64(struct etcd_hash_kv, hash_revision, 4),
};
const struct message etcd_hash_kv_message =
    MESSAGE("HashKVResponse", struct etcd_hash_kv, hash_kv_fields);

static const struct message_field alarm_request_fields[] = {
    MESSAGE_ENUM(struct etcd_alarm_request, action, 1, enum etcd_alarm_action),
    MESSAGE_U64_AS("memberID", struct etcd_alarm_request, member_id, 2),
    MESSAGE_ENUM_AS("alarm", struct etcd_alarm_request, type, 3, enum etcd_alarm_type),
};
const struct message etcd_alarm_request_message =
    MESSAGE("AlarmRequest", struct etcd_alarm_request, alarm_request_fields);

static const struct message_field alarm_fields[] = {
    MESSAGE_U64_AS("memberID", struct etcd_alarm, member_id, 1),
    MESSAGE_ENUM_AS("alarm", struct etcd_alarm, type, 2, enum etcd_alarm_type),
};
static const struct message alarm_message = MESSAGE("AlarmMember", struct etcd_alarm, alarm_fields);

static const struct message_field alarm_list_fields[] = {
    HEADER(struct etcd_alarm_list),
    MESSAGE_REPEATED(struct etcd_alarm_list, alarms, alarm_count, 2, struct etcd_alarm,
                     alarm_message),
};
const struct message etcd_alarm_list_message =
    MESSAGE("AlarmResponse", struct etcd_alarm_list, alarm_list_fields);

static const struct message_field move_leader_request_fields[] = {
    MESSAGE_U64_AS("targetID", struct etcd_move_leader_request, target_id, 1),
};
const struct message etcd_move_leader_request_message =
    MESSAGE("MoveLeaderRequest", struct etcd_move_leader_request, move_leader_request_fields);

static const struct message_field snapshot_response_fields[] = {
    MESSAGE_U64(struct etcd_snapshot_response, remaining_bytes, 2),
    MESSAGE_BYTES(struct etcd_snapshot_response, blob, 3),
    MESSAGE_BYTES(struct etcd_snapshot_response, version, 4),
};
const struct message etcd_snapshot_response_message =
    MESSAGE("SnapshotResponse", struct etcd_snapshot_response, snapshot_response_fields);

static const struct message_field downgrade_request_fields[] = {
    MESSAGE_ENUM(struct etcd_downgrade_request, action, 1, enum etcd_downgrade_action),
    MESSAGE_TEXT(struct etcd_downgrade_request, version, 2),
};
const struct message etcd_downgrade_request_message =
    MESSAGE("DowngradeRequest", struct etcd_downgrade_request, downgrade_request_fields);

static const struct message_field downgrade_fields[] = {
    HEADER(struct etcd_downgrade),
    MESSAGE_TEXT(struct etcd_downgrade, version, 2),
};
const struct message etcd_downgrade_message =
    MESSAGE("DowngradeResponse", struct etcd_downgrade, downgrade_fields);
