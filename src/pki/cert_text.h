/* A certificate, its key and a request for it as PEM; private to pki/. */
#ifndef QUORATE_PKI_CERT_TEXT_H
#define QUORATE_PKI_CERT_TEXT_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "pki/authority.h"

/* What a request asks for, as OpenSSL writes it: "DNS:db1,IP:10.0.0.1", "critical,CA:TRUE"; or "". */
struct cert_asks {
    const char *names;
    const char *constraints;
};

/* A certificate that is not signed yet is left out. */
MUST_CHECK bool cert_text(struct arena *mem, X509 *cert, EVP_PKEY *key, struct cert_asks asks,
                          struct cert_made *ret_made, struct error *e);

/* The certificate alone. */
MUST_CHECK bool cert_pem(struct arena *mem, X509 *cert, const char **ret_text, struct error *e);

#endif
