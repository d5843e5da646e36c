/* Looks a status up: its text in rpc_errors.list, else its code in the table below. */
#include "etcd/rpc_error.h"

#include <string.h>

#include "base/evidence.h"

struct rpc_error {
    const char *text; /* NULL in the codes' table */
    const char *cause;
    enum error_code code;
    unsigned flags;
    const char *hint;
};

static const struct rpc_error by_text[] = {
#define RPC_ERROR(text_, cause_, code_, flags_, hint_)                                             \
    {text_, cause_, ERROR_##code_, flags_, hint_},
#include "etcd/rpc_errors.list"
#undef RPC_ERROR
};

static const struct rpc_error by_code[] = {
    [GRPC_CANCELLED] = {NULL, "cancelled", ERROR_CANCELLED, RPC_OUTCOME_UNKNOWN, ""},
    [GRPC_UNKNOWN] = {NULL, "rpc", ERROR_RPC, 0, ""},
    [GRPC_INVALID_ARGUMENT] = {NULL, "invalid-argument", ERROR_RPC, 0, ""},
    [GRPC_DEADLINE_EXCEEDED] = {NULL, "server-timeout", ERROR_TIMEOUT,
                                RPC_RETRY_READ | RPC_OUTCOME_UNKNOWN, ""},
    [GRPC_NOT_FOUND] = {NULL, "not-found", ERROR_NOT_FOUND, 0, ""},
    [GRPC_ALREADY_EXISTS] = {NULL, "exists", ERROR_EXISTS, 0, ""},
    [GRPC_PERMISSION_DENIED] = {NULL, "permission-denied", ERROR_AUTH, 0, ""},
    [GRPC_RESOURCE_EXHAUSTED] = {NULL, "limit", ERROR_LIMIT, 0, ""},
    [GRPC_FAILED_PRECONDITION] = {NULL, "precondition", ERROR_CONFLICT, 0, ""},
    [GRPC_ABORTED] = {NULL, "aborted", ERROR_CONFLICT, 0, ""},
    [GRPC_OUT_OF_RANGE] = {NULL, "out-of-range", ERROR_RPC, 0, ""},
    [GRPC_UNIMPLEMENTED] = {NULL, "server-too-old", ERROR_RPC, 0, ""},
    [GRPC_INTERNAL] = {NULL, "internal", ERROR_RPC, RPC_OUTCOME_UNKNOWN, ""},
    [GRPC_UNAVAILABLE] = {NULL, "unavailable", ERROR_UNAVAILABLE,
                          RPC_RETRY_READ | RPC_OUTCOME_UNKNOWN, ""},
    [GRPC_DATA_LOSS] = {NULL, "corrupt", ERROR_CORRUPT, 0, ""},
    [GRPC_UNAUTHENTICATED] = {NULL, "no-token", ERROR_AUTH, RPC_NEEDS_TOKEN, ""},
};

enum { CODE_COUNT = sizeof(by_code) / sizeof(by_code[0]) };

static const struct rpc_error *
rpc_error_find(const struct grpc_status *status)
{
    for (size_t i = 0; i < sizeof(by_text) / sizeof(by_text[0]); i++) {
        if (strstr(status->message, by_text[i].text) != NULL)
            return &by_text[i];
    }
    return &by_code[(unsigned)status->code < CODE_COUNT ? status->code : GRPC_UNKNOWN];
}

unsigned
rpc_error_flags(const struct grpc_status *status)
{
    return rpc_error_find(status)->flags;
}

/* Some messages carry the prefix twice: once from the server, once from its proxying member; and a
 * watch is cancelled with an error as Go prints it. */
static const char *
message_strip(const char *message)
{
    static const char prefix[] = "etcdserver: ";
    const char *of_go = strstr(message, " desc = ");

    if (strncmp(message, "rpc error: code = ", 18) == 0 && of_go != NULL)
        message = of_go + strlen(" desc = ");
    while (strncmp(message, prefix, sizeof(prefix) - 1) == 0)
        message += sizeof(prefix) - 1;
    return message;
}

bool
rpc_error_set(struct error *e, const struct grpc_status *status, const char *endpoint)
{
    const struct rpc_error *found = rpc_error_find(status);
    const char *message = message_strip(status->message);

    ASSERT(status->code != GRPC_OK);
    if (message[0] == '\0')
        error_set(e, found->code, "gRPC status %u, without a message", (unsigned)status->code);
    else
        error_set(e, found->code, "%s", message);
    if (found->hint[0] != '\0')
        error_hint(e, "%s", found->hint);
    evidence_begin(e, found->cause);
    evidence_text(e, "endpoint", endpoint);
    evidence_number(e, "grpc_code", status->code);
    evidence_text(e, "server_said", status->message);
    return error_wrap(e, "endpoint '%s'", endpoint);
}
