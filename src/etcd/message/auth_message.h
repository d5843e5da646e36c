/*
 * The Auth service's messages: authentication on and off, users, roles, and a token for a password.
 * Answers that have nothing but a header are struct etcd_header_only.
 * Source: etcd api/etcdserverpb/rpc.proto and api/authpb/auth.proto, 3.4 to 3.7 (AuthStatus since
 * 3.5).
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
    uint64_t auth_revision; /* counts the changes of users and roles */
};

/* Authenticate and UserChangePassword. */
struct etcd_authenticate_request {
    const char *name;
    const char *password; /* of a struct secret: the encoded request is wiped after use */
};

struct etcd_authenticate_response {
    struct etcd_header header;
    struct bytes token;
};

struct etcd_user_options {
    bool no_password; /* a certificate's common name is its only way in */
};

struct etcd_user_add_request {
    const char *name;
    const char *password; /* as above; "" with no_password */
    struct etcd_user_options options;
};

/* UserGet, UserDelete, RoleAdd, RoleGet, RoleDelete. */
struct etcd_name_request {
    const char *name;
};

/* UserGrantRole, UserRevokeRole. */
struct etcd_user_role_request {
    const char *user;
    const char *role;
};

struct etcd_user {
    struct etcd_header header;
    const char *const *roles;
    size_t role_count;
};

struct etcd_user_list {
    struct etcd_header header;
    const char *const *users;
    size_t user_count;
};

enum etcd_permission_type {
    ETCD_PERMISSION_READ,
    ETCD_PERMISSION_WRITE,
    ETCD_PERMISSION_READWRITE,
};

/* range_end: empty for the one key, "\0" for all keys from 'key' on, else the first key beyond. */
struct etcd_permission {
    enum etcd_permission_type type;
    struct bytes key;
    struct bytes range_end;
};

struct etcd_role_grant_request {
    const char *role;
    struct etcd_permission permission;
};

struct etcd_role_revoke_request {
    const char *role;
    struct bytes key;
    struct bytes range_end;
};

struct etcd_role {
    struct etcd_header header;
    const struct etcd_permission *permissions;
    size_t permission_count;
};

struct etcd_role_list {
    struct etcd_header header;
    const char *const *roles;
    size_t role_count;
};

extern const struct message etcd_auth_status_message;
extern const struct message etcd_authenticate_request_message;
extern const struct message etcd_authenticate_response_message;
extern const struct message etcd_user_add_request_message;
extern const struct message etcd_name_request_message;
extern const struct message etcd_user_role_request_message;
extern const struct message etcd_user_message;
extern const struct message etcd_user_list_message;
extern const struct message etcd_role_grant_request_message;
extern const struct message etcd_role_revoke_request_message;
extern const struct message etcd_role_message;
extern const struct message etcd_role_list_message;

#endif
