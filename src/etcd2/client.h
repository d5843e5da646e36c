/*
 * A connection to a cluster's v2 API: HTTP/1.1 and JSON, in 3.4 and 3.5 with --enable-v2 only.
 *
 * A request goes to the endpoint that answered last and, when that cannot be reached or has no
 * leader, to the next. What must not be done twice (a creation, a removal) moves on only if it was
 * certainly not sent. Opening connects to nothing. A client belongs to one thread.
 *
 * Source: etcd client/client.go (3.4), etcdserver/api/v2http (3.4, 3.5).
 */
#ifndef QUORATE_ETCD2_CLIENT_H
#define QUORATE_ETCD2_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/secret.h"

/* etcdctl's defaults: --timeout and --total-timeout. */
enum { ETCD2_TIMEOUT_MS = 2000, ETCD2_TOTAL_TIMEOUT_MS = 5000 };

struct etcd2_options {
    const char *const *endpoints; /* URLs; HOST:PORT alone is http */
    size_t endpoint_count;
    const char *ca_file; /* NULL: the system's authorities */
    const char *cert_file;
    const char *key_file;
    bool insecure_skip_verify;
    const struct secret *basic; /* "USER:PASSWORD"; NULL: none; copied */
    int64_t timeout_ms;         /* for one request to one endpoint */
    int64_t total_timeout_ms;   /* for one call, over all endpoints */
    /* Told each request as a curl command, with what is sent and without the password; or NULL. */
    void (*trace)(void *context, const char *line);
    void *trace_context;
};

struct etcd2_client;

#define AUTO_ETCD2_CLIENT __attribute__((cleanup(etcd2_client_close))) struct etcd2_client *

/*
 * Checks the endpoints and loads the TLS files; everything is copied.
 *
 * e  ERROR_USAGE: no endpoint, one that is no URL. Otherwise the TLS files' error.
 */
MUST_CHECK bool etcd2_client_open(const struct etcd2_options *options,
                                  struct etcd2_client **ret_client, struct error *e);
/* Sets to NULL; NULL is accepted. */
void etcd2_client_close(struct etcd2_client **client);

/*
 * Adds the client URLs that the members publish to the endpoints. Those that were given stay: a
 * published address need not be one that can be reached from here.
 *
 * ret_published  how many URLs the members publish; 0 is for the caller to judge
 * e              ERROR_CONNECTION, ERROR_TIMEOUT, ERROR_TLS, ...: nobody answered.
 *                ERROR_FEATURE: there is no v2 API.
 */
MUST_CHECK bool etcd2_client_sync(struct etcd2_client *client, size_t *ret_published,
                                  struct error *e);

/* The endpoints with commas between, those of the last sync included. */
const char *etcd2_client_endpoints(struct arena *mem, const struct etcd2_client *client);

#endif
