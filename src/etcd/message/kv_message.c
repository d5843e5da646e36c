/* The KV service's tables: field numbers from etcd's rpc.proto and kv.proto. */
#include "etcd/message/kv_message.h"

#define HEADER(type) MESSAGE_INNER(type, header, 1, struct etcd_header, etcd_header_message)

static const struct message_field key_value_fields[] = {
    MESSAGE_BYTES(struct etcd_key_value, key, 1),
    MESSAGE_I64(struct etcd_key_value, create_revision, 2),
    MESSAGE_I64(struct etcd_key_value, mod_revision, 3),
    MESSAGE_I64(struct etcd_key_value, version, 4),
    MESSAGE_BYTES(struct etcd_key_value, value, 5),
    MESSAGE_I64(struct etcd_key_value, lease, 6),
};
const struct message etcd_key_value_message =
    MESSAGE("KeyValue", struct etcd_key_value, key_value_fields);

static const struct message_field range_request_fields[] = {
    MESSAGE_BYTES(struct etcd_range_request, key, 1),
    MESSAGE_BYTES(struct etcd_range_request, range_end, 2),
    MESSAGE_I64(struct etcd_range_request, limit, 3),
    MESSAGE_I64(struct etcd_range_request, revision, 4),
    MESSAGE_ENUM(struct etcd_range_request, sort_order, 5, enum etcd_sort_order),
    MESSAGE_ENUM(struct etcd_range_request, sort_target, 6, enum etcd_sort_target),
    MESSAGE_BOOL(struct etcd_range_request, serializable, 7),
    MESSAGE_BOOL(struct etcd_range_request, keys_only, 8),
    MESSAGE_BOOL(struct etcd_range_request, count_only, 9),
    MESSAGE_I64(struct etcd_range_request, min_mod_revision, 10),
    MESSAGE_I64(struct etcd_range_request, max_mod_revision, 11),
    MESSAGE_I64(struct etcd_range_request, min_create_revision, 12),
    MESSAGE_I64(struct etcd_range_request, max_create_revision, 13),
};
const struct message etcd_range_request_message =
    MESSAGE("RangeRequest", struct etcd_range_request, range_request_fields);

static const struct message_field range_response_fields[] = {
    HEADER(struct etcd_range_response),
    MESSAGE_REPEATED(struct etcd_range_response, kvs, kv_count, 2, struct etcd_key_value,
                     etcd_key_value_message),
    MESSAGE_BOOL(struct etcd_range_response, more, 3),
    MESSAGE_I64(struct etcd_range_response, count, 4),
};
const struct message etcd_range_response_message =
    MESSAGE("RangeResponse", struct etcd_range_response, range_response_fields);

static const struct message_field range_stream_response_fields[] = {
    MESSAGE_INNER(struct etcd_range_stream_response, range_response, 1, struct etcd_range_response,
                  etcd_range_response_message),
};
const struct message etcd_range_stream_response_message =
    MESSAGE("RangeStreamResponse", struct etcd_range_stream_response, range_stream_response_fields);

static const struct message_field put_request_fields[] = {
    MESSAGE_BYTES(struct etcd_put_request, key, 1),
    MESSAGE_BYTES(struct etcd_put_request, value, 2),
    MESSAGE_I64(struct etcd_put_request, lease, 3),
    MESSAGE_BOOL(struct etcd_put_request, prev_kv, 4),
    MESSAGE_BOOL(struct etcd_put_request, ignore_value, 5),
    MESSAGE_BOOL(struct etcd_put_request, ignore_lease, 6),
};
const struct message etcd_put_request_message =
    MESSAGE("PutRequest", struct etcd_put_request, put_request_fields);

static const struct message_field put_response_fields[] = {
    HEADER(struct etcd_put_response),
    MESSAGE_OPTIONAL(struct etcd_put_response, prev_kv, 2, struct etcd_key_value,
                     etcd_key_value_message),
};
const struct message etcd_put_response_message =
    MESSAGE("PutResponse", struct etcd_put_response, put_response_fields);

static const struct message_field delete_range_request_fields[] = {
    MESSAGE_BYTES(struct etcd_delete_range_request, key, 1),
    MESSAGE_BYTES(struct etcd_delete_range_request, range_end, 2),
    MESSAGE_BOOL(struct etcd_delete_range_request, prev_kv, 3),
};
const struct message etcd_delete_range_request_message =
    MESSAGE("DeleteRangeRequest", struct etcd_delete_range_request, delete_range_request_fields);

static const struct message_field delete_range_response_fields[] = {
    HEADER(struct etcd_delete_range_response),
    MESSAGE_I64(struct etcd_delete_range_response, deleted, 2),
    MESSAGE_REPEATED(struct etcd_delete_range_response, prev_kvs, prev_kv_count, 3,
                     struct etcd_key_value, etcd_key_value_message),
};
const struct message etcd_delete_range_response_message =
    MESSAGE("DeleteRangeResponse", struct etcd_delete_range_response, delete_range_response_fields);

static const struct message_field compare_fields[] = {
    MESSAGE_ENUM(struct etcd_compare, result, 1, enum etcd_compare_result),
    MESSAGE_ENUM(struct etcd_compare, target, 2, enum etcd_compare_target),
    MESSAGE_BYTES(struct etcd_compare, key, 3),
    MESSAGE_I64(struct etcd_compare, version, 4),
    MESSAGE_I64(struct etcd_compare, create_revision, 5),
    MESSAGE_I64(struct etcd_compare, mod_revision, 6),
    MESSAGE_BYTES(struct etcd_compare, value, 7),
    MESSAGE_I64(struct etcd_compare, lease, 8),
    MESSAGE_BYTES(struct etcd_compare, range_end, 64),
};
static const struct message compare_message =
    MESSAGE("Compare", struct etcd_compare, compare_fields);

static const struct message_field request_op_fields[] = {
    MESSAGE_OPTIONAL_AS("request_range", struct etcd_request_op, range, 1,
                        struct etcd_range_request, etcd_range_request_message),
    MESSAGE_OPTIONAL_AS("request_put", struct etcd_request_op, put, 2, struct etcd_put_request,
                        etcd_put_request_message),
    MESSAGE_OPTIONAL_AS("request_delete_range", struct etcd_request_op, delete_range, 3,
                        struct etcd_delete_range_request, etcd_delete_range_request_message),
    MESSAGE_OPTIONAL_AS("request_txn", struct etcd_request_op, txn, 4, struct etcd_txn_request,
                        etcd_txn_request_message),
};
static const struct message request_op_message =
    MESSAGE("RequestOp", struct etcd_request_op, request_op_fields);

static const struct message_field txn_request_fields[] = {
    MESSAGE_REPEATED_AS("compare", struct etcd_txn_request, compares, compare_count, 1,
                        struct etcd_compare, compare_message),
    MESSAGE_REPEATED(struct etcd_txn_request, success, success_count, 2, struct etcd_request_op,
                     request_op_message),
    MESSAGE_REPEATED(struct etcd_txn_request, failure, failure_count, 3, struct etcd_request_op,
                     request_op_message),
};
const struct message etcd_txn_request_message =
    MESSAGE("TxnRequest", struct etcd_txn_request, txn_request_fields);

static const struct message_field response_op_fields[] = {
    MESSAGE_OPTIONAL_AS("response_range", struct etcd_response_op, range, 1,
                        struct etcd_range_response, etcd_range_response_message),
    MESSAGE_OPTIONAL_AS("response_put", struct etcd_response_op, put, 2, struct etcd_put_response,
                        etcd_put_response_message),
    MESSAGE_OPTIONAL_AS("response_delete_range", struct etcd_response_op, delete_range, 3,
                        struct etcd_delete_range_response, etcd_delete_range_response_message),
    MESSAGE_OPTIONAL_AS("response_txn", struct etcd_response_op, txn, 4, struct etcd_txn_response,
                        etcd_txn_response_message),
};
static const struct message response_op_message =
    MESSAGE("ResponseOp", struct etcd_response_op, response_op_fields);

static const struct message_field txn_response_fields[] = {
    HEADER(struct etcd_txn_response),
    MESSAGE_BOOL(struct etcd_txn_response, succeeded, 2),
    MESSAGE_REPEATED(struct etcd_txn_response, responses, response_count, 3,
                     struct etcd_response_op, response_op_message),
};
const struct message etcd_txn_response_message =
    MESSAGE("TxnResponse", struct etcd_txn_response, txn_response_fields);

static const struct message_field compact_request_fields[] = {
    MESSAGE_I64(struct etcd_compact_request, revision, 1),
    MESSAGE_BOOL(struct etcd_compact_request, physical, 2),
};
const struct message etcd_compact_request_message =
    MESSAGE("CompactionRequest", struct etcd_compact_request, compact_request_fields);

static const struct message_field compact_response_fields[] = {
    HEADER(struct etcd_compact_response),
};
const struct message etcd_compact_response_message =
    MESSAGE("CompactionResponse", struct etcd_compact_response, compact_response_fields);
