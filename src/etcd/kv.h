/*
 * The KV service's calls, each asked of any endpoint (etcd/client.h).
 *
 * mem  holds the answer: keys and values point into the received message, which is there too.
 * e    ERROR_RPC and friends as etcd/rpc_error.h says; ERROR_CONNECTION, ERROR_TLS,
 *      ERROR_UNAVAILABLE when no endpoint could be reached; ERROR_TIMEOUT.
 */
#ifndef QUORATE_ETCD_KV_H
#define QUORATE_ETCD_KV_H

#include "etcd/client.h"
#include "etcd/message/kv_message.h"

MUST_CHECK bool etcd_range(struct arena *mem, struct etcd_client *client,
                           const struct etcd_range_request *request,
                           struct etcd_range_response *ret_response, struct error *e);
MUST_CHECK bool etcd_put(struct arena *mem, struct etcd_client *client,
                         const struct etcd_put_request *request,
                         struct etcd_put_response *ret_response, struct error *e);
MUST_CHECK bool etcd_delete_range(struct arena *mem, struct etcd_client *client,
                                  const struct etcd_delete_range_request *request,
                                  struct etcd_delete_range_response *ret_response, struct error *e);
/* Repeated on another endpoint like a read when it holds nothing but ranges. */
MUST_CHECK bool etcd_txn(struct arena *mem, struct etcd_client *client,
                         const struct etcd_txn_request *request,
                         struct etcd_txn_response *ret_response, struct error *e);
MUST_CHECK bool etcd_compact(struct arena *mem, struct etcd_client *client,
                             const struct etcd_compact_request *request,
                             struct etcd_compact_response *ret_response, struct error *e);

/* The range_end for "all keys that start with 'prefix'"; "\0" (all keys) when 'prefix' is empty
 * or all 0xff. For the empty prefix the range's key must be "\0" too. */
struct bytes etcd_prefix_end(struct arena *mem, struct bytes prefix);

#endif
