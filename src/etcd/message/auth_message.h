/*
 * The Auth service's messages of this client: is authentication on, and a token for a password.
 * Source: etcd api/etcdserverpb/rpc.proto, 3.4 to 3.7 (AuthStatus since 3.5).
 */
#ifndef QUORATE_ETCD_AUTH_MESSAGE_H
#define QUORATE_ETCD_AUTH_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcd/message/header.h"

struct etcd_auth_status {
    struct etcd_header header;
    bool enabled;
    uint64_t auth_revision;
};

struct etcd_authenticate_request {
    const char *name;
    const char *password; /* of a struct secret: the encoded request is wiped after use */
};

struct etcd_authenticate_response {
    struct etcd_header header;
    struct bytes token;
};

extern const struct message etcd_auth_status_message;
extern const struct message etcd_authenticate_request_message;
extern const struct message etcd_authenticate_response_message;

#endif
