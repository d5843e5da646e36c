/*
 * The one place where etcd's gRPC errors become ours: by the message's text first, since one
 * trouble has different codes in different versions (rpc_errors.list), then by the code. What
 * never reached a server is net/failure.h's.
 */
#ifndef QUORATE_ETCD_RPC_ERROR_H
#define QUORATE_ETCD_RPC_ERROR_H

#include <stdbool.h>

#include "base/error.h"
#include "net/grpc.h"

enum {
    RPC_RETRY_READ = 1,      /* a call that changes nothing may be asked of another endpoint */
    RPC_NOT_DONE = 2,        /* refused by this endpoint only: any call may go to another one */
    RPC_NEEDS_TOKEN = 4,     /* none, or an old one, was given */
    RPC_OUTCOME_UNKNOWN = 8, /* a call that changes something may have been done all the same */
};

/* What a status other than GRPC_OK allows to do next: flags of the above. */
unsigned rpc_error_flags(const struct grpc_status *status);

/*
 * Our code, the server's own words (without "etcdserver: ") behind the endpoint, what to do about
 * it, and the same as evidence. The status is not GRPC_OK. The value is false.
 */
bool rpc_error_set(struct error *e, const struct grpc_status *status, const char *endpoint);

#endif
