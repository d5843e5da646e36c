#include "certs.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

static void
extension_add(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    ASSERT(extension != NULL);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

static X509 *
cert_make(EVP_PKEY *key, const char *name, long from_s, long until_s)
{
    X509 *cert = X509_new();

    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), from_s);
    X509_gmtime_adj(X509_getm_notAfter(cert), until_s);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_pubkey(cert, key);
    return cert;
}

static void
cert_write(const char *path, X509 *cert)
{
    FILE *file = fopen(path, "w");

    ASSERT(file != NULL && PEM_write_X509(file, cert) == 1);
    fclose(file);
}

void
test_ca_make(struct arena *mem, const char *dir, const char *name, struct test_ca *ret_ca)
{
    ret_ca->key = EVP_EC_gen("P-256");
    ret_ca->cert = cert_make(ret_ca->key, name, -86400, 86400);
    X509_set_issuer_name(ret_ca->cert, X509_get_subject_name(ret_ca->cert));
    extension_add(ret_ca->cert, ret_ca->cert, NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(ret_ca->cert, ret_ca->key, EVP_sha256());
    ret_ca->file = arena_printf(mem, "%s/%s.crt", dir, name);
    cert_write(ret_ca->file, ret_ca->cert);
}

void
test_ca_release(struct test_ca *ca)
{
    X509_free(ca->cert);
    EVP_PKEY_free(ca->key);
}

struct test_pair
test_pair_make(struct arena *mem, const struct test_ca *ca, const char *dir, const char *name,
               const char *sans, long from_s, long until_s)
{
    struct test_pair pair = {arena_printf(mem, "%s/%s.crt", dir, name),
                             arena_printf(mem, "%s/%s.key", dir, name)};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = cert_make(key, name, from_s, until_s);
    FILE *file = fopen(pair.key_file, "w");

    X509_set_issuer_name(cert, X509_get_subject_name(ca->cert));
    if (sans[0] != '\0')
        extension_add(cert, ca->cert, NID_subject_alt_name, sans);
    extension_add(cert, ca->cert, NID_ext_key_usage, "serverAuth,clientAuth");
    X509_sign(cert, ca->key, EVP_sha256());
    cert_write(pair.cert_file, cert);
    ASSERT(file != NULL && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
    fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
    return pair;
}

static int
alpn_select(SSL *ssl UNUSED, const unsigned char **ret, unsigned char *ret_size,
            const unsigned char *offered, unsigned size, void *context)
{
    const char *wanted = context;

    for (unsigned i = 0; i < size; i += offered[i] + 1u) {
        if (offered[i] == strlen(wanted) && memcmp(offered + i + 1, wanted, offered[i]) == 0) {
            *ret = offered + i + 1;
            *ret_size = offered[i];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

SSL_CTX *
test_server_tls(struct test_pair pair, const char *alpn, const struct test_ca *clients)
{
    static char h2[] = "h2", http1[] = "http/1.1";
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    ASSERT(SSL_CTX_use_certificate_chain_file(ctx, pair.cert_file) == 1 &&
           SSL_CTX_use_PrivateKey_file(ctx, pair.key_file, SSL_FILETYPE_PEM) == 1);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (alpn != NULL)
        SSL_CTX_set_alpn_select_cb(ctx, alpn_select, strcmp(alpn, "h2") == 0 ? h2 : http1);
    if (clients != NULL) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), clients->cert);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return ctx;
}
