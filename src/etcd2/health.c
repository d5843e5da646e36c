#include "etcd2/health.h"

#include <string.h>

#include "etcd2/ask.h"

/* "true" since 2.1, true before. */
static bool
health_decode(const struct json *json, bool *ret_healthy, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    const char *text;

    if (!json_get_text(&tmp, json, "health", &text, &ignored))
        return json_get_bool(json, "health", ret_healthy, e);
    *ret_healthy = strcmp(text, "true") == 0;
    return true;
}

bool
etcd2_health(struct arena *mem, struct etcd2_client *client, const char *url, bool *ret_healthy,
             const char **ret_reason, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct http1_options options = {
        .endpoint = url,
        .path = "/health",
        .tls = client->tls,
        .timeout_ms = client->timeout_ms,
    };
    struct http1_exchange answer;
    struct error ignored = ERROR_INIT;
    const struct json *json;

    if (!http1_start(&tmp, &client->loop, &options, &answer, e) ||
        !http1_finish(&client->loop, &answer, e) || !etcd2_answer_json(&tmp, &answer, &json, e) ||
        !health_decode(json, ret_healthy, e))
        return false;
    if (!json_get_text(mem, json, "reason", ret_reason, &ignored))
        *ret_reason = "";
    return true;
}
