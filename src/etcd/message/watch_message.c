/* The Watch service's tables: field numbers from etcd's rpc.proto and kv.proto. */
#include "etcd/message/watch_message.h"

static const struct message_field create_request_fields[] = {
    MESSAGE_BYTES(struct etcd_watch_create_request, key, 1),
    MESSAGE_BYTES(struct etcd_watch_create_request, range_end, 2),
    MESSAGE_I64(struct etcd_watch_create_request, start_revision, 3),
    MESSAGE_BOOL(struct etcd_watch_create_request, progress_notify, 4),
    MESSAGE_BOOL(struct etcd_watch_create_request, prev_kv, 6),
    MESSAGE_I64(struct etcd_watch_create_request, watch_id, 7),
    MESSAGE_BOOL(struct etcd_watch_create_request, fragment, 8),
};
static const struct message create_request_message =
    MESSAGE("WatchCreateRequest", struct etcd_watch_create_request, create_request_fields);

static const struct message_field cancel_request_fields[] = {
    MESSAGE_I64(struct etcd_watch_cancel_request, watch_id, 1),
};
static const struct message cancel_request_message =
    MESSAGE("WatchCancelRequest", struct etcd_watch_cancel_request, cancel_request_fields);

static const struct message progress_request_message = {
    .name = "WatchProgressRequest",
    .size = sizeof(struct etcd_watch_progress_request),
};

static const struct message_field watch_request_fields[] = {
    MESSAGE_OPTIONAL(struct etcd_watch_request, create_request, 1, struct etcd_watch_create_request,
                     create_request_message),
    MESSAGE_OPTIONAL(struct etcd_watch_request, cancel_request, 2, struct etcd_watch_cancel_request,
                     cancel_request_message),
    MESSAGE_OPTIONAL(struct etcd_watch_request, progress_request, 3,
                     struct etcd_watch_progress_request, progress_request_message),
};
const struct message etcd_watch_request_message =
    MESSAGE("WatchRequest", struct etcd_watch_request, watch_request_fields);

static const struct message_field event_fields[] = {
    MESSAGE_ENUM(struct etcd_event, type, 1, enum etcd_event_type),
    MESSAGE_OPTIONAL(struct etcd_event, kv, 2, struct etcd_key_value, etcd_key_value_message),
    MESSAGE_OPTIONAL(struct etcd_event, prev_kv, 3, struct etcd_key_value, etcd_key_value_message),
};
const struct message etcd_event_message = MESSAGE("Event", struct etcd_event, event_fields);

static const struct message_field watch_response_fields[] = {
    MESSAGE_INNER(struct etcd_watch_response, header, 1, struct etcd_header, etcd_header_message),
    MESSAGE_I64(struct etcd_watch_response, watch_id, 2),
    MESSAGE_BOOL(struct etcd_watch_response, created, 3),
    MESSAGE_BOOL(struct etcd_watch_response, canceled, 4),
    MESSAGE_I64(struct etcd_watch_response, compact_revision, 5),
    MESSAGE_TEXT(struct etcd_watch_response, cancel_reason, 6),
    MESSAGE_BOOL(struct etcd_watch_response, fragment, 7),
    MESSAGE_REPEATED(struct etcd_watch_response, events, event_count, 11, struct etcd_event,
                     etcd_event_message),
};
const struct message etcd_watch_response_message =
    MESSAGE("WatchResponse", struct etcd_watch_response, watch_response_fields);
