/* Certificates of an authority, or of nobody but themselves: names, usages, signatures. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/buf.h"
#include "pki/authority_parts.h"
#include "pki/cert_text.h"

enum { NAME_MOST = 253 };

static bool
is_address(const char *name)
{
    uint8_t address[16];

    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

/* Also keeps commas out of the text that OpenSSL parses. */
static bool
is_dns_name(const char *name)
{
    size_t length = strlen(name);

    if (length == 0 || length > NAME_MOST)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)name[i]) && strchr("-._*", name[i]) == NULL)
            return false;
    }
    return true;
}

/* "DNS:localhost,IP:127.0.0.1" */
static bool
names_text(const struct cert_request *request, struct buf *out, struct error *e)
{
    for (size_t i = 0; i < request->name_count; i++) {
        const char *name = request->names[i];

        if (!is_address(name) && !is_dns_name(name))
            return error_set(e, ERROR_USAGE, "'%s' is neither a DNS name nor an IP address", name);
        buf_printf(out, "%s%s:%s", i > 0 ? "," : "", is_address(name) ? "IP" : "DNS", name);
    }
    return true;
}

/* A certificate that outlives its authority is refused by some and believed by others. */
static bool
end_cut(X509 *cert, const struct cert_request *request, const X509 *authority)
{
    const ASN1_TIME *end = X509_get0_notAfter(authority);

    return request->may_outlive || ASN1_TIME_compare(X509_get0_notAfter(cert), end) <= 0 ||
           X509_set1_notAfter(cert, end) == 1;
}

static const char *
key_usage_of(const struct cert_request *request)
{
    if (request->key_usage != NULL)
        return request->key_usage;
    return request->key >= KEY_RSA_2048 ? "digitalSignature,keyEncipherment" : "digitalSignature";
}

static const char *
extended_usage_of(const struct cert_request *request)
{
    if (request->extended_usage != NULL)
        return request->extended_usage;
    if (request->server && request->client)
        return "serverAuth,clientAuth";
    return request->server ? "serverAuth" : "clientAuth";
}

/* Nothing for an empty list. */
static bool
usage_add(X509 *cert, X509V3_CTX *context, int nid, const char *critical, const char *usage)
{
    AUTO_BUF value = BUF_INIT;

    buf_printf(&value, "%s%s", critical, usage);
    return usage[0] == '\0' || cert_extend(cert, context, nid, buf_text(&value));
}

/* 'issuer' is the certificate of 'key', and 'cert' itself for one that signs itself. */
static bool
cert_sign(X509 *issuer, EVP_PKEY *key, X509 *cert, const struct cert_request *request,
          const char *names)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *constraints =
        request->is_authority ? cert_constraints(&tmp, request->path_length) : "critical,CA:FALSE";
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    return X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1 &&
           usage_add(cert, &context, NID_key_usage, "critical,", key_usage_of(request)) &&
           usage_add(cert, &context, NID_ext_key_usage, "", extended_usage_of(request)) &&
           cert_extend(cert, &context, NID_basic_constraints, constraints) &&
           cert_extend(cert, &context, NID_subject_key_identifier, "hash") &&
           (issuer == cert || cert_extend(cert, &context, NID_authority_key_identifier, "keyid")) &&
           (names[0] == '\0' || cert_extend(cert, &context, NID_subject_alt_name, names)) &&
           X509_sign(cert, key, key_digest(key)) > 0;
}

static bool
cert_issue(const struct authority *a, X509 *cert, const struct cert_request *request,
           const char *names)
{
    return end_cut(cert, request, a->cert) && cert_sign(a->cert, a->key, cert, request, names);
}

/* The caller frees both. */
static bool
issue(const struct authority *authority, const struct cert_request *request, X509 **ret_cert,
      EVP_PKEY **ret_key, struct error *e)
{
    AUTO_BUF names = BUF_INIT;
    EVP_PKEY *key;
    X509 *cert;

    if (!names_text(request, &names, e) || !key_make(request->key, &key, e))
        return false;
    cert = cert_new(request, key);
    if (cert == NULL || !cert_issue(authority, cert, request, buf_text(&names))) {
        X509_free(cert);
        EVP_PKEY_free(key);
        return openssl_failed("issue a certificate", e);
    }
    *ret_cert = cert;
    *ret_key = key;
    return true;
}

bool
authority_issue(const struct authority *authority, const struct cert_request *request,
                const char *cert_path, const char *key_path, struct error *e)
{
    EVP_PKEY *key;
    X509 *cert;
    bool done;

    if (!issue(authority, request, &cert, &key, e))
        return false;
    done = key_save(key, key_path, e) && cert_save(cert, cert_path, e);
    X509_free(cert);
    EVP_PKEY_free(key);
    return done;
}

static struct cert_asks
only_names(struct buf *names)
{
    return (struct cert_asks){.names = buf_text(names), .constraints = ""};
}

bool
authority_issue_text(struct arena *mem, const struct authority *authority,
                     const struct cert_request *request, struct cert_made *ret_made,
                     struct error *e)
{
    AUTO_BUF names = BUF_INIT;
    EVP_PKEY *key;
    X509 *cert;
    bool done;

    if (!names_text(request, &names, e) || !issue(authority, request, &cert, &key, e))
        return false;
    done = cert_text(mem, cert, key, only_names(&names), ret_made, e);
    X509_free(cert);
    EVP_PKEY_free(key);
    return done;
}

bool
cert_request_text(struct arena *mem, const struct cert_request *request, struct cert_made *ret_made,
                  struct error *e)
{
    AUTO_BUF names = BUF_INIT;
    EVP_PKEY *key;
    X509 *cert;
    bool done;

    if (!names_text(request, &names, e) || !key_make(request->key, &key, e))
        return false;
    cert = cert_new(request, key);
    done = cert != NULL ? cert_text(mem, cert, key, only_names(&names), ret_made, e)
                        : openssl_failed("make a certificate request", e);
    X509_free(cert);
    EVP_PKEY_free(key);
    return done;
}

bool
cert_self_text(struct arena *mem, const struct cert_request *request, struct cert_made *ret_made,
               struct error *e)
{
    AUTO_BUF names = BUF_INIT;
    EVP_PKEY *key;
    X509 *cert;
    bool done;

    if (!names_text(request, &names, e) || !key_make(request->key, &key, e))
        return false;
    cert = cert_new(request, key);
    done = cert != NULL && cert_sign(cert, key, cert, request, buf_text(&names))
               ? cert_text(mem, cert, key, only_names(&names), ret_made, e)
               : openssl_failed("make a certificate", e);
    X509_free(cert);
    EVP_PKEY_free(key);
    return done;
}

/* --- for somebody's request --- */

/* Subject alternative names are all that is taken of its extensions: usages are the policy's. */
static bool
names_copy(X509 *cert, const X509_REQ *request)
{
    STACK_OF(X509_EXTENSION) *list = X509_REQ_get_extensions(without_const(request));
    int at = X509v3_get_ext_by_NID(list, NID_subject_alt_name, -1);
    bool done = at < 0 || X509_add_ext(cert, X509v3_get_ext(list, at), -1) == 1;

    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    return done;
}

static X509 *
cert_of_request(const struct authority *a, X509_REQ *signing, const struct cert_request *request,
                const char *names)
{
    X509 *cert = cert_new(request, X509_REQ_get0_pubkey(signing));

    if (cert != NULL && X509_set_subject_name(cert, X509_REQ_get_subject_name(signing)) == 1 &&
        (names[0] != '\0' || names_copy(cert, signing)) && cert_issue(a, cert, request, names))
        return cert;
    X509_free(cert);
    return NULL;
}

static bool
signing_decode(struct bytes pem, X509_REQ **ret_request, struct error *e)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    X509_REQ *request;

    ASSERT(bio != NULL);
    ERR_clear_error();
    request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (request == NULL)
        return error_set(e, ERROR_TLS, "no PEM certificate request in it");
    if (X509_REQ_get0_pubkey(request) == NULL ||
        X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) != 1) {
        X509_REQ_free(request);
        ERR_clear_error();
        return error_set(e, ERROR_TLS, "its key has not signed this request: it was changed");
    }
    *ret_request = request;
    return true;
}

bool
authority_sign_text(struct arena *mem, const struct authority *authority,
                    struct bytes signing_request, const struct cert_request *request,
                    struct cert_made *ret_made, struct error *e)
{
    AUTO_BUF names = BUF_INIT;
    X509_REQ *signing;
    bool done;
    X509 *cert;

    if (!names_text(request, &names, e) || !signing_decode(signing_request, &signing, e))
        return false;
    cert = cert_of_request(authority, signing, request, buf_text(&names));
    done = cert != NULL ? cert_pem(mem, cert, &ret_made->cert, e)
                        : openssl_failed("sign a certificate request", e);
    if (done) {
        ret_made->signing_request = arena_text_of_bytes(mem, signing_request);
        ret_made->key = (struct secret)SECRET_INIT;
    }
    X509_free(cert);
    X509_REQ_free(signing);
    return done;
}

bool
authority_text(struct arena *mem, const struct authority *authority,
               const struct cert_request *request, struct cert_made *ret_made, struct error *e)
{
    AUTO_BUF names = BUF_INIT;

    return names_text(request, &names, e) &&
           cert_text(mem, authority->cert, authority->key,
                     (struct cert_asks){
                         .names = buf_text(&names),
                         .constraints = request->is_authority
                                            ? cert_constraints(mem, request->path_length)
                                            : "",
                     },
                     ret_made, e);
}
