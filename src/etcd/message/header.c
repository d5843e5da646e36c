/* ResponseHeader's table. */
#include "etcd/message/header.h"

static const struct message_field header_fields[] = {
    MESSAGE_U64(struct etcd_header, cluster_id, 1),
    MESSAGE_U64(struct etcd_header, member_id, 2),
    MESSAGE_I64(struct etcd_header, revision, 3),
    MESSAGE_U64(struct etcd_header, raft_term, 4),
};
const struct message etcd_header_message =
    MESSAGE("ResponseHeader", struct etcd_header, header_fields);
