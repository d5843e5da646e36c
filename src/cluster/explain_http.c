/* What a GET tells where gRPC fails: the server's clock, and whether this is the port for peers. */
#include <string.h>

#include "base/evidence.h"
#include "base/json.h"
#include "base/time.h"
#include "cluster/explain_parts.h"
#include "net/http1.h"

/* As it stands in channels: HOST:PORT has got its scheme in the error. */
static bool
get(struct explain *x, const char *path, bool verify, struct http1_get *ret_get)
{
    struct error ignored = ERROR_INIT;
    struct loop loop;
    bool got;
    struct tls_options tls = {
        .ca_file = x->options->ca_file,
        .cert_file = x->options->cert_file,
        .key_file = x->options->key_file,
        .server_name = x->options->server_name,
        .insecure_skip_verify = !verify || x->options->insecure_skip_verify,
    };
    struct http1_options options = {
        .endpoint = x->endpoint,
        .path = path,
        .tls = tls_context_new(x->mem, &tls),
        .timeout_ms = EXPLAIN_TIMEOUT_MS,
    };

    loop_init(&loop);
    got = http1_get_start(x->mem, &loop, &options, ret_get, &ignored) &&
          http1_get_finish(&loop, ret_get, &ignored);
    loop_release(&loop);
    return got;
}

/* More than certificates' dates can be wrong by. */
enum { CLOCK_DIFFERENCE_S = 60 };

void
explain_clock(struct explain *x, struct error *e)
{
    struct http1_get answer;
    int64_t apart_s;

    /* Its certificate is what was refused, and the date is all that we take from it. */
    if (!get(x, "/version", false, &answer) || answer.date_s == 0)
        return;
    apart_s = answer.date_s - time_wall_ms() / 1000;
    evidence_date(e, "server_clock", answer.date_s);
    error_append(e, "the server's clock says %s", time_rfc3339(x->mem, answer.date_s * 1000));
    if (apart_s > CLOCK_DIFFERENCE_S || apart_s < -CLOCK_DIFFERENCE_S)
        error_hint(e, "the clocks are %s apart: set the one that is wrong",
                   duration_human(x->mem, (apart_s < 0 ? -apart_s : apart_s) * 1000));
    else if (strcmp(e->cause, "tls-expired") == 0)
        error_hint(e, "renew the server's certificate: both clocks agree that it has ended");
    else
        error_hint(e, "wait, or issue it anew: both clocks agree that it has not begun");
}

/* "http://h:1/" and "h:1" are the same. */
static bool
is_same_port(const char *url, const char *endpoint)
{
    const char *a = strstr(url, "://");
    const char *b = strstr(endpoint, "://");

    a = a != NULL ? a + 3 : url;
    b = b != NULL ? b + 3 : endpoint;
    return strncmp(a, b, strcspn(b, "/")) == 0 && strcspn(a, "/") == strcspn(b, "/");
}

static bool
list_has(struct arena *mem, const struct json *member, const char *key, const char *endpoint)
{
    const struct json *urls = json_get(member, key);
    struct error ignored = ERROR_INIT;
    const char *url;

    for (size_t i = 0; i < json_array_count(urls); i++) {
        if (json_as_text(mem, json_array_at(urls, i), &url, &ignored) &&
            is_same_port(url, endpoint))
            return true;
    }
    return false;
}

bool
members_tell_peer_port(struct arena *mem, struct bytes body, const char *endpoint,
                       const char **ret_client_url)
{
    struct error ignored = ERROR_INIT;
    const struct json *members;
    bool peers = false;

    *ret_client_url = "";
    if (!json_parse(mem, body, &members, &ignored))
        return false;
    for (size_t i = 0; i < json_array_count(members); i++) {
        const struct json *member = json_array_at(members, i);

        peers = peers || json_get(member, "peerURLs") != NULL;
        if (list_has(mem, member, "peerURLs", endpoint) &&
            !json_as_text(mem, json_array_at(json_get(member, "clientURLs"), 0), ret_client_url,
                          &ignored))
            *ret_client_url = "";
    }
    return peers;
}

void
explain_peer_port(struct explain *x, struct error *e)
{
    struct http1_get answer;
    const char *client_url;

    if (!get(x, "/members", true, &answer) || answer.status != 200 ||
        !members_tell_peer_port(x->mem, answer.body, x->endpoint, &client_url))
        return;
    e->cause = NULL;
    evidence_begin(e, "peer-port");
    evidence_text(e, "endpoint", x->endpoint);
    evidence_text(e, "client_url", client_url);
    error_append(e, "this is etcd's port for peers, not for clients");
    if (client_url[0] != '\0')
        error_hint(e, "use the client port: --endpoints %s", client_url);
    else
        error_hint(e, "use the client port, 2379 by default");
}
