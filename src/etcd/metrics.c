#include "etcd/metrics.h"

#include "base/time.h"
#include "etcd/call.h"
#include "net/http1.h"

enum { LIMIT_BYTES = 16 << 20 };

static bool
page_start(struct arena *mem, struct etcd_client *client, size_t endpoint,
           struct http1_exchange *ret_get, struct error *e)
{
    const struct http1_options options = {
        .endpoint = grpc_channel_endpoint(client->endpoints[endpoint].channel),
        .path = "/metrics",
        .tls = client->tls,
        .timeout_ms = client->command_timeout_ms,
        .limit_bytes = LIMIT_BYTES,
    };

    return http1_start(mem, client->loop, &options, ret_get, e);
}

static bool
page_finish(struct etcd_client *client, size_t endpoint, struct http1_exchange *get,
            struct bytes *ret_text, struct error *e)
{
    if (!http1_finish(client->loop, get, e))
        return false;
    if (get->status != 200) {
        error_set_(e, ERROR_RPC, 0, "endpoint '%s': GET /metrics gave HTTP status %u",
                   client->endpoints[endpoint].url, get->status);
        return error_hint(e, "--listen-client-http-urls may have moved it to another port");
    }
    *ret_text = get->body;
    return true;
}

bool
etcd_metrics_fetch(struct arena *mem, struct etcd_client *client, size_t endpoint,
                   struct bytes *ret_text, struct error *e)
{
    struct http1_exchange get;

    ASSERT(endpoint < client->endpoint_count);
    return page_start(mem, client, endpoint, &get, e) &&
           page_finish(client, endpoint, &get, ret_text, e);
}

void
etcd_metrics_each(struct arena *mem, struct etcd_client *client,
                  struct etcd_metrics_answer **ret_answers)
{
    const size_t count = client->endpoint_count;
    struct etcd_metrics_answer *answers = arena_zero(mem, count * sizeof(*answers));
    struct http1_exchange *gets = arena_zero(mem, count * sizeof(*gets));

    for (size_t i = 0; i < count; i++) {
        answers[i].asked_ms = time_wall_ms();
        answers[i].ok = page_start(mem, client, i, &gets[i], &answers[i].error);
    }
    for (size_t i = 0; i < count; i++) {
        if (!answers[i].ok)
            continue;
        answers[i].ok = page_finish(client, i, &gets[i], &answers[i].text, &answers[i].error);
        answers[i].date_s = gets[i].date_s;
        answers[i].told_ms = time_wall_ms();
    }
    *ret_answers = answers;
}
