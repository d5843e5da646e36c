/* What a GET tells where gRPC fails: the server's clock, and whether this is the port for peers. */
#include <string.h>

#include "base/arena.h"
#include "base/evidence.h"
#include "base/json.h"
#include "base/time.h"
#include "cluster/explain_parts.h"
#include "net/http1.h"

/* As it stands in channels: HOST:PORT has got its scheme in the error. */
static bool
get(struct explain *x, const char *endpoint, const char *path, bool verify,
    struct http1_exchange *ret_get)
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
        .endpoint = endpoint,
        .path = path,
        .tls = tls_context_new(x->mem, &tls),
        .timeout_ms = EXPLAIN_TIMEOUT_MS,
    };

    loop_init(&loop);
    got = http1_start(x->mem, &loop, &options, ret_get, &ignored) &&
          http1_finish(&loop, ret_get, &ignored);
    loop_release(&loop);
    return got;
}

/* More than certificates' dates can be wrong by. */
enum { CLOCK_DIFFERENCE_S = 60 };

void
explain_clock(struct explain *x, struct error *e)
{
    struct http1_exchange answer;
    int64_t apart_s;

    /* Its certificate is what was refused, and the date is all that we take from it. */
    if (!get(x, x->endpoint, "/version", false, &answer) || answer.date_s == 0)
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

/* An array of texts; what is none in it is left out. */
static size_t
texts_read(struct arena *mem, const struct json *array, const char *const **ret_texts)
{
    struct error ignored = ERROR_INIT;
    ARRAY(const char *) texts = ARRAY_INIT;
    const char *text;

    for (size_t i = 0; i < json_array_count(array); i++) {
        if (json_as_text(mem, json_array_at(array, i), &text, &ignored))
            *ARRAY_PUSH(mem, &texts) = text;
    }
    *ret_texts = texts.items;
    return texts.count;
}

static void
member_read(struct arena *mem, const struct json *json, struct etcd_member *ret_member)
{
    struct error ignored = ERROR_INIT;
    struct etcd_member m = {.name = ""};

    if (!json_get_text(mem, json, "name", &m.name, &ignored))
        m.name = "";
    if (!json_get_bool(json, "isLearner", &m.is_learner, &ignored))
        m.is_learner = false;
    m.peer_url_count = texts_read(mem, json_get(json, "peerURLs"), &m.peer_urls);
    m.client_url_count = texts_read(mem, json_get(json, "clientURLs"), &m.client_urls);
    *ret_member = m;
}

bool
peer_members_decode(struct arena *mem, struct bytes body, struct etcd_member_list *ret_list)
{
    struct error ignored = ERROR_INIT;
    ARRAY(struct etcd_member) members = ARRAY_INIT;
    const struct json *json;
    bool peers = false;

    if (!json_parse(mem, body, &json, &ignored))
        return false;
    for (size_t i = 0; i < json_array_count(json); i++) {
        struct etcd_member *m = ARRAY_PUSH(mem, &members);

        member_read(mem, json_array_at(json, i), m);
        peers = peers || m->peer_url_count > 0;
    }
    *ret_list = (struct etcd_member_list){.members = members.items, .member_count = members.count};
    return peers;
}

bool
peer_members_fetch(struct explain *x, const char *endpoint, struct etcd_member_list *ret_list)
{
    struct http1_exchange answer;

    return get(x, endpoint, "/members", true, &answer) && answer.status == 200 &&
           peer_members_decode(x->mem, answer.body, ret_list);
}

const char *
client_url_of_peer(const struct etcd_member_list *list, const char *endpoint)
{
    for (size_t i = 0; i < list->member_count; i++) {
        const struct etcd_member *m = &list->members[i];

        for (size_t k = 0; k < m->peer_url_count; k++) {
            if (is_same_port(m->peer_urls[k], endpoint) && m->client_url_count > 0)
                return m->client_urls[0];
        }
    }
    return "";
}

void
explain_peer_port(struct explain *x, struct error *e)
{
    struct etcd_member_list list;
    const char *client_url;

    if (!peer_members_fetch(x, x->endpoint, &list))
        return;
    client_url = client_url_of_peer(&list, x->endpoint);
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
