/* Out of OpenSSL's form of a certificate: what net/failure.h tells, and what pki/certificate.h
 * describes. */
#ifndef QUORATE_NET_TLS_CERTIFICATE_H
#define QUORATE_NET_TLS_CERTIFICATE_H

#include <openssl/x509v3.h>
#include <stddef.h>

#include "net/failure.h"

/* Subject, issuer, dates and usage; not the names, and not whose it is. */
void tls_certificate_read(X509 *cert, struct net_certificate *c);

/* "DNS:db1, IP:10.0.0.1": its subject alternative names of these two kinds, as many as fit. */
void tls_certificate_names(const X509 *cert, char *names, size_t size);

/* As RFC 2253 writes it, the most special part first: "CN=db1,O=prod"; cut to 'size'. */
void tls_name_text(const X509_NAME *name, char *ret_text, size_t size);
/* Seconds since 1970 UTC; 0 for one that is none. */
int64_t tls_date_seconds(const ASN1_TIME *date);
/* The text of a subject alternative name, other than printable bytes as '?', and its kind: "DNS",
 * "IP"; NULL for any other kind. */
const char *tls_san_text(const GENERAL_NAME *san, char *ret_text, size_t size);
/* Whether its extended key usage allows XKU_SSL_CLIENT or XKU_SSL_SERVER; any, when it has none. */
bool tls_certificate_allows(X509 *cert, uint32_t usage);

#endif
