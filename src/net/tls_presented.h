/* What servers present in a TLS handshake, whether it is to be trusted or not. */
#ifndef QUORATE_NET_TLS_PRESENTED_H
#define QUORATE_NET_TLS_PRESENTED_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "net/endpoint.h"
#include "net/failure.h"
#include "net/tls.h"

struct tls_presented {
    struct bytes *chain; /* DER, the server's own first */
    size_t chain_count;  /* 0: it presented nothing, and 'failure' says why */
    const char *version; /* "TLSv1.3"; "" when the handshake did not come to its end */
    struct net_failure failure;
};

/*
 * Shakes hands with all endpoints at once, and hangs up. A server that wants a certificate of ours,
 * and gets none, may break off: what it presented is told all the same.
 *
 * tls      its client certificate is used, its authorities and names are not: pass one that skips
 *          verification.
 * ret      one for each endpoint. In 'mem'.
 */
void tls_presented_fetch(struct arena *mem, const struct endpoint *endpoints, size_t count,
                         struct tls_context *tls, int64_t timeout_ms, struct tls_presented *ret);

#endif
