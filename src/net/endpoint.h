/* Where a server listens: http://HOST:PORT, https://HOST:PORT, unix://PATH, unixs://PATH. */
#ifndef QUORATE_NET_ENDPOINT_H
#define QUORATE_NET_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct endpoint {
    const char *url;       /* as it was given */
    const char *host;      /* without brackets; NULL for a unix socket */
    const char *path;      /* of the unix socket; NULL for TCP */
    const char *authority; /* "host:port", "[::1]:2379", "localhost" for a unix socket */
    uint16_t port;
    bool tls;
};

/*
 * Reads an endpoint URL. A bare HOST:PORT is taken as etcdctl takes it: http, or https when
 * 'tls_by_default' (the caller has TLS files). A path behind the port may only be "/".
 *
 * e       ERROR_USAGE: quotes the URL and says what is wrong with it.
 * Memory  texts in 'mem'.
 */
MUST_CHECK bool endpoint_parse(struct arena *mem, const char *url, bool tls_by_default,
                               struct endpoint *ret_endpoint, struct error *e);

/* An IPv4 or IPv6 address, with no name to be looked up. */
bool host_is_address(const char *host);

#endif
