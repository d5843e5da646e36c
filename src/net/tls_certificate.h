/* What net/failure.h tells about a certificate, out of OpenSSL's own form. */
#ifndef QUORATE_NET_TLS_CERTIFICATE_H
#define QUORATE_NET_TLS_CERTIFICATE_H

#include <openssl/x509.h>
#include <stddef.h>

#include "net/failure.h"

/* Subject, issuer, dates and usage; not the names, and not whose it is. */
void tls_certificate_read(X509 *cert, struct net_certificate *c);

/* "DNS:db1, IP:10.0.0.1": its subject alternative names of these two kinds, as many as fit. */
void tls_certificate_names(const X509 *cert, char *names, size_t size);

#endif
