/* A certificate, its key and a request for it as PEM; private to pki/. */
#ifndef QUORATE_PKI_CERT_TEXT_H
#define QUORATE_PKI_CERT_TEXT_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "pki/authority.h"

/* 'names' as OpenSSL writes them: "DNS:db1,IP:10.0.0.1", or "". A certificate that is not signed yet is left out. */
MUST_CHECK bool cert_text(struct arena *mem, X509 *cert, EVP_PKEY *key, const char *names,
                          struct cert_made *ret_made, struct error *e);

/* The certificate alone. */
MUST_CHECK bool cert_pem(struct arena *mem, X509 *cert, const char **ret_text, struct error *e);

#endif
