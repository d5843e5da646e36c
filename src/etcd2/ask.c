/* One request over the endpoints: who is asked next, and what is told when nobody was left. */
#include "etcd2/ask.h"

#include <string.h>

#include "base/buf.h"
#include "base/time.h"

/* A directory is listed in one piece: what json_parse takes at most. */
enum { ANSWER_MAX_BYTES = 64 << 20 };

enum { STATUS_NOT_FOUND = 404, STATUS_SERVER_ERROR = 500, STATUS_NO_LEADER = 503 };

static void
trace_request(const struct etcd2_client *client, const char *endpoint,
              const struct etcd2_request *request)
{
    AUTO_BUF line = BUF_INIT;

    if (client->trace == NULL)
        return;
    buf_printf(&line, "cURL Command: curl -X %s %s%s", http1_method_word(request->method), endpoint,
               request->path);
    if (request->content_type != NULL && request->method != HTTP1_DELETE) {
        buf_append_text(&line, " -d \"");
        for (size_t i = 0; i < request->body.size; i++) {
            if (strchr("\"\\", request->body.data[i]) != NULL)
                buf_append_byte(&line, '\\');
            buf_append_byte(&line, request->body.data[i]);
        }
        buf_append_byte(&line, '"');
    }
    client->trace(client->trace_context, buf_text(&line));
}

/* Go's mux says so for every path that nobody serves: without --enable-v2, that is all of /v2. */
static bool
feature_missing(const struct http1_exchange *answer)
{
    return answer->status == STATUS_NOT_FOUND &&
           bytes_starts_with(answer->body, BYTES_LITERAL("404 page not found"));
}

/* The server's version, or NULL when it does not say. */
static const char *
version_of(struct arena *mem, struct etcd2_client *client, const char *endpoint)
{
    const struct http1_options options = {
        .endpoint = endpoint,
        .path = "/version",
        .tls = client->tls,
        .timeout_ms = client->timeout_ms,
    };
    struct error ignored = ERROR_INIT;
    struct http1_exchange answer;
    const struct json *json;
    const char *version;

    if (!http1_start(mem, &client->loop, &options, &answer, &ignored) ||
        !http1_finish(&client->loop, &answer, &ignored) ||
        !json_parse(mem, answer.body, &json, &ignored) ||
        !json_get_text(mem, json, "etcdserver", &version, &ignored))
        return NULL;
    return version;
}

static void
feature_judge(struct etcd2_client *client, const char *endpoint, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *version = version_of(&tmp, client, endpoint);

    if (version == NULL)
        error_set_(e, ERROR_FEATURE, 0, "endpoint '%s' does not serve the v2 API", endpoint);
    else if (strncmp(version, "3.4.", 4) == 0 || strncmp(version, "3.5.", 4) == 0)
        error_set_(e, ERROR_FEATURE, 0,
                   "endpoint '%s' does not serve the v2 API: its etcd %s runs without --enable-v2",
                   endpoint, version);
    else
        error_set_(e, ERROR_FEATURE, 0, "endpoint '%s': etcd %s has no v2 API any more", endpoint,
                   version);
    error_hint_(e, "etcd 3.4 and 3.5 serve it with --enable-v2, later ones not at all");
}

/* ERROR_NONE for an answer that counts. */
static void
answer_judge(struct etcd2_client *client, const char *endpoint, const struct http1_exchange *answer,
             struct error *e)
{
    if (answer->failure.kind != NET_FAILURE_NONE) {
        (void)net_failure_error(&answer->failure, e);
    } else if (feature_missing(answer)) {
        feature_judge(client, endpoint, e);
    } else if (answer->status == STATUS_NO_LEADER) {
        error_set_(e, ERROR_UNAVAILABLE, 0, "endpoint '%s': the member has no leader (HTTP %u)",
                   endpoint, answer->status);
        error_hint_(e, "see 'etcdctl cluster-health'; without a quorum of members nothing answers");
    } else if (answer->status == STATUS_SERVER_ERROR) {
        /* All that 3.4 and 3.5 say, also when strict-reconfig-check refuses a change of members. */
        error_set_(e, ERROR_UNAVAILABLE, 0,
                   "endpoint '%s': no leader, or too few healthy members for this (HTTP %u)",
                   endpoint, answer->status);
        error_hint_(e, "see 'etcdctl cluster-health', and the server's log for its reason");
    } else if (answer->status >= STATUS_SERVER_ERROR) {
        error_set_(e, ERROR_UNAVAILABLE, 0, "endpoint '%s': server error (HTTP %u)", endpoint,
                   answer->status);
    }
}

static bool
is_change(const struct etcd2_request *request)
{
    return request->method != HTTP1_GET;
}

/* A change that may have been made must not look like one that was not. */
static void
outcome_judge(const struct etcd2_request *request, const struct http1_exchange *answer,
              struct error *e)
{
    if (!is_change(request) || answer->failure.kind == NET_FAILURE_NONE || answer->unsent)
        return;
    error_wrap_(e, "outcome unknown");
    error_hint_(e, "it may have been done all the same: look before you repeat it");
}

/* Each endpoint's reason, with the first one's code and remedy. */
static void
error_add(struct error *all, const struct error *one)
{
    size_t used = strlen(all->text);

    if (all->code == ERROR_NONE)
        *all = *one;
    else
        snprintf(all->text + used, sizeof(all->text) - used, "; %s", one->text);
}

static bool
ask_one(struct arena *mem, struct etcd2_client *client, const char *endpoint,
        const struct etcd2_request *request, int64_t deadline_ms, struct http1_exchange *ret_answer,
        struct error *e)
{
    int64_t left_ms = deadline_ms - time_monotonic_ms();
    struct http1_options options = {
        .endpoint = endpoint,
        .path = request->path,
        .tls = client->tls,
        .timeout_ms = client->timeout_ms < left_ms ? client->timeout_ms : left_ms,
        .limit_bytes = ANSWER_MAX_BYTES,
        .method = request->method,
        .content_type = request->content_type,
        .body = request->body,
        .basic = client->basic.text != NULL ? &client->basic : NULL,
        .long_poll = request->long_poll,
    };
    struct error failed = ERROR_INIT;

    if (options.timeout_ms <= 0)
        options.timeout_ms = 1;
    trace_request(client, endpoint, request);
    if (!http1_start(mem, &client->loop, &options, ret_answer, e))
        return false;
    /* What it says is judged with the answer. */
    if (!http1_finish(&client->loop, ret_answer, &failed))
        ASSERT(ret_answer->failure.kind != NET_FAILURE_NONE);
    return true;
}

bool
etcd2_ask(struct arena *mem, struct etcd2_client *client, const struct etcd2_request *request,
          struct http1_exchange *ret_answer, struct error *e)
{
    struct error all = ERROR_INIT;
    int64_t deadline_ms = time_monotonic_ms() + client->total_timeout_ms;
    size_t first = client->pinned;

    for (size_t i = 0; i < client->endpoints.count; i++) {
        size_t at = (first + i) % client->endpoints.count;
        struct error one = ERROR_INIT;

        if (!ask_one(mem, client, client->endpoints.items[at], request, deadline_ms, ret_answer, e))
            return false;
        answer_judge(client, client->endpoints.items[at], ret_answer, &one);
        if (one.code == ERROR_NONE) {
            client->pinned = at;
            return true;
        }
        outcome_judge(request, ret_answer, &one);
        error_add(&all, &one);
        client->pinned = (at + 1) % client->endpoints.count;
        if ((request->once && !ret_answer->unsent && one.code != ERROR_FEATURE) ||
            time_monotonic_ms() >= deadline_ms)
            break;
    }
    *e = all;
    return false;
}

bool
etcd2_answer_json(struct arena *mem, const struct http1_exchange *answer,
                  const struct json **ret_json, struct error *e)
{
    if (json_parse(mem, answer->body, ret_json, e))
        return true;
    error_wrap_(e, "the answer (HTTP %u) is not what etcd's v2 API says", answer->status);
    return error_hint(e, "is this an etcd's client port, and no proxy in between?");
}
