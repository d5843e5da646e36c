/* The Auth service's tables: field numbers from etcd's rpc.proto. */
#include "etcd/message/auth_message.h"

#define HEADER(type) MESSAGE_INNER(type, header, 1, struct etcd_header, etcd_header_message)

static const struct message_field auth_status_fields[] = {
    HEADER(struct etcd_auth_status),
    MESSAGE_BOOL(struct etcd_auth_status, enabled, 2),
    MESSAGE_U64(struct etcd_auth_status, auth_revision, 3),
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
