/*
 * The KV service's messages: range, put, delete, transaction, compaction.
 * Source: etcd api/etcdserverpb/rpc.proto and api/mvccpb/kv.proto, 3.4 to 3.7; docs/formats.
 */
#ifndef QUORATE_ETCD_KV_MESSAGE_H
#define QUORATE_ETCD_KV_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcd/message/header.h"

struct etcd_key_value {
    struct bytes key;
    int64_t create_revision;
    int64_t mod_revision;
    int64_t version; /* 0: deleted */
    struct bytes value;
    int64_t lease;
};

enum etcd_sort_order { ETCD_SORT_NONE, ETCD_SORT_ASCEND, ETCD_SORT_DESCEND };
enum etcd_sort_target {
    ETCD_SORT_KEY,
    ETCD_SORT_VERSION,
    ETCD_SORT_CREATE,
    ETCD_SORT_MOD,
    ETCD_SORT_VALUE,
};

/*
 * range_end empty: the one key. range_end "\0": all keys from 'key' on. See etcd_prefix_end for
 * prefixes. Linearizable unless 'serializable'.
 */
struct etcd_range_request {
    struct bytes key;
    struct bytes range_end;
    int64_t limit;    /* 0: all */
    int64_t revision; /* 0: the newest */
    enum etcd_sort_order sort_order;
    enum etcd_sort_target sort_target;
    bool serializable;
    bool keys_only;
    bool count_only;
    int64_t min_mod_revision;
    int64_t max_mod_revision;
    int64_t min_create_revision;
    int64_t max_create_revision;
};

struct etcd_range_response {
    struct etcd_header header;
    const struct etcd_key_value *kvs;
    size_t kv_count;
    bool more;     /* there are keys behind the limit */
    int64_t count; /* keys in the range, the limit ignored */
};

/* One piece of a RangeStream's answer (3.7): keys; the last one also has header, more and count. */
struct etcd_range_stream_response {
    struct etcd_range_response range_response;
};

struct etcd_put_request {
    struct bytes key;
    struct bytes value;
    int64_t lease;
    bool prev_kv;
    bool ignore_value;
    bool ignore_lease;
};

struct etcd_put_response {
    struct etcd_header header;
    const struct etcd_key_value *prev_kv; /* NULL: not asked for, or there was none */
};

struct etcd_delete_range_request {
    struct bytes key;
    struct bytes range_end;
    bool prev_kv;
};

struct etcd_delete_range_response {
    struct etcd_header header;
    int64_t deleted;
    const struct etcd_key_value *prev_kvs;
    size_t prev_kv_count;
};

enum etcd_compare_result {
    ETCD_COMPARE_EQUAL,
    ETCD_COMPARE_GREATER,
    ETCD_COMPARE_LESS,
    ETCD_COMPARE_NOT_EQUAL,
};
enum etcd_compare_target {
    ETCD_COMPARE_VERSION,
    ETCD_COMPARE_CREATE,
    ETCD_COMPARE_MOD,
    ETCD_COMPARE_VALUE,
    ETCD_COMPARE_LEASE,
};

/* Set the one member that 'target' names; a missing one counts as 0 or empty on the server. */
struct etcd_compare {
    enum etcd_compare_result result;
    enum etcd_compare_target target;
    struct bytes key;
    int64_t version;
    int64_t create_revision;
    int64_t mod_revision;
    struct bytes value;
    int64_t lease;
    struct bytes range_end;
};

struct etcd_txn_request;
struct etcd_txn_response;

/* Exactly one is not NULL. */
struct etcd_request_op {
    const struct etcd_range_request *range;
    const struct etcd_put_request *put;
    const struct etcd_delete_range_request *delete_range;
    const struct etcd_txn_request *txn;
};

/* The request's counterpart: exactly one is not NULL. */
struct etcd_response_op {
    const struct etcd_range_response *range;
    const struct etcd_put_response *put;
    const struct etcd_delete_range_response *delete_range;
    const struct etcd_txn_response *txn;
};

struct etcd_txn_request {
    const struct etcd_compare *compares; /* all must hold for 'success', else 'failure' is done */
    size_t compare_count;
    const struct etcd_request_op *success;
    size_t success_count;
    const struct etcd_request_op *failure;
    size_t failure_count;
};

struct etcd_txn_response {
    struct etcd_header header;
    bool succeeded;
    const struct etcd_response_op *responses;
    size_t response_count;
};

struct etcd_compact_request {
    int64_t revision;
    bool physical; /* answer only when the old revisions are gone from the database */
};

struct etcd_compact_response {
    struct etcd_header header;
};

extern const struct message etcd_key_value_message;
extern const struct message etcd_range_request_message;
extern const struct message etcd_range_response_message;
extern const struct message etcd_range_stream_response_message;
extern const struct message etcd_put_request_message;
extern const struct message etcd_put_response_message;
extern const struct message etcd_delete_range_request_message;
extern const struct message etcd_delete_range_response_message;
extern const struct message etcd_txn_request_message;
extern const struct message etcd_txn_response_message;
extern const struct message etcd_compact_request_message;
extern const struct message etcd_compact_response_message;

#endif
