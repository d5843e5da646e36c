/* What ports show in a new handshake, against what was delivered. Private to ops/tls_*.c. */
#ifndef QUORATE_OPS_TLS_SHOWN_H
#define QUORATE_OPS_TLS_SHOWN_H

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"

/*
 * Whether all https URLs show the certificate in the file; asks again until the deadline.
 *
 * e  ERROR_VERIFY: what one shows instead, or why it shows nothing.
 */
MUST_CHECK bool tls_shown_wait(const struct inventory_urls *urls, const char *cert_path,
                               int64_t deadline_ms, struct error *e);

#endif
