/* One request of the v2 API, asked of the endpoints in turn. For etcd2/ only. */
#ifndef QUORATE_ETCD2_ASK_H
#define QUORATE_ETCD2_ASK_H

#include "base/json.h"
#include "etcd2/client.h"
#include "net/http1.h"

struct etcd2_client {
    struct arena mem;
    struct loop loop;
    struct tls_context *tls;
    ARRAY(const char *) endpoints;
    size_t pinned; /* the endpoint that answered last */
    struct secret basic;
    int64_t timeout_ms;
    int64_t total_timeout_ms;
    void (*trace)(void *context, const char *line);
    void *trace_context;
};

struct etcd2_request {
    enum http1_method method;
    const char *path; /* escaped, with its query */
    const char *content_type;
    struct bytes body;
    bool once;      /* not to be repeated when it may have been done */
    bool long_poll; /* no time-out behind the answer's head */
};

/*
 * An answer that is no server error (5xx).
 *
 * e  ERROR_CONNECTION and friends: no endpoint answered, with each one's reason; "outcome unknown"
 *    in front when a change was sent. ERROR_UNAVAILABLE: no leader. ERROR_FEATURE: no v2 API there.
 */
MUST_CHECK bool etcd2_ask(struct arena *mem, struct etcd2_client *client,
                          const struct etcd2_request *request, struct http1_exchange *ret_answer,
                          struct error *e);

/* The JSON body of an answer; ERROR_FORMAT: it is none. */
MUST_CHECK bool etcd2_answer_json(struct arena *mem, const struct http1_exchange *answer,
                                  const struct json **ret_json, struct error *e);

#endif
