/*
 * The ways of asking. "Any" walks the endpoints, beginning where the last answer came from; "each"
 * starts one call an endpoint and waits for all of them at once.
 */
#include <string.h>

#include "base/evidence.h"
#include "base/time.h"
#include "etcd/call.h"
#include "etcd/reasons.h"

/* More than names, passwords and keys on a command line take. */
enum { SECRET_REQUEST_ROOM = 128 * 1024 };

struct bytes
etcd_request_encode(struct arena *mem, const struct message *m, const void *request)
{
    AUTO_BUF encoded = BUF_INIT;

    message_encode(&encoded, m, request);
    return arena_copy(mem, buf_bytes(&encoded));
}

/* A change that may have been made must not look like one that was not. */
static bool
change_error(const struct etcd_call *call, struct error *e)
{
    if (!etcd_call_outcome_unknown(call))
        return false;
    if (e->code != ERROR_TIMEOUT)
        e->code = ERROR_UNAVAILABLE;
    error_wrap(e, "outcome unknown");
    return error_hint(e, "it may have been done all the same: look before you repeat it");
}

static bool
response_decode(const struct etcd_call *call, void *ret_response, struct error *e)
{
    return message_decode(call->mem, call->method->response, call->response, ret_response, e) ||
           error_wrap(e, "endpoint '%s'", call->endpoint->url);
}

static struct etcd_call
call_prepare(struct arena *mem, struct etcd_client *client, size_t endpoint,
             const struct etcd_method *method, struct bytes request, int64_t deadline_ms)
{
    ASSERT(endpoint < client->endpoint_count);
    return (struct etcd_call){
        .client = client,
        .endpoint = &client->endpoints[endpoint],
        .method = method,
        .request = request,
        .mem = mem,
        .deadline_ms = deadline_ms,
    };
}

/* One call and its end; false with the reason. */
static bool
call_make(struct etcd_call *call, bool has_leader, struct error *e)
{
    call->has_leader = has_leader && !call->method->local;
    etcd_call_start(call);
    etcd_calls_finish(call->client);
    if (call->ok)
        return true;
    etcd_call_error(call, e);
    change_error(call, e);
    return false;
}

/* Is there an answer to wait for, where nobody knows a leader? */
static bool
leader_may_come(struct etcd_client *client, int64_t deadline_ms, struct error *e)
{
    return error_is_caused_by(e, "no-leader") && client->no_leader != NULL &&
           time_monotonic_ms() < deadline_ms && client->no_leader(client->no_leader_context, e);
}

/* A time-out of the call that waited for a leader tells less than what was known before; false. */
static bool
leader_stayed_away(const struct etcd_call *call, const struct error *known, struct error *e)
{
    if (e->code != ERROR_TIMEOUT)
        return false;
    *e = *known;
    error_append(e, "none came within %.3g s", (double)call->client->command_timeout_ms / 1000);
    return change_error(call, e);
}

/* All endpoints, one after the other, until one takes it. */
static bool
walk(struct arena *mem, struct etcd_client *client, const struct etcd_method *method,
     struct bytes request, int64_t deadline_ms, bool has_leader, struct etcd_call *ret_call,
     struct error *e)
{
    struct error all = ERROR_INIT;
    size_t first = client->preferred;

    ASSERT(client->endpoint_count > 0);
    for (size_t i = 0; i < client->endpoint_count; i++) {
        size_t at = (first + i) % client->endpoint_count;
        struct error one;

        *ret_call = call_prepare(mem, client, at, method, request, deadline_ms);
        if (call_make(ret_call, has_leader, &one)) {
            client->preferred = at;
            return true;
        }
        if (!etcd_call_may_move(ret_call)) {
            reasons_decide(&all, &one);
            break;
        }
        reasons_add(&all, &one);
        if (time_monotonic_ms() >= deadline_ms)
            break;
    }
    *e = all;
    return false;
}

static bool
any_take(struct arena *mem, struct etcd_client *client, const struct etcd_method *method,
         struct bytes request, void *ret_response, struct error *e)
{
    int64_t deadline_ms = time_monotonic_ms() + client->command_timeout_ms;
    struct etcd_call call;
    struct error known;

    if (walk(mem, client, method, request, deadline_ms, true, &call, e))
        return response_decode(&call, ret_response, e);
    known = *e;
    if (!leader_may_come(client, deadline_ms, e))
        return false;
    if (walk(mem, client, method, request, deadline_ms, false, &call, e))
        return response_decode(&call, ret_response, e);
    return leader_stayed_away(&call, &known, e);
}

bool
etcd_ask_any(struct arena *mem, struct etcd_client *client, const struct etcd_method *method,
             const void *request, void *ret_response, struct error *e)
{
    AUTO_BUF encoded = BUF_INIT;
    bool ok;

    /* One piece, so that no copy of a password stays behind when the buffer grows. */
    if (method->secret)
        buf_reserve(&encoded, SECRET_REQUEST_ROOM);
    message_encode(&encoded, method->request, request);
    ok = any_take(mem, client, method, buf_bytes(&encoded), ret_response, e);
    if (method->secret)
        explicit_bzero(encoded.data, encoded.capacity);
    return ok;
}

bool
etcd_ask_at(struct arena *mem, struct etcd_client *client, size_t endpoint,
            const struct etcd_method *method, const void *request, void *ret_response,
            struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes encoded = etcd_request_encode(&tmp, method->request, request);
    int64_t deadline_ms = time_monotonic_ms() + client->command_timeout_ms;
    struct etcd_call call = call_prepare(mem, client, endpoint, method, encoded, deadline_ms);
    struct error known;

    if (call_make(&call, true, e))
        return response_decode(&call, ret_response, e);
    known = *e;
    if (!leader_may_come(client, deadline_ms, e))
        return false;
    call = call_prepare(mem, client, endpoint, method, encoded, deadline_ms);
    if (call_make(&call, false, e))
        return response_decode(&call, ret_response, e);
    return leader_stayed_away(&call, &known, e);
}

void
etcd_answer_set(struct etcd_answer *answer, const struct etcd_call *call, void *ret_response)
{
    *answer = (struct etcd_answer){
        .endpoint = call->endpoint->url,
        .ok = call->ok,
        .took_us = call->took_us,
        .certificate_end_s = grpc_channel_certificate_end_s(call->endpoint->channel),
    };
    if (!call->ok) {
        etcd_call_error(call, &answer->error);
        change_error(call, &answer->error);
    } else {
        answer->ok = response_decode(call, ret_response, &answer->error);
    }
}

void
etcd_ask_each(struct arena *mem, struct etcd_client *client, const struct etcd_method *method,
              const void *request, void *entries, size_t entry_size, size_t response_offset)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes encoded = etcd_request_encode(&tmp, method->request, request);
    int64_t deadline_ms = time_monotonic_ms() + client->command_timeout_ms;
    struct etcd_call *calls = arena_zero(&tmp, client->endpoint_count * sizeof(*calls));

    for (size_t i = 0; i < client->endpoint_count; i++) {
        calls[i] = call_prepare(mem, client, i, method, encoded, deadline_ms);
        etcd_call_start(&calls[i]);
    }
    etcd_calls_finish(client);
    for (size_t i = 0; i < client->endpoint_count; i++) {
        uint8_t *entry = (uint8_t *)entries + i * entry_size;
        struct etcd_answer answer;

        etcd_answer_set(&answer, &calls[i], entry + response_offset);
        memcpy(entry, &answer, sizeof(answer));
    }
}
