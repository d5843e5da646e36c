/*
 * The ways of asking. "Any" walks the endpoints, beginning where the last answer came from; "each"
 * starts one call an endpoint and waits for all of them at once.
 */
#include <string.h>

#include "base/time.h"
#include "etcd/call.h"

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

void
etcd_error_add(struct error *all, const struct error *one)
{
    if (all->code == ERROR_NONE)
        *all = *one;
    else
        snprintf(all->text + strlen(all->text), sizeof(all->text) - strlen(all->text), "; %s",
                 one->text);
}

bool
etcd_ask_any(struct arena *mem, struct etcd_client *client, const struct etcd_method *method,
             const void *request, void *ret_response, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error all = ERROR_INIT;
    struct bytes encoded = etcd_request_encode(&tmp, method->request, request);
    int64_t deadline_ms = time_monotonic_ms() + client->command_timeout_ms;
    size_t first = client->preferred;

    for (size_t i = 0; i < client->endpoint_count; i++) {
        size_t at = (first + i) % client->endpoint_count;
        struct error one;
        struct etcd_call call = {
            .client = client,
            .endpoint = &client->endpoints[at],
            .method = method,
            .request = encoded,
            .mem = mem,
            .deadline_ms = deadline_ms,
        };

        etcd_call_start(&call);
        etcd_calls_finish(client);
        if (call.ok) {
            client->preferred = at;
            return response_decode(&call, ret_response, e);
        }
        etcd_call_error(&call, &one);
        change_error(&call, &one);
        etcd_error_add(&all, &one);
        if (!etcd_call_may_move(&call) || time_monotonic_ms() >= deadline_ms)
            break;
    }
    *e = all;
    return false;
}

bool
etcd_ask_at(struct arena *mem, struct etcd_client *client, size_t endpoint,
            const struct etcd_method *method, const void *request, void *ret_response,
            struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_call call = {
        .client = client,
        .endpoint = &client->endpoints[endpoint],
        .method = method,
        .request = etcd_request_encode(&tmp, method->request, request),
        .mem = mem,
        .deadline_ms = time_monotonic_ms() + client->command_timeout_ms,
    };

    ASSERT(endpoint < client->endpoint_count);
    etcd_call_start(&call);
    etcd_calls_finish(client);
    if (call.ok)
        return response_decode(&call, ret_response, e);
    etcd_call_error(&call, e);
    change_error(&call, e);
    return false;
}

void
etcd_answer_set(struct etcd_answer *answer, const struct etcd_call *call, void *ret_response)
{
    *answer = (struct etcd_answer){
        .endpoint = call->endpoint->url,
        .ok = call->ok,
        .took_us = call->took_us,
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
        calls[i] = (struct etcd_call){
            .client = client,
            .endpoint = &client->endpoints[i],
            .method = method,
            .request = encoded,
            .mem = mem,
            .deadline_ms = deadline_ms,
        };
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
