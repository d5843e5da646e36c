/* The Auth service's tables: field numbers from etcd's rpc.proto and auth.proto. */
#include "etcd/message/auth_message.h"

#define HEADER(type) MESSAGE_INNER(type, header, 1, struct etcd_header, etcd_header_message)

static const struct message_field auth_status_fields[] = {
    HEADER(struct etcd_auth_status),
    MESSAGE_BOOL(struct etcd_auth_status, enabled, 2),
    MESSAGE_U64_AS("authRevision", struct etcd_auth_status, auth_revision, 3),
};
const struct message etcd_auth_status_message =
    MESSAGE("AuthStatusResponse", struct etcd_auth_status, auth_status_fields);

static const struct message_field authenticate_request_fields[] = {
    MESSAGE_TEXT(struct etcd_authenticate_request, name, 1),
    MESSAGE_TEXT(struct etcd_authenticate_request, password, 2),
};
const struct message etcd_authenticate_request_message =
    MESSAGE("AuthenticateRequest", struct etcd_authenticate_request, authenticate_request_fields);

static const struct message_field authenticate_response_fields[] = {
    HEADER(struct etcd_authenticate_response),
    MESSAGE_BYTES(struct etcd_authenticate_response, token, 2),
};
const struct message etcd_authenticate_response_message = MESSAGE(
    "AuthenticateResponse", struct etcd_authenticate_response, authenticate_response_fields);

static const struct message_field user_options_fields[] = {
    MESSAGE_BOOL(struct etcd_user_options, no_password, 1),
};
static const struct message user_options_message =
    MESSAGE("UserAddOptions", struct etcd_user_options, user_options_fields);

static const struct message_field user_add_request_fields[] = {
    MESSAGE_TEXT(struct etcd_user_add_request, name, 1),
    MESSAGE_TEXT(struct etcd_user_add_request, password, 2),
    MESSAGE_INNER(struct etcd_user_add_request, options, 3, struct etcd_user_options,
                  user_options_message),
};
const struct message etcd_user_add_request_message =
    MESSAGE("AuthUserAddRequest", struct etcd_user_add_request, user_add_request_fields);

static const struct message_field name_request_fields[] = {
    MESSAGE_TEXT(struct etcd_name_request, name, 1),
};
const struct message etcd_name_request_message =
    MESSAGE("AuthUserGetRequest", struct etcd_name_request, name_request_fields);

static const struct message_field user_role_request_fields[] = {
    MESSAGE_TEXT(struct etcd_user_role_request, user, 1),
    MESSAGE_TEXT(struct etcd_user_role_request, role, 2),
};
const struct message etcd_user_role_request_message =
    MESSAGE("AuthUserGrantRoleRequest", struct etcd_user_role_request, user_role_request_fields);

static const struct message_field user_fields[] = {
    HEADER(struct etcd_user),
    MESSAGE_TEXTS(struct etcd_user, roles, role_count, 2),
};
const struct message etcd_user_message =
    MESSAGE("AuthUserGetResponse", struct etcd_user, user_fields);

static const struct message_field user_list_fields[] = {
    HEADER(struct etcd_user_list),
    MESSAGE_TEXTS(struct etcd_user_list, users, user_count, 2),
};
const struct message etcd_user_list_message =
    MESSAGE("AuthUserListResponse", struct etcd_user_list, user_list_fields);

static const struct message_field permission_fields[] = {
    MESSAGE_ENUM_AS("permType", struct etcd_permission, type, 1, enum etcd_permission_type),
    MESSAGE_BYTES(struct etcd_permission, key, 2),
    MESSAGE_BYTES(struct etcd_permission, range_end, 3),
};
static const struct message permission_message =
    MESSAGE("Permission", struct etcd_permission, permission_fields);

static const struct message_field role_grant_request_fields[] = {
    MESSAGE_TEXT_AS("name", struct etcd_role_grant_request, role, 1),
    MESSAGE_INNER_AS("perm", struct etcd_role_grant_request, permission, 2, struct etcd_permission,
                     permission_message),
};
const struct message etcd_role_grant_request_message = MESSAGE(
    "AuthRoleGrantPermissionRequest", struct etcd_role_grant_request, role_grant_request_fields);

static const struct message_field role_revoke_request_fields[] = {
    MESSAGE_TEXT(struct etcd_role_revoke_request, role, 1),
    MESSAGE_BYTES(struct etcd_role_revoke_request, key, 2),
    MESSAGE_BYTES(struct etcd_role_revoke_request, range_end, 3),
};
const struct message etcd_role_revoke_request_message = MESSAGE(
    "AuthRoleRevokePermissionRequest", struct etcd_role_revoke_request, role_revoke_request_fields);

static const struct message_field role_fields[] = {
    HEADER(struct etcd_role),
    MESSAGE_REPEATED_AS("perm", struct etcd_role, permissions, permission_count, 2,
                        struct etcd_permission, permission_message),
};
const struct message etcd_role_message =
    MESSAGE("AuthRoleGetResponse", struct etcd_role, role_fields);

static const struct message_field role_list_fields[] = {
    HEADER(struct etcd_role_list),
    MESSAGE_TEXTS(struct etcd_role_list, roles, role_count, 2),
};
const struct message etcd_role_list_message =
    MESSAGE("AuthRoleListResponse", struct etcd_role_list, role_list_fields);
