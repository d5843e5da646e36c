/* Private keys of authorities and certificates: made, and written where only their owner reads them. */
#ifndef QUORATE_PKI_KEY_H
#define QUORATE_PKI_KEY_H

#include <stdbool.h>

#include "base/error.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */
struct evp_md_st;   /* EVP_MD */

/* P-256 costs a handshake the least; RSA is for clients that know nothing else. */
enum key_kind {
    KEY_P256,
    KEY_P384,
    KEY_P521,
    KEY_ED25519,
    KEY_RSA_2048,
    KEY_RSA_3072,
    KEY_RSA_4096,
    KEY_RSA_8192,
    KEY_KIND_COUNT
};

/* The words in the order of the kinds. */
#define KEY_KIND_WORDS "p256|p384|p521|ed25519|rsa2048|rsa3072|rsa4096|rsa8192"

/* An RSA key of 4096 bits may take seconds, one of 8192 a minute. The caller frees it. */
MUST_CHECK bool key_make(enum key_kind kind, struct evp_pkey_st **ret_key, struct error *e);
/* By which digest it signs, as cfssl chooses it: SHA-256 for P-256 and RSA below 3072 bits, SHA-384 for P-384
 * and RSA below 4096, else SHA-512; NULL for Ed25519, which has its own.
 * Source: cfssl signer/signer.go, DefaultSigAlgo. */
const struct evp_md_st *key_digest(const struct evp_pkey_st *key);
/* PKCS #8 in PEM, mode 0600 from the first byte, in place of what is there. */
MUST_CHECK bool key_save(const struct evp_pkey_st *key, const char *path, struct error *e);

#endif
