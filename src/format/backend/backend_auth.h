/*
 * The rows of "authUsers" and "authRoles": who may log in, and what a role permits.
 * Source: etcd 3.4-3.7 api/authpb/auth.proto; server/storage/schema/auth_{users,roles}.go.
 */
#ifndef QUORATE_FORMAT_BACKEND_AUTH_H
#define QUORATE_FORMAT_BACKEND_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

enum backend_permission_type {
    BACKEND_PERMISSION_READ = 0,
    BACKEND_PERMISSION_WRITE = 1,
    BACKEND_PERMISSION_READWRITE = 2,
};

struct backend_permission {
    uint32_t type; /* enum backend_permission_type */
    struct bytes key;
    struct bytes range_end; /* empty: the one key */
};

struct backend_role {
    struct bytes name;
    const struct backend_permission *permissions;
    size_t permission_count;
};

struct backend_user {
    struct bytes name;
    const struct bytes *roles;
    size_t role_count;
    bool has_options;
    bool no_password; /* logs in by certificate only */
};

/* Both: arrays in mem, bytes point into the value; ERROR_FORMAT: malformed. The hash of a user's
 * password is skipped. */
MUST_CHECK bool backend_role_decode(struct arena *mem, struct bytes value,
                                    struct backend_role *ret_role, struct error *e);
MUST_CHECK bool backend_user_decode(struct arena *mem, struct bytes value,
                                    struct backend_user *ret_user, struct error *e);

#endif
