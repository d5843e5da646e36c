/* Unary calls, and what the end of any call means as an error. */
#include "net/grpc.h"

#include "net/grpc_channel.h"

static enum error_code
error_code_of(enum grpc_code code)
{
    switch (code) {
    case GRPC_CANCELLED:
        return ERROR_CANCELLED;
    case GRPC_DEADLINE_EXCEEDED:
        return ERROR_TIMEOUT;
    case GRPC_PERMISSION_DENIED:
    case GRPC_UNAUTHENTICATED:
        return ERROR_AUTH;
    case GRPC_RESOURCE_EXHAUSTED:
        return ERROR_LIMIT;
    case GRPC_UNAVAILABLE:
        return ERROR_UNAVAILABLE;
    default:
        return ERROR_RPC;
    }
}

bool
grpc_result_error(const struct grpc_channel *channel, const struct grpc_result *result,
                  struct error *e)
{
    const struct grpc_status *status = &result->status;

    if (result->failure.kind != NET_FAILURE_NONE)
        return net_failure_error(&result->failure, e);
    if (status->message[0] == '\0')
        return error_set(e, error_code_of(status->code), "endpoint '%s': gRPC status %d",
                         channel->endpoint.url, (int)status->code);
    return error_set(e, error_code_of(status->code), "endpoint '%s': %s", channel->endpoint.url,
                     status->message);
}

static void
unary_message(void *context, struct grpc_call *call, struct bytes message)
{
    struct grpc_unary *u = context;

    if (u->answered) {
        grpc_call_cancel(call);
        return;
    }
    u->answered = true;
    u->response = grpc_call_keep(call, u->mem, message);
}

/* A status OK needs exactly one message with it. */
static void
unary_check(struct grpc_unary *u)
{
    if (u->result.status.code == GRPC_OK && u->answered)
        return;
    if (u->result.status.code == GRPC_CANCELLED && u->answered)
        judge_set(&u->result.failure, NET_FAILURE_PROTOCOL, &u->channel->endpoint,
                  "more than one message in the answer");
    else if (u->result.status.code == GRPC_OK)
        judge_set(&u->result.failure, NET_FAILURE_PROTOCOL, &u->channel->endpoint,
                  "no message in the answer");
    else
        return;
    u->result.status.code = GRPC_INTERNAL;
}

static void
unary_end(void *context, struct grpc_call *call UNUSED, const struct grpc_result *result)
{
    struct grpc_unary *u = context;

    u->result = *result;
    u->call = NULL;
    u->done = true;
    unary_check(u);
}

void
grpc_unary_start(struct arena *mem, struct grpc_channel *channel,
                 const struct grpc_call_options *options, struct bytes request,
                 struct grpc_unary *ret_unary)
{
    struct grpc_call_options o = *options;

    *ret_unary = (struct grpc_unary){.channel = channel, .mem = mem};
    o.on_message = unary_message;
    o.on_end = unary_end;
    o.context = ret_unary;
    ret_unary->call = grpc_call_start(channel, &o);
    grpc_call_send(ret_unary->call, request);
    grpc_call_half_close(ret_unary->call);
}

bool
grpc_unary_finish(struct grpc_unary *u, struct error *e)
{
    bool done = loop_run(u->channel->loop, &u->done, LOOP_FOREVER);

    ASSERT(done); /* an open call always has something that ends it */
    if (u->result.status.code != GRPC_OK)
        return grpc_result_error(u->channel, &u->result, e);
    return true;
}
