/*
 * One unary call, driven by the loop: perhaps a token, then the call, perhaps a new token and the
 * call again. Nothing here waits, so any number of calls go on side by side.
 */
#include "etcd/call.h"

#include <string.h>

#include "base/evidence.h"
#include "base/time.h"
#include "etcd/message/auth_message.h"
#include "etcd/rpc_error.h"

static void rpc_start(struct etcd_call *call);

static int64_t
time_left_ms(const struct etcd_call *call)
{
    int64_t left = call->deadline_ms - time_monotonic_ms();

    return left > 0 ? left : 1; /* 0 would mean no deadline */
}

static void
call_count_down(struct etcd_client *client)
{
    client->open_calls--;
    client->idle = client->open_calls == 0;
}

static void
call_finish(struct etcd_call *call, bool ok)
{
    struct etcd_client *client = call->client;

    call->grpc = NULL;
    call->ok = ok;
    call->took_us = time_monotonic_us() - call->started_us;
    if (call->on_end != NULL)
        call->on_end(call->context, call);
    call_count_down(client);
}

void
etcd_call_drop(struct etcd_call *call)
{
    if (call->grpc == NULL)
        return;
    grpc_call_drop(call->grpc);
    call->grpc = NULL;
    call_count_down(call->client);
}

static void
token_received(void *context, struct grpc_call *grpc UNUSED, struct bytes message)
{
    struct etcd_call *call = context;
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_authenticate_response response;

    if (!message_decode(&tmp, &etcd_authenticate_response_message, message, &response,
                        &call->auth_error))
        return;
    secret_set(&call->endpoint->token, response.token);
}

static bool
result_is_ok(const struct grpc_result *result)
{
    return result->status.code == GRPC_OK && result->failure.kind == NET_FAILURE_NONE;
}

static bool
auth_is_off(const struct grpc_result *result)
{
    return result->failure.kind == NET_FAILURE_NONE &&
           strstr(result->status.message, "authentication is not enabled") != NULL;
}

/*
 * Without a token some calls work all the same (Status on older servers, when quorum is lost and
 * nobody can authenticate): only a refused password, or no connection at all, ends the call here.
 */
static void
token_ended(void *context, struct grpc_call *grpc UNUSED, const struct grpc_result *result)
{
    struct etcd_call *call = context;
    bool had_token = call->endpoint->token.text != NULL;

    if (result_is_ok(result) && had_token) {
        rpc_start(call);
        return;
    }
    if (auth_is_off(result)) {
        call->client->auth_off = true;
        rpc_start(call);
        return;
    }
    call->result = *result;
    if (result->failure.not_processed) {
        call_finish(call, false);
        return;
    }
    if (call->auth_error.code == ERROR_NONE)
        etcd_call_error(call, &call->auth_error);
    error_wrap(&call->auth_error, "authenticate as '%s'", call->client->user);
    if (call->auth_error.code == ERROR_AUTH) {
        call->auth_error.code = ERROR_LOGIN;
        call_finish(call, false);
    } else {
        rpc_start(call);
    }
}

static void
token_start(struct etcd_call *call)
{
    int64_t left_ms = time_left_ms(call);
    struct etcd_authenticate_request request = {
        .name = call->client->user,
        .password = call->client->password.text,
    };
    struct grpc_call_options options = {
        .method = "/etcdserverpb.Auth/Authenticate",
        .deadline_ms =
            left_ms < call->client->dial_timeout_ms ? left_ms : call->client->dial_timeout_ms,
        .when_open = true, /* a silent endpoint is known as such, and takes no second wait */
        .on_message = token_received,
        .on_end = token_ended,
        .context = call,
    };
    AUTO_BUF encoded = BUF_INIT;

    /* A token takes a leader; what can do without one is not kept waiting for it. */
    if (call->has_leader || (call->method != NULL && call->method->local))
        options.metadata[0] = (struct grpc_metadata){"hasleader", "true"};
    call->grpc = grpc_call_start(call->endpoint->channel, &options);
    /* One piece, so that no copy of the password stays behind when the buffer grows. */
    buf_reserve(&encoded, strlen(request.name) + strlen(request.password) + 64);
    message_encode(&encoded, &etcd_authenticate_request_message, &request);
    grpc_call_send(call->grpc, buf_bytes(&encoded));
    grpc_call_half_close(call->grpc);
    explicit_bzero(encoded.data, encoded.capacity);
}

static void
rpc_received(void *context, struct grpc_call *grpc, struct bytes message)
{
    struct etcd_call *call = context;

    call->response = grpc_call_keep(grpc, call->mem, message);
    call->answered = true;
}

/* Does the server ask for a token that we could fetch, or fetch anew? */
static bool
token_is_wanted(const struct etcd_call *call, const struct grpc_result *result)
{
    return call->client->user != NULL && result->failure.kind == NET_FAILURE_NONE &&
           result->status.code != GRPC_OK &&
           (rpc_error_flags(&result->status) & RPC_NEEDS_TOKEN) != 0;
}

static void
rpc_ended(void *context, struct grpc_call *grpc UNUSED, const struct grpc_result *result)
{
    struct etcd_call *call = context;

    if (token_is_wanted(call, result)) {
        secret_release(&call->endpoint->token);
        call->client->auth_off = false;
        if (!call->token_renewed && call->auth_error.code == ERROR_NONE) {
            call->token_renewed = true;
            token_start(call);
            return;
        }
    } else {
        error_clear(&call->auth_error);
    }
    call->result = *result;
    call_finish(call, result_is_ok(result) && call->answered);
}

/* The client's own limit, in the words of Go's clients. */
static bool
is_above_limit(struct etcd_call *call)
{
    uint64_t limit = call->client->request_limit_bytes;
    struct grpc_status *status = &call->result.status;

    if (limit == 0 || call->request.size <= limit)
        return false;
    status->code = GRPC_RESOURCE_EXHAUSTED;
    snprintf(status->message, sizeof(status->message),
             "trying to send message larger than max (%zu vs. %llu)", call->request.size,
             (unsigned long long)limit);
    return true;
}

static void
rpc_start(struct etcd_call *call)
{
    struct grpc_call_options options = {
        .deadline_ms = time_left_ms(call),
        .when_open = call->method != NULL && !call->method->read_only,
        .on_message = rpc_received,
        .on_end = rpc_ended,
        .context = call,
    };
    size_t metadata = 0;

    if (call->method == NULL) { /* only the token was wanted */
        call_finish(call, call->auth_error.code == ERROR_NONE);
        return;
    }
    if (is_above_limit(call)) {
        call_finish(call, false);
        return;
    }
    options.method = call->method->path;
    if (call->has_leader)
        options.metadata[metadata++] = (struct grpc_metadata){"hasleader", "true"};
    options.receive_limit_bytes = call->method->receive_limit_bytes;
    if (call->endpoint->token.text != NULL)
        options.metadata[metadata] = (struct grpc_metadata){"token", call->endpoint->token.text};
    call->grpc = grpc_call_start(call->endpoint->channel, &options);
    grpc_call_send(call->grpc, call->request);
    grpc_call_half_close(call->grpc);
}

/* Another connection to the same endpoint may have one: to ask for each takes the server's time, some
 * 50 ms of bcrypt. A token that was refused is never in its place any more. */
static bool
token_borrow(struct etcd_call *call)
{
    const struct etcd_client *client = call->client;

    for (size_t i = 0; i < client->endpoint_count; i++) {
        const struct etcd_endpoint *other = &client->endpoints[i];

        if (other->token.text == NULL || strcmp(other->url, call->endpoint->url) != 0)
            continue;
        secret_set(&call->endpoint->token, bytes_of_text(other->token.text));
        return true;
    }
    return false;
}

void
etcd_call_start(struct etcd_call *call)
{
    struct etcd_client *client = call->client;

    client->open_calls++;
    client->idle = false;
    call->started_us = time_monotonic_us();
    if (client->user != NULL && !client->auth_off && call->endpoint->token.text == NULL &&
        !token_borrow(call))
        token_start(call);
    else
        rpc_start(call);
}

void
etcd_calls_finish(struct etcd_client *client)
{
    /* Each call has a deadline, so the loop cannot end without it. */
    if (client->open_calls > 0)
        ASSERT(loop_run(client->loop, &client->idle, LOOP_FOREVER));
}

/* What was needed, for whoever is to explain it (etcd_client_denied). */
static void
denied_note(const struct etcd_call *call)
{
    struct etcd_client *client = call->client;

    if (client->denied.call == NULL)
        permission_needs_of(&client->mem, call->method, call->request, &client->denied);
}

void
etcd_denied_note(struct etcd_client *client, const char *call, struct bytes key,
                 struct bytes range_end)
{
    if (client->denied.call != NULL)
        return;
    client->denied = (struct permission_needs){.call = call, .root = key.size == 0};
    if (key.size == 0)
        return;
    client->denied.count = 1;
    client->denied.items[0] = (struct permission){
        .read = true,
        .key = arena_copy(&client->mem, key),
        .range_end = arena_copy(&client->mem, range_end),
    };
}

/* The server's default of --max-request-bytes: etcd embed/config.go, 3.4 to 3.7. */
enum { MAX_REQUEST_BYTES = 1572864 };

static void
size_note(const struct etcd_call *call, struct error *e)
{
    const char *limit = strstr(call->result.status.message, " vs. ");
    int64_t bytes = 0;

    for (limit += limit != NULL ? strlen(" vs. ") : 0;
         limit != NULL && *limit >= '0' && *limit <= '9' && bytes < INT32_MAX; limit++)
        bytes = bytes * 10 + (*limit - '0');

    evidence_number(e, "request_bytes", (int64_t)call->request.size);
    if (bytes > 0)
        evidence_number(e, "limit_bytes", bytes);
    else
        error_append(e, "it has %zu bytes, and --max-request-bytes is %d unless it was changed",
                     call->request.size, MAX_REQUEST_BYTES);
}

/* It was fetched anew already, so that it is no matter of age. */
static void
token_note(struct error *e)
{
    error_append(e, "a token that was fetched just now is refused, too");
    error_hint(e, "compare --auth-token and the clocks of all members");
}

/* What the server said, and what the call itself adds to it. */
static bool
status_error(const struct etcd_call *call, struct error *e)
{
    rpc_error_set(e, &call->result.status, call->endpoint->url);
    if (strcmp(e->cause, "request-too-large") == 0)
        size_note(call, e);
    else if (strcmp(e->cause, "permission-denied") == 0)
        denied_note(call);
    else if (strcmp(e->cause, "token-expired") == 0 && call->token_renewed)
        token_note(e);
    return false;
}

bool
etcd_call_error(const struct etcd_call *call, struct error *e)
{
    if (call->auth_error.code != ERROR_NONE) {
        *e = call->auth_error;
        return false;
    }
    if (call->result.failure.kind != NET_FAILURE_NONE)
        return net_failure_error(&call->result.failure, e);
    if (call->result.status.code != GRPC_OK)
        return status_error(call, e);
    error_set(e, ERROR_RPC, "endpoint '%s': the server ended the call without an answer",
              call->endpoint->url);
    evidence_begin(e, "no-answer");
    evidence_text(e, "endpoint", call->endpoint->url);
    return false;
}

/* Every endpoint's answer would be. */
static bool
is_too_large(const struct grpc_result *result)
{
    return result->failure.kind == NET_FAILURE_TOO_LARGE;
}

bool
etcd_call_may_move(const struct etcd_call *call)
{
    const struct grpc_result *result = &call->result;
    unsigned flags;

    if (call->auth_error.code != ERROR_NONE)
        return error_code_retryable(call->auth_error.code);
    if (result->failure.kind != NET_FAILURE_NONE)
        return result->failure.not_processed || (call->method->read_only && !is_too_large(result));
    if (result->status.code == GRPC_OK)
        return call->method->read_only;
    flags = rpc_error_flags(&result->status);
    return (flags & RPC_NOT_DONE) != 0 ||
           ((flags & RPC_RETRY_READ) != 0 && call->method->read_only);
}

bool
etcd_call_outcome_unknown(const struct etcd_call *call)
{
    const struct grpc_result *result = &call->result;

    if (call->method->read_only || call->auth_error.code != ERROR_NONE)
        return false;
    if (result->failure.kind != NET_FAILURE_NONE)
        return !result->failure.not_processed;
    return result->status.code == GRPC_OK ||
           (rpc_error_flags(&result->status) & RPC_OUTCOME_UNKNOWN) != 0;
}
