/* The Lease service's tables: field numbers from etcd's rpc.proto. */
#include "etcd/message/lease_message.h"

#define HEADER(type) MESSAGE_INNER(type, header, 1, struct etcd_header, etcd_header_message)

static const struct message_field lease_grant_request_fields[] = {
    MESSAGE_I64_AS("TTL", struct etcd_lease_grant_request, ttl, 1),
    MESSAGE_I64_AS("ID", struct etcd_lease_grant_request, id, 2),
};
const struct message etcd_lease_grant_request_message =
    MESSAGE("LeaseGrantRequest", struct etcd_lease_grant_request, lease_grant_request_fields);

static const struct message_field lease_grant_response_fields[] = {
    HEADER(struct etcd_lease_grant_response),
    MESSAGE_I64_AS("ID", struct etcd_lease_grant_response, id, 2),
    MESSAGE_I64_AS("TTL", struct etcd_lease_grant_response, ttl, 3),
    MESSAGE_TEXT(struct etcd_lease_grant_response, error, 4),
};
const struct message etcd_lease_grant_response_message =
    MESSAGE("LeaseGrantResponse", struct etcd_lease_grant_response, lease_grant_response_fields);

static const struct message_field lease_revoke_request_fields[] = {
    MESSAGE_I64_AS("ID", struct etcd_lease_revoke_request, id, 1),
};
const struct message etcd_lease_revoke_request_message =
    MESSAGE("LeaseRevokeRequest", struct etcd_lease_revoke_request, lease_revoke_request_fields);

static const struct message_field lease_revoke_response_fields[] = {
    HEADER(struct etcd_lease_revoke_response),
};
const struct message etcd_lease_revoke_response_message =
    MESSAGE("LeaseRevokeResponse", struct etcd_lease_revoke_response, lease_revoke_response_fields);

static const struct message_field lease_keep_alive_request_fields[] = {
    MESSAGE_I64_AS("ID", struct etcd_lease_keep_alive_request, id, 1),
};
const struct message etcd_lease_keep_alive_request_message = MESSAGE(
    "LeaseKeepAliveRequest", struct etcd_lease_keep_alive_request, lease_keep_alive_request_fields);

static const struct message_field lease_keep_alive_response_fields[] = {
    HEADER(struct etcd_lease_keep_alive_response),
    MESSAGE_I64_AS("ID", struct etcd_lease_keep_alive_response, id, 2),
    MESSAGE_I64_AS("TTL", struct etcd_lease_keep_alive_response, ttl, 3),
};
const struct message etcd_lease_keep_alive_response_message =
    MESSAGE("LeaseKeepAliveResponse", struct etcd_lease_keep_alive_response,
            lease_keep_alive_response_fields);

static const struct message_field lease_time_to_live_request_fields[] = {
    MESSAGE_I64_AS("ID", struct etcd_lease_time_to_live_request, id, 1),
    MESSAGE_BOOL(struct etcd_lease_time_to_live_request, keys, 2),
};
const struct message etcd_lease_time_to_live_request_message =
    MESSAGE("LeaseTimeToLiveRequest", struct etcd_lease_time_to_live_request,
            lease_time_to_live_request_fields);

static const struct message_field lease_time_to_live_response_fields[] = {
    HEADER(struct etcd_lease_time_to_live_response),
    MESSAGE_I64_AS("ID", struct etcd_lease_time_to_live_response, id, 2),
    MESSAGE_I64_AS("TTL", struct etcd_lease_time_to_live_response, ttl, 3),
    MESSAGE_I64_AS("grantedTTL", struct etcd_lease_time_to_live_response, granted_ttl, 4),
    MESSAGE_KEYS(struct etcd_lease_time_to_live_response, keys, key_count, 5),
};
const struct message etcd_lease_time_to_live_response_message =
    MESSAGE("LeaseTimeToLiveResponse", struct etcd_lease_time_to_live_response,
            lease_time_to_live_response_fields);

static const struct message_field lease_status_fields[] = {
    MESSAGE_I64_AS("ID", struct etcd_lease_status, id, 1),
};
static const struct message lease_status_message =
    MESSAGE("LeaseStatus", struct etcd_lease_status, lease_status_fields);

static const struct message_field lease_leases_response_fields[] = {
    HEADER(struct etcd_lease_leases_response),
    MESSAGE_REPEATED(struct etcd_lease_leases_response, leases, lease_count, 2,
                     struct etcd_lease_status, lease_status_message),
};
const struct message etcd_lease_leases_response_message =
    MESSAGE("LeaseLeasesResponse", struct etcd_lease_leases_response, lease_leases_response_fields);

const struct message etcd_lease_leases_request_message = {
    .name = "LeaseLeasesRequest",
    .size = sizeof(struct etcd_lease_leases_request),
};
