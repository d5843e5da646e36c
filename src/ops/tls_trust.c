#include "ops/tls_trust.h"

#include "net/http1.h"

enum { ANSWER_MS = 5000 };

/*
 * With TLS 1.3 a server that refuses a client's certificate says so after the handshake: so a whole request is made.
 * All ports of etcd know "/version", peers' as well (server/etcdserver/api/etcdhttp, 3.4 to 3.7).
 */
static bool
answers(const char *url, const char *cert_path, const char *key_path, bool *ret_answers,
        struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_LOOP loop;
    const struct tls_options tls = {
        .cert_file = cert_path, .key_file = key_path, .insecure_skip_verify = true};
    const struct http1_options options = {.endpoint = url,
                                          .path = "/version",
                                          .tls = tls_context_new(&tmp, &tls),
                                          .timeout_ms = ANSWER_MS};
    struct http1_exchange exchange;
    struct error why = ERROR_INIT;

    loop_init(&loop);
    if (!http1_start(&tmp, &loop, &options, &exchange, e))
        return false;
    if (http1_finish(&loop, &exchange, &why)) {
        *ret_answers = true;
        return true;
    }
    /* The end of the connection may overtake the alert that says why. */
    if (why.code != ERROR_TLS && exchange.failure.kind != NET_FAILURE_CLOSED) {
        *e = why;
        return error_wrap(e, "%s", url);
    }
    *ret_answers = false;
    return true;
}

static bool
one_look(const char *url, const char *cert_path, const char *key_path, enum port_trust *ret_trust,
         struct error *e)
{
    bool anybody = false, this_one = false;

    if (!answers(url, NULL, NULL, &anybody, e))
        return false;
    if (!anybody && !answers(url, cert_path, key_path, &this_one, e))
        return false;
    *ret_trust = anybody ? PORT_ASKS_NOBODY : this_one ? PORT_LETS_IN : PORT_REFUSES;
    return true;
}

bool
port_trust_look(const struct inventory_urls *urls, const char *cert_path, const char *key_path,
                enum port_trust *ret_trust, struct error *e)
{
    enum port_trust all = PORT_ASKS_NOBODY;

    for (size_t i = 0; i < urls->count; i++) {
        enum port_trust one;

        if (!one_look(urls->items[i], cert_path, key_path, &one, e))
            return false;
        if (one == PORT_ASKS_NOBODY)
            continue;
        if (all != PORT_ASKS_NOBODY && all != one)
            return error_set(e, ERROR_UNAVAILABLE, "'%s' and '%s' trust different authorities",
                             urls->items[0], urls->items[i]);
        all = one;
    }
    *ret_trust = all;
    return true;
}
