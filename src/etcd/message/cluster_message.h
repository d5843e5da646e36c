/*
 * The Cluster service's messages: the member list and its changes.
 * Source: etcd api/etcdserverpb/rpc.proto, 3.4 to 3.7.
 */
#ifndef QUORATE_ETCD_CLUSTER_MESSAGE_H
#define QUORATE_ETCD_CLUSTER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcd/message/header.h"

struct etcd_member {
    uint64_t id;
    const char *name; /* "": the member was added but never started */
    const char *const *peer_urls;
    size_t peer_url_count;
    const char *const *client_urls; /* none: it never started */
    size_t client_url_count;
    bool is_learner;
};

/* 3.4 ignores 'linearizable' and always answers from its own knowledge. */
struct etcd_member_list_request {
    bool linearizable;
};

/* Also the answer to remove, update and promote: the members afterwards. */
struct etcd_member_list {
    struct etcd_header header; /* its revision is 0 */
    const struct etcd_member *members;
    size_t member_count;
};

struct etcd_member_add_request {
    const char *const *peer_urls;
    size_t peer_url_count;
    bool is_learner;
};

struct etcd_member_added {
    struct etcd_header header;
    struct etcd_member member; /* the new one */
    const struct etcd_member *members;
    size_t member_count;
};

struct etcd_member_id_request { /* MemberRemove, MemberPromote */
    uint64_t id;
};

struct etcd_member_update_request {
    uint64_t id;
    const char *const *peer_urls;
    size_t peer_url_count;
};

extern const struct message etcd_member_message;
extern const struct message etcd_member_list_request_message;
extern const struct message etcd_member_list_message;
extern const struct message etcd_member_add_request_message;
extern const struct message etcd_member_added_message;
extern const struct message etcd_member_id_request_message;
extern const struct message etcd_member_update_request_message;

#endif
