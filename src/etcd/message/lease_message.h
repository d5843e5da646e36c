/*
 * The Lease service's messages. Times are seconds.
 * Source: etcd api/etcdserverpb/rpc.proto, 3.4 to 3.7.
 */
#ifndef QUORATE_ETCD_LEASE_MESSAGE_H
#define QUORATE_ETCD_LEASE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcd/message/header.h"

struct etcd_lease_grant_request {
    int64_t ttl;
    int64_t id; /* 0: the server chooses */
};

struct etcd_lease_grant_response {
    struct etcd_header header;
    int64_t id;
    int64_t ttl; /* may be longer than what was asked for */
    const char *error;
};

struct etcd_lease_revoke_request {
    int64_t id;
};

struct etcd_lease_revoke_response {
    struct etcd_header header;
};

struct etcd_lease_keep_alive_request {
    int64_t id;
};

struct etcd_lease_keep_alive_response {
    struct etcd_header header;
    int64_t id;
    int64_t ttl; /* 0: there is no such lease */
};

struct etcd_lease_time_to_live_request {
    int64_t id;
    bool keys;
};

struct etcd_lease_time_to_live_response {
    struct etcd_header header;
    int64_t id;
    int64_t ttl; /* left; -1: there is no such lease */
    int64_t granted_ttl;
    const struct bytes *keys; /* that the lease is attached to; when asked for */
    size_t key_count;
};

struct etcd_lease_leases_request {
    char none; /* no fields */
};

struct etcd_lease_status {
    int64_t id;
};

struct etcd_lease_leases_response {
    struct etcd_header header;
    const struct etcd_lease_status *leases;
    size_t lease_count;
};

extern const struct message etcd_lease_grant_request_message;
extern const struct message etcd_lease_grant_response_message;
extern const struct message etcd_lease_revoke_request_message;
extern const struct message etcd_lease_revoke_response_message;
extern const struct message etcd_lease_keep_alive_request_message;
extern const struct message etcd_lease_keep_alive_response_message;
extern const struct message etcd_lease_time_to_live_request_message;
extern const struct message etcd_lease_time_to_live_response_message;
extern const struct message etcd_lease_leases_request_message;
extern const struct message etcd_lease_leases_response_message;

#endif
