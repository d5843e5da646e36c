/* What making authorities and issuing certificates share; private to pki/. */
#ifndef QUORATE_PKI_AUTHORITY_PARTS_H
#define QUORATE_PKI_AUTHORITY_PARTS_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "pki/authority.h"

struct authority {
    struct arena mem;
    EVP_PKEY *key;
    X509 *cert;
};

/* "WHAT: what OpenSSL says"; the value is false. */
#define openssl_failed(what, e) (openssl_failed_((what), (e)), error_false())
void openssl_failed_(const char *what, struct error *e);

/* A serial, dates, key and subject: what every certificate has. NULL: OpenSSL failed. */
X509 *cert_new(const struct cert_request *request, EVP_PKEY *key);
bool cert_extend(X509 *cert, X509V3_CTX *context, int nid, const char *value);
/* "critical,CA:TRUE,pathlen:0"; in 'mem'. */
const char *cert_constraints(struct arena *mem, int path_length);
/* A PEM file, mode 0644. */
MUST_CHECK bool cert_save(X509 *cert, const char *path, struct error *e);

#endif
