/* The Cluster service's tables: field numbers from etcd's rpc.proto. */
#include "etcd/message/cluster_message.h"

#define HEADER(type) MESSAGE_INNER(type, header, 1, struct etcd_header, etcd_header_message)

static const struct message_field member_fields[] = {
    MESSAGE_U64_AS("ID", struct etcd_member, id, 1),
    MESSAGE_TEXT(struct etcd_member, name, 2),
    MESSAGE_TEXTS_AS("peerURLs", struct etcd_member, peer_urls, peer_url_count, 3),
    MESSAGE_TEXTS_AS("clientURLs", struct etcd_member, client_urls, client_url_count, 4),
    MESSAGE_BOOL_AS("isLearner", struct etcd_member, is_learner, 5),
};
const struct message etcd_member_message = MESSAGE("Member", struct etcd_member, member_fields);

static const struct message_field member_list_request_fields[] = {
    MESSAGE_BOOL(struct etcd_member_list_request, linearizable, 1),
};
const struct message etcd_member_list_request_message =
    MESSAGE("MemberListRequest", struct etcd_member_list_request, member_list_request_fields);

static const struct message_field member_list_fields[] = {
    HEADER(struct etcd_member_list),
    MESSAGE_REPEATED(struct etcd_member_list, members, member_count, 2, struct etcd_member,
                     etcd_member_message),
};
const struct message etcd_member_list_message =
    MESSAGE("MemberListResponse", struct etcd_member_list, member_list_fields);

static const struct message_field member_add_request_fields[] = {
    MESSAGE_TEXTS_AS("peerURLs", struct etcd_member_add_request, peer_urls, peer_url_count, 1),
    MESSAGE_BOOL_AS("isLearner", struct etcd_member_add_request, is_learner, 2),
};
const struct message etcd_member_add_request_message =
    MESSAGE("MemberAddRequest", struct etcd_member_add_request, member_add_request_fields);

static const struct message_field member_added_fields[] = {
    HEADER(struct etcd_member_added),
    MESSAGE_INNER(struct etcd_member_added, member, 2, struct etcd_member, etcd_member_message),
    MESSAGE_REPEATED(struct etcd_member_added, members, member_count, 3, struct etcd_member,
                     etcd_member_message),
};
const struct message etcd_member_added_message =
    MESSAGE("MemberAddResponse", struct etcd_member_added, member_added_fields);

static const struct message_field member_id_request_fields[] = {
    MESSAGE_U64_AS("ID", struct etcd_member_id_request, id, 1),
};
const struct message etcd_member_id_request_message =
    MESSAGE("MemberRemoveRequest", struct etcd_member_id_request, member_id_request_fields);

static const struct message_field member_update_request_fields[] = {
    MESSAGE_U64_AS("ID", struct etcd_member_update_request, id, 1),
    MESSAGE_TEXTS_AS("peerURLs", struct etcd_member_update_request, peer_urls, peer_url_count, 2),
};
const struct message etcd_member_update_request_message =
    MESSAGE("MemberUpdateRequest", struct etcd_member_update_request, member_update_request_fields);
