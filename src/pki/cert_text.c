#include "pki/cert_text.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net/tls_files.h"

static const char *
bio_text(struct arena *mem, BIO *bio)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);

    return arena_text_of_bytes(mem, bytes_of(data, (size_t)size));
}

bool
cert_pem(struct arena *mem, X509 *cert, const char **ret_text, struct error *e)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool done = bio != NULL && PEM_write_bio_X509(bio, cert) == 1;

    if (done)
        *ret_text = bio_text(mem, bio);
    BIO_free(bio);
    return done || error_set(e, ERROR_TLS, "write a certificate: %s", tls_library_reason());
}

/* As cfssl writes it; Ed25519 has no form but PKCS #8. */
static bool
key_write(BIO *bio, EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "ED25519"))
        return PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    return PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
}

/* Nothing for "". */
static bool
ask_add(STACK_OF(X509_EXTENSION) * list, int nid, const char *value)
{
    X509_EXTENSION *extension;

    if (value[0] == '\0')
        return true;
    extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    if (extension != NULL && sk_X509_EXTENSION_push(list, extension) > 0)
        return true;
    X509_EXTENSION_free(extension);
    return false;
}

static bool
asks_request(X509_REQ *request, struct cert_asks asks)
{
    STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
    bool done = list != NULL && ask_add(list, NID_subject_alt_name, asks.names) &&
                ask_add(list, NID_basic_constraints, asks.constraints) &&
                (sk_X509_EXTENSION_num(list) == 0 || X509_REQ_add_extensions(request, list) == 1);

    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    return done;
}

static X509_REQ *
signing_request(const X509 *cert, EVP_PKEY *key, struct cert_asks asks)
{
    X509_REQ *request = X509_REQ_new();

    if (request != NULL && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
        X509_REQ_set_subject_name(request, X509_get_subject_name(cert)) == 1 &&
        X509_REQ_set_pubkey(request, key) == 1 && asks_request(request, asks) &&
        X509_REQ_sign(request, key, key_digest(key)) > 0)
        return request;
    X509_REQ_free(request);
    return NULL;
}

bool
cert_text(struct arena *mem, X509 *cert, EVP_PKEY *key, struct cert_asks asks,
          struct cert_made *ret_made, struct error *e)
{
    BIO *cert_bio = BIO_new(BIO_s_mem());
    BIO *request_bio = BIO_new(BIO_s_mem());
    BIO *key_bio = BIO_new(BIO_s_secmem());
    X509_REQ *request = signing_request(cert, key, asks);
    bool is_signed = X509_get_signature_nid(cert) != NID_undef;
    bool done = request != NULL && cert_bio != NULL && request_bio != NULL && key_bio != NULL &&
                (!is_signed || PEM_write_bio_X509(cert_bio, cert) == 1) &&
                PEM_write_bio_X509_REQ(request_bio, request) == 1 && key_write(key_bio, key);

    if (done) {
        char *data;
        long size = BIO_get_mem_data(key_bio, &data);

        *ret_made = (struct cert_made){.cert = is_signed ? bio_text(mem, cert_bio) : NULL,
                                       .signing_request = bio_text(mem, request_bio)};
        secret_set(&ret_made->key, bytes_of(data, (size_t)size));
    }
    X509_REQ_free(request);
    BIO_free(cert_bio);
    BIO_free(request_bio);
    BIO_free(key_bio);
    return done ||
           error_set(e, ERROR_TLS, "write a certificate and its key: %s", tls_library_reason());
}
