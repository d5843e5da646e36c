/* Keys and certificates as they stand in PEM files. */
#ifndef QUORATE_NET_TLS_FILES_H
#define QUORATE_NET_TLS_FILES_H

#include <openssl/bio.h>
#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/error.h"

/* What OpenSSL says of its first failure since its errors were cleared. */
const char *tls_library_reason(void);

/* A file that can be read, as OpenSSL's stream; errors say 'what' it is and name it. */
MUST_CHECK bool tls_file_open(const char *path, const char *what, BIO **ret_bio, struct error *e);

/*
 * Reads a private key; the caller frees it.
 *
 * e  file errors; ERROR_TLS: no PEM key in it, or one that is encrypted (with the remedy).
 */
MUST_CHECK bool tls_key_load(const char *path, EVP_PKEY **ret_key, struct error *e);
/* The same of a text; errors name no file. */
MUST_CHECK bool tls_key_decode(struct bytes pem, EVP_PKEY **ret_key, struct error *e);

#endif
