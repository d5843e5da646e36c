/* Authorities and certificates for tests, written as PEM files. */
#ifndef QUORATE_TEST_CERTS_H
#define QUORATE_TEST_CERTS_H

#include <openssl/ssl.h>

#include "base/arena.h"

struct test_ca {
    X509 *cert;
    EVP_PKEY *key;
    const char *file;
};

struct test_pair {
    const char *cert_file;
    const char *key_file;
};

void test_ca_make(struct arena *mem, const char *dir, const char *name, struct test_ca *ret_ca);
void test_ca_release(struct test_ca *ca);

/* 'sans' as "DNS:localhost,IP:127.0.0.1"; validity in seconds from now. */
struct test_pair test_pair_make(struct arena *mem, const struct test_ca *ca, const char *dir,
                                const char *name, const char *sans, long from_s, long until_s);

/* A server's context offering 'alpn' ("h2", "http/1.1", NULL: none); asks for client certificates of 'clients'. */
SSL_CTX *test_server_tls(struct test_pair pair, const char *alpn, const struct test_ca *clients);

#endif
