#include "pki/authority.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/time.h"
#include "net/tls_files.h"
#include "pki/cert_text.h"
#include "pki/certificate.h"

/* Serials are positive and of at most 20 bytes (RFC 5280, 4.1.2.2); 127 random bits collide never. */
enum { SERIAL_BITS = 127, BACKDATED_S = 300, DAY_S = 24 * 60 * 60, NAME_MOST = 253 };

struct authority {
    struct arena mem;
    EVP_PKEY *key;
    X509 *cert;
};

static bool
openssl_failed(const char *what, struct error *e)
{
    char reason[256];

    ERR_error_string_n(ERR_get_error(), reason, sizeof(reason));
    ERR_clear_error();
    return error_set(e, ERROR_TLS, "%s: %s", what, reason);
}

static bool
extension_add(X509 *cert, X509V3_CTX *context, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    bool added = extension != NULL && X509_add_ext(cert, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    return added;
}

static bool
serial_set(X509 *cert)
{
    BIGNUM *number = BN_new();
    bool done = number != NULL &&
                BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;

    BN_free(number);
    return done;
}

/* A second value of a field belongs to the first one's part of the name, as Go writes it. */
static bool
subject_add(X509_NAME *subject, const char *field, const char *value, bool beside_last)
{
    return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, (const unsigned char *)value,
                                      -1, -1, beside_last ? -1 : 0) == 1;
}

static bool
subject_fill(X509_NAME *subject, const struct cert_request *request)
{
    for (size_t i = 0; i < request->part_count; i++) {
        const struct cert_subject_part *part = &request->parts[i];

        if (!subject_add(subject, part->field, part->value,
                         i > 0 && strcmp(part[-1].field, part->field) == 0))
            return false;
    }
    return request->common_name[0] == '\0' ||
           subject_add(subject, "CN", request->common_name, false);
}

/* Everything that both kinds of certificate have. */
static X509 *
cert_new(const struct cert_request *request, EVP_PKEY *key)
{
    X509 *cert = X509_new();
    long valid_s = request->valid_s > 0 ? (long)request->valid_s : (long)request->days * DAY_S;

    if (cert != NULL && X509_set_version(cert, X509_VERSION_3) == 1 && serial_set(cert) &&
        X509_gmtime_adj(X509_getm_notBefore(cert), -BACKDATED_S) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(cert), valid_s) != NULL &&
        X509_set_pubkey(cert, key) == 1 && subject_fill(X509_get_subject_name(cert), request))
        return cert;
    X509_free(cert);
    return NULL;
}

static bool
authority_sign_itself(struct authority *a, int path_length)
{
    X509V3_CTX context;
    char constraints[64];

    snprintf(constraints, sizeof(constraints),
             path_length < 0 ? "critical,CA:TRUE" : "critical,CA:TRUE,pathlen:%d", path_length);

    X509V3_set_ctx(&context, a->cert, a->cert, NULL, NULL, 0);
    return X509_set_issuer_name(a->cert, X509_get_subject_name(a->cert)) == 1 &&
           extension_add(a->cert, &context, NID_basic_constraints, constraints) &&
           extension_add(a->cert, &context, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           extension_add(a->cert, &context, NID_subject_key_identifier, "hash") &&
           X509_sign(a->cert, a->key, EVP_sha256()) > 0;
}

bool
authority_make(const struct cert_request *request, struct authority **ret_authority,
               struct error *e)
{
    struct arena mem = ARENA_INIT;
    struct authority *a = arena_zero(&mem, sizeof(*a));

    a->mem = mem;
    if (!key_make(request->key, &a->key, e)) {
        authority_free(a);
        return false;
    }
    a->cert = cert_new(request, a->key);
    if (a->cert == NULL || !authority_sign_itself(a, request->path_length)) {
        authority_free(a);
        return openssl_failed("make a certificate authority", e);
    }
    *ret_authority = a;
    return true;
}

bool
authority_new(const char *common_name, unsigned days, enum key_kind kind,
              struct authority **ret_authority, struct error *e)
{
    const struct cert_request request = {
        .common_name = common_name, .days = days, .key = kind, .path_length = -1};

    return authority_make(&request, ret_authority, e);
}

/* Whoever reads the key is the authority. */
static bool
key_is_private(const char *path, struct error *e)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return error_set_errno(e, errno, "key file '%s'", path);
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return true;
    error_set_(e, ERROR_PERMISSION, 0,
               "key file '%s': mode %04o, and an authority's key is its owner's alone", path,
               (unsigned)(st.st_mode & 07777));
    return error_hint(e, "chmod 600 '%s'; if others may have read it, make a new authority", path);
}

/* 'cert' is its file. */
static bool
may_sign(const struct certificate *c, const char *cert, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    int64_t now_s = time_wall_ms() / 1000;

    if (!c->is_authority)
        return error_set(e, ERROR_TLS,
                         "'%s' is the certificate of '%s', which is no authority: its basic "
                         "constraints do not say CA",
                         cert, c->subject);
    if (now_s > c->not_after_s)
        return error_set(e, ERROR_TLS, "authority '%s' of '%s' ended at %s", c->subject, cert,
                         time_rfc3339(&tmp, c->not_after_s * 1000));
    if (now_s < c->not_before_s)
        return error_set(e, ERROR_TLS, "authority '%s' of '%s' begins at %s only", c->subject, cert,
                         time_rfc3339(&tmp, c->not_before_s * 1000));
    return true;
}

static bool
key_fits(const struct certificate *c, const char *cert_path, const char *key_path, struct error *e)
{
    bool has;

    if (!certificate_has_key(c, key_path, &has, e))
        return false;
    return has || error_set(e, ERROR_TLS, "key file '%s' does not belong to certificate '%s'",
                            key_path, cert_path);
}

bool
authority_load(const char *cert_path, const char *key_path, struct authority **ret_authority,
               struct error *e)
{
    struct arena mem = ARENA_INIT;
    struct authority *a = arena_zero(&mem, sizeof(*a));
    AUTO_ARENA tmp = ARENA_INIT;
    struct certificates found;

    a->mem = mem;
    if (!certificates_load(&tmp, cert_path, &found, e) ||
        !may_sign(&found.items[0], cert_path, e) || !key_is_private(key_path, e) ||
        !key_fits(&found.items[0], cert_path, key_path, e) || !tls_key_load(key_path, &a->key, e)) {
        authority_free(a);
        return false;
    }
    a->cert = X509_dup(found.items[0].x509);
    ASSERT(a->cert != NULL);
    *ret_authority = a;
    return true;
}

void
authority_free(struct authority *authority)
{
    struct arena mem;

    if (authority == NULL)
        return;
    X509_free(authority->cert);
    EVP_PKEY_free(authority->key);
    mem = authority->mem;
    arena_release(&mem);
}

static bool
cert_save(X509 *cert, const char *path, struct error *e)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    long size;
    bool done;

    if (bio == NULL || PEM_write_bio_X509(bio, cert) != 1) {
        BIO_free(bio);
        return openssl_failed("write a certificate", e);
    }
    size = BIO_get_mem_data(bio, &data);
    done = file_replace(path, bytes_of(data, (size_t)size), 0644, e);
    BIO_free(bio);
    return done;
}

bool
authority_save(const struct authority *authority, const char *cert_path, const char *key_path,
               struct error *e)
{
    return (key_path == NULL || key_save(authority->key, key_path, e)) &&
           cert_save(authority->cert, cert_path, e);
}

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
end_cut(X509 *cert, const X509 *authority)
{
    const ASN1_TIME *end = X509_get0_notAfter(authority);

    return ASN1_TIME_compare(X509_get0_notAfter(cert), end) <= 0 ||
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
    return usage[0] == '\0' || extension_add(cert, context, nid, buf_text(&value));
}

static bool
cert_sign(const struct authority *a, X509 *cert, const struct cert_request *request,
          const char *names)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, a->cert, cert, NULL, NULL, 0);
    return end_cut(cert, a->cert) &&
           X509_set_issuer_name(cert, X509_get_subject_name(a->cert)) == 1 &&
           extension_add(cert, &context, NID_basic_constraints, "critical,CA:FALSE") &&
           usage_add(cert, &context, NID_key_usage, "critical,", key_usage_of(request)) &&
           usage_add(cert, &context, NID_ext_key_usage, "", extended_usage_of(request)) &&
           extension_add(cert, &context, NID_subject_key_identifier, "hash") &&
           extension_add(cert, &context, NID_authority_key_identifier, "keyid") &&
           (names[0] == '\0' || extension_add(cert, &context, NID_subject_alt_name, names)) &&
           X509_sign(cert, a->key, EVP_sha256()) > 0;
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
    if (cert == NULL || !cert_sign(authority, cert, request, buf_text(&names))) {
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
    done = cert_text(mem, cert, key, buf_text(&names), ret_made, e);
    X509_free(cert);
    EVP_PKEY_free(key);
    return done;
}

bool
authority_text(struct arena *mem, const struct authority *authority,
               const struct cert_request *request, struct cert_made *ret_made, struct error *e)
{
    AUTO_BUF names = BUF_INIT;

    return names_text(request, &names, e) &&
           cert_text(mem, authority->cert, authority->key, buf_text(&names), ret_made, e);
}
