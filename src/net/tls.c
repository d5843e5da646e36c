#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/evidence.h"
#include "net/tls_context.h"
#include "net/tls_files.h"

/* Four records of 16 KiB a read: fewer system calls on a snapshot. */
enum { READ_BUFFER_BYTES = 64 << 10 };

static const char *
text_or_null(struct arena *mem, const char *text)
{
    return text != NULL && text[0] != '\0' ? arena_text(mem, text) : NULL;
}

static void
context_release(void *subject)
{
    struct tls_context *context = subject;

    if (context->ssl != NULL)
        SSL_CTX_free(context->ssl);
    if (context->socket_bio != NULL)
        BIO_meth_free(context->socket_bio);
}

struct tls_context *
tls_context_new(struct arena *mem, const struct tls_options *options)
{
    struct tls_context *context = arena_zero(mem, sizeof(*context));

    context->options = (struct tls_options){
        .ca_file = text_or_null(mem, options->ca_file),
        .cert_file = text_or_null(mem, options->cert_file),
        .key_file = text_or_null(mem, options->key_file),
        .server_name = text_or_null(mem, options->server_name),
        .insecure_skip_verify = options->insecure_skip_verify,
    };
    arena_on_release(mem, context_release, context);
    return context;
}

const struct tls_options *
tls_context_options(const struct tls_context *context)
{
    return &context->options;
}

/* Reads all certificates of a file into the trust store. */
static bool
authorities_load(SSL_CTX *ssl, const char *path, struct error *e)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ssl);
    unsigned count = 0;
    unsigned long last;
    X509 *cert;
    BIO *bio;

    if (!tls_file_open(path, "CA file", &bio, e))
        return false;
    ERR_clear_error();
    while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        X509_STORE_add_cert(store, cert);
        X509_free(cert);
        count++;
    }
    BIO_free(bio);
    /* "No start line" is how the end of the file shows. */
    last = ERR_peek_last_error();
    if (count == 0 || ERR_GET_REASON(last) != PEM_R_NO_START_LINE)
        return error_set(e, ERROR_TLS, "CA file '%s': %s", path,
                         ERR_GET_REASON(last) == PEM_R_NO_START_LINE ? "no PEM certificate in it"
                                                                     : tls_library_reason());
    ERR_clear_error();
    return true;
}

static bool
key_is_another(const struct tls_options *o, struct error *e)
{
    error_set(e, ERROR_TLS, "key file '%s' does not belong to certificate '%s': %s", o->key_file,
              o->cert_file, tls_library_reason());
    evidence_begin(e, "tls-key-mismatch");
    evidence_text(e, "key_file", o->key_file);
    evidence_text(e, "cert_file", o->cert_file);
    return error_hint(e, "give the key that the certificate was requested with (--key)");
}

static bool
identity_load(SSL_CTX *ssl, const struct tls_options *o, struct error *e)
{
    EVP_PKEY *key;
    BIO *bio;
    int fits;

    if (o->cert_file == NULL || o->key_file == NULL)
        return error_set(e, ERROR_USAGE, "the client %s '%s' needs its %s too",
                         o->cert_file != NULL ? "certificate" : "key",
                         o->cert_file != NULL ? o->cert_file : o->key_file,
                         o->cert_file != NULL ? "key" : "certificate") ||
               error_hint(e, "give both --cert and --key");
    if (!tls_file_open(o->cert_file, "certificate file", &bio, e))
        return false;
    BIO_free(bio);
    if (SSL_CTX_use_certificate_chain_file(ssl, o->cert_file) != 1)
        return error_set(e, ERROR_TLS, "certificate file '%s': no usable PEM certificate in it: %s",
                         o->cert_file, tls_library_reason());
    if (!tls_key_load(o->key_file, &key, e))
        return false;
    fits = SSL_CTX_use_PrivateKey(ssl, key);
    EVP_PKEY_free(key);
    return fits == 1 || key_is_another(o, e);
}

static bool
context_fill(SSL_CTX *ssl, const struct tls_options *o, struct error *e)
{
    SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_read_ahead(ssl, 1);
    SSL_CTX_set_default_read_buffer_len(ssl, READ_BUFFER_BYTES);
    if (o->ca_file != NULL && !authorities_load(ssl, o->ca_file, e))
        return false;
    if (o->ca_file == NULL && !o->insecure_skip_verify)
        SSL_CTX_set_default_verify_paths(ssl);
    if ((o->cert_file != NULL || o->key_file != NULL) && !identity_load(ssl, o, e))
        return false;
    return true;
}

bool
tls_context_load(struct tls_context *context, struct error *e)
{
    SSL_CTX *ssl;

    if (context->ssl != NULL)
        return true;
    ERR_clear_error();
    ssl = SSL_CTX_new(TLS_client_method());
    if (ssl == NULL)
        return error_set(e, ERROR_TLS, "OpenSSL cannot be used: %s", tls_library_reason());
    if (!context_fill(ssl, &context->options, e)) {
        SSL_CTX_free(ssl);
        if (e->cause == NULL)
            evidence_begin(e, "tls-files");
        return false;
    }
    context->socket_bio = tls_socket_bio_new();
    context->ssl = ssl;
    return true;
}
