/* Whose certificates ports let in: seen by showing one, in a request that changes nothing. Private to ops/tls_*.c. */
#ifndef QUORATE_OPS_TLS_TRUST_H
#define QUORATE_OPS_TLS_TRUST_H

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"

enum port_trust {
    PORT_ASKS_NOBODY, /* it answers without any certificate: whom it trusts cannot be seen */
    PORT_LETS_IN,
    PORT_REFUSES, /* in the handshake */
};

/*
 * What the https URLs make of a client certificate, together: PORT_LETS_IN when all that ask for one let it in,
 * PORT_REFUSES when all that ask refuse it.
 *
 * e  ERROR_UNAVAILABLE: one does not answer, or they are not of one mind.
 */
MUST_CHECK bool port_trust_look(const struct inventory_urls *urls, const char *cert_path,
                                const char *key_path, enum port_trust *ret_trust, struct error *e);

#endif
