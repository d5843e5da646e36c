/*
 * The one place where etcd's gRPC errors become ours: by the message's text first, since one
 * trouble has different codes in different versions, then by the code.
 */
#ifndef QUORATE_ETCD_RPC_ERROR_H
#define QUORATE_ETCD_RPC_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Our code, the server's own words (without "etcdserver: "), and what to do. Always false. */
bool rpc_error_set(struct error *e, uint32_t grpc_status, const char *message);

/* May a call that changes nothing be asked again, here or elsewhere? */
bool rpc_error_retryable(uint32_t grpc_status, const char *message);

/* Does the server want a new token? */
bool rpc_error_token_invalid(uint32_t grpc_status, const char *message);

/* May a changing call that ended like this have been done all the same? */
bool rpc_error_outcome_unknown(uint32_t grpc_status, const char *message);

#endif
