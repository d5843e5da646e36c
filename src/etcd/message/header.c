/* ResponseHeader's table, and those of the messages without fields of their own. */
#include "etcd/message/header.h"

static const struct message_field header_fields[] = {
    MESSAGE_U64(struct etcd_header, cluster_id, 1),
    MESSAGE_U64(struct etcd_header, member_id, 2),
    MESSAGE_I64(struct etcd_header, revision, 3),
    MESSAGE_U64(struct etcd_header, raft_term, 4),
};
const struct message etcd_header_message =
    MESSAGE("ResponseHeader", struct etcd_header, header_fields);

const struct message etcd_empty_message = {"Empty", sizeof(struct etcd_empty), NULL, 0};

static const struct message_field header_only_fields[] = {
    MESSAGE_INNER(struct etcd_header_only, header, 1, struct etcd_header, etcd_header_message),
};
const struct message etcd_header_only_message =
    MESSAGE("HeaderOnly", struct etcd_header_only, header_only_fields);
