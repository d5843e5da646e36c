/* Three timers: when to renew, how long to wait for the answer, when the lease has run out. */
#include "etcd/keep_alive.h"

#include <inttypes.h>

#include "base/time.h"
#include "etcd/reasons.h"
#include "etcd/rpc_error.h"

enum {
    TTL_UNKNOWN_MS = 5000, /* etcd's client assumes as much */
    ANSWER_LEAST_MS = 1000,
    RETRY_MS = 500, /* etcd's client: retryConnWait */
    RENEWALS_A_TTL = 3,
};

#define TTL_MOST_S ((int64_t)9000000000) /* etcd's own limit: MaxLeaseTTL */

static void renew_now(void *context);

static int64_t
ttl_ms_of(int64_t ttl_s)
{
    return (ttl_s < TTL_MOST_S ? ttl_s : TTL_MOST_S) * 1000;
}

void
etcd_keep_alive_stop(struct etcd_keep_alive *k)
{
    loop_timer_stop(&k->renew);
    loop_timer_stop(&k->answer);
    loop_timer_stop(&k->expiry);
    etcd_stream_release(&k->stream);
}

static void
keep_alive_end(struct etcd_keep_alive *k, const struct error *e)
{
    struct error why = *e; /* it may be the object's own */

    etcd_keep_alive_stop(k);
    k->options.on_lost(k->options.context, &why);
}

static void
lease_expired(void *context)
{
    struct etcd_keep_alive *k = context;
    struct error e;

    if (k->why.code != ERROR_NONE)
        e = k->why;
    else
        error_set(&e, ERROR_TIMEOUT, "endpoint '%s': no answer", k->stream.endpoint->url);
    error_wrap(&e, "lease %" PRIx64 " was not renewed for %" PRId64 " s", (uint64_t)k->options.id,
               k->ttl_ms / 1000);
    keep_alive_end(k, &e);
}

static void
expiry_watch(struct etcd_keep_alive *k)
{
    loop_timer_set(k->client->loop, &k->expiry, k->sent_ms + k->ttl_ms, lease_expired, k);
}

/* Will waiting help, before the lease has run out? Nobody there, or nobody we trust, is final at the
 * start; a cluster that elects a leader is not. */
static bool
keep_alive_hopes(const struct etcd_keep_alive *k, const struct error *e, bool all_failed)
{
    return k->worked || !all_failed || e->code == ERROR_UNAVAILABLE || e->code == ERROR_TIMEOUT;
}

/* This endpoint did not do it: the next one, at once until all were asked. */
static void
endpoint_failed(struct etcd_keep_alive *k, const struct error *e, bool may_move)
{
    int64_t now_ms = loop_now_ms(k->client->loop);
    bool all_failed = ++k->failures >= k->client->endpoint_count;

    loop_timer_stop(&k->answer);
    reasons_add(&k->why, e);
    if (!may_move || !keep_alive_hopes(k, e, all_failed)) {
        keep_alive_end(k, may_move ? &k->why : e);
        return;
    }
    if (all_failed && k->failures % k->client->endpoint_count == 0)
        k->why = *e; /* the newest is enough, round after round */
    k->endpoint = (k->endpoint + 1) % k->client->endpoint_count;
    loop_timer_set(k->client->loop, &k->renew, now_ms + (all_failed ? RETRY_MS : 0), renew_now, k);
}

static void
stream_ended(void *context)
{
    struct etcd_keep_alive *k = context;
    struct error e;

    etcd_stream_error(&k->stream, &e);
    endpoint_failed(k, &e, etcd_stream_may_move(&k->stream));
}

static void
answer_missing(void *context)
{
    struct etcd_keep_alive *k = context;
    struct error e;

    error_set(&e, ERROR_TIMEOUT, "endpoint '%s': no answer to the renewal within %" PRId64 " ms",
              k->stream.endpoint->url, loop_now_ms(k->client->loop) - k->sent_ms);
    etcd_stream_release(&k->stream);
    endpoint_failed(k, &e, true);
}

static void
renewed(struct etcd_keep_alive *k, const struct etcd_lease_keep_alive_response *response)
{
    k->failures = 0;
    k->worked = true;
    error_clear(&k->why);
    k->client->preferred = k->endpoint;
    k->ttl_ms = ttl_ms_of(response->ttl);
    expiry_watch(k);
    loop_timer_set(k->client->loop, &k->renew,
                   loop_now_ms(k->client->loop) + k->ttl_ms / RENEWALS_A_TTL, renew_now, k);
    k->options.on_renewed(k->options.context, response);
}

static void
message_received(void *context, struct bytes message)
{
    struct etcd_keep_alive *k = context;
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_lease_keep_alive_response response;
    struct error e;

    if (!message_decode(&tmp, &etcd_lease_keep_alive_response_message, message, &response, &e)) {
        error_wrap(&e, "endpoint '%s'", k->stream.endpoint->url);
        etcd_stream_release(&k->stream);
        endpoint_failed(k, &e, true);
        return;
    }
    if (k->answer.link == NULL)
        return; /* nothing was asked */
    loop_timer_stop(&k->answer);
    if (response.ttl > 0) {
        renewed(k, &response);
        return;
    }
    error_set(&e, ERROR_NOT_FOUND, "lease %" PRIx64 ": requested lease not found",
              (uint64_t)k->options.id);
    error_hint(&e, "the lease has expired or was revoked");
    keep_alive_end(k, &e);
}

static void
stream_start(struct etcd_keep_alive *k)
{
    const struct etcd_stream_options options = {
        .path = "/etcdserverpb.Lease/LeaseKeepAlive",
        .has_leader = true,
        .long_lived = true,
        .on_message = message_received,
        .on_end = stream_ended,
        .context = k,
    };

    etcd_stream_start(&k->stream, k->client, k->endpoint, &options);
}

static void
renew_now(void *context)
{
    struct etcd_keep_alive *k = context;
    const struct etcd_lease_keep_alive_request request = {.id = k->options.id};
    int64_t wait_ms = k->ttl_ms / RENEWALS_A_TTL;
    AUTO_BUF encoded = BUF_INIT;

    if (!etcd_stream_is_open(&k->stream))
        stream_start(k);
    message_encode(&encoded, &etcd_lease_keep_alive_request_message, &request);
    etcd_stream_send(&k->stream, buf_bytes(&encoded));
    k->sent_ms = loop_now_ms(k->client->loop);
    loop_timer_set(k->client->loop, &k->answer,
                   k->sent_ms + (wait_ms > ANSWER_LEAST_MS ? wait_ms : ANSWER_LEAST_MS),
                   answer_missing, k);
}

void
etcd_keep_alive_start(struct etcd_keep_alive *k, struct etcd_client *client,
                      const struct etcd_keep_alive_options *options)
{
    *k = (struct etcd_keep_alive){
        .options = *options,
        .client = client,
        .endpoint = client->preferred,
        .ttl_ms = options->ttl_s > 0 ? ttl_ms_of(options->ttl_s) : TTL_UNKNOWN_MS,
        .sent_ms = loop_now_ms(client->loop),
    };
    expiry_watch(k);
    renew_now(k);
}

struct once {
    struct etcd_keep_alive keep_alive;
    struct etcd_lease_keep_alive_response *response;
    bool renewed;
    bool done;
    struct error error;
};

static void
once_renewed(void *context, const struct etcd_lease_keep_alive_response *response)
{
    struct once *once = context;

    *once->response = *response;
    once->renewed = true;
    once->done = true;
}

static void
once_lost(void *context, const struct error *e)
{
    struct once *once = context;

    once->error = *e;
    once->done = true;
}

bool
etcd_keep_alive_once(struct etcd_client *client, int64_t id,
                     struct etcd_lease_keep_alive_response *ret_response, struct error *e)
{
    struct once once = {.response = ret_response};
    const struct etcd_keep_alive_options options = {
        .id = id,
        .on_renewed = once_renewed,
        .on_lost = once_lost,
        .context = &once,
    };
    int64_t deadline_ms = time_monotonic_ms() + client->command_timeout_ms;

    etcd_keep_alive_start(&once.keep_alive, client, &options);
    (void)loop_run(client->loop, &once.done, deadline_ms);
    etcd_keep_alive_stop(&once.keep_alive);
    if (once.renewed)
        return true;
    if (once.done)
        *e = once.error;
    else
        error_set(e, ERROR_TIMEOUT,
                  "no answer to the renewal of lease %" PRIx64 " within %" PRId64 " ms",
                  (uint64_t)id, client->command_timeout_ms);
    return false;
}
