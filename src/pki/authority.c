#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/io.h"
#include "base/time.h"
#include "net/tls_certificate.h"
#include "net/tls_files.h"
#include "pki/authority_parts.h"
#include "pki/certificate.h"

/* Serials are positive and of at most 20 bytes (RFC 5280, 4.1.2.2); 127 random bits collide never. */
enum { SERIAL_BITS = 127, BACKDATED_S = 300, DAY_S = 24 * 60 * 60 };

void
openssl_failed_(const char *what, struct error *e)
{
    char reason[256];

    ERR_error_string_n(ERR_get_error(), reason, sizeof(reason));
    ERR_clear_error();
    error_set_(e, ERROR_TLS, 0, "%s: %s", what, reason);
}

bool
cert_extend(X509 *cert, X509V3_CTX *context, int nid, const char *value)
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

X509 *
cert_new(const struct cert_request *request, EVP_PKEY *key)
{
    X509 *cert = X509_new();
    long until_s =
        request->valid_s > 0 ? (long)request->valid_s - BACKDATED_S : (long)request->days * DAY_S;

    if (cert != NULL && X509_set_version(cert, X509_VERSION_3) == 1 && serial_set(cert) &&
        X509_gmtime_adj(X509_getm_notBefore(cert), -BACKDATED_S) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(cert), until_s) != NULL &&
        X509_set_pubkey(cert, key) == 1 && subject_fill(X509_get_subject_name(cert), request))
        return cert;
    X509_free(cert);
    return NULL;
}

const char *
cert_constraints(struct arena *mem, int path_length)
{
    return path_length < 0 ? "critical,CA:TRUE"
                           : arena_printf(mem, "critical,CA:TRUE,pathlen:%d", path_length);
}

static bool
authority_sign_itself(struct authority *a, int path_length)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, a->cert, a->cert, NULL, NULL, 0);
    return X509_set_issuer_name(a->cert, X509_get_subject_name(a->cert)) == 1 &&
           cert_extend(a->cert, &context, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           cert_extend(a->cert, &context, NID_basic_constraints,
                       cert_constraints(&a->mem, path_length)) &&
           cert_extend(a->cert, &context, NID_subject_key_identifier, "hash") &&
           X509_sign(a->cert, a->key, key_digest(a->key)) > 0;
}

static struct authority *
authority_empty(void)
{
    struct arena mem = ARENA_INIT;
    struct authority *a = arena_zero(&mem, sizeof(*a));

    a->mem = mem;
    return a;
}

/* Takes an authority that has its key; frees it when that fails. */
static bool
authority_certify(struct authority *a, const struct cert_request *request,
                  struct authority **ret_authority, struct error *e)
{
    a->cert = cert_new(request, a->key);
    if (a->cert == NULL || !authority_sign_itself(a, request->path_length)) {
        authority_free(a);
        return openssl_failed("make a certificate authority", e);
    }
    *ret_authority = a;
    return true;
}

bool
authority_make(const struct cert_request *request, struct authority **ret_authority,
               struct error *e)
{
    struct authority *a = authority_empty();

    if (key_make(request->key, &a->key, e))
        return authority_certify(a, request, ret_authority, e);
    authority_free(a);
    return false;
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
is_authority(const struct certificate *c, const char *cert, struct error *e)
{
    return c->is_authority ||
           error_set(e, ERROR_TLS,
                     "'%s' is the certificate of '%s', which is no authority: its basic "
                     "constraints do not say CA",
                     cert, c->subject);
}

static bool
is_valid_now(const struct certificate *c, const char *cert, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    int64_t now_s = time_wall_ms() / 1000;

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

/* The certificate of a file, and the key that is its. */
static bool
pair_load(const struct certificate *c, const char *cert_path, const char *key_path,
          struct authority **ret_authority, struct error *e)
{
    struct authority *a = authority_empty();

    if (!key_is_private(key_path, e) || !key_fits(c, cert_path, key_path, e) ||
        !tls_key_load(key_path, &a->key, e)) {
        authority_free(a);
        return false;
    }
    a->cert = X509_dup(c->x509);
    ASSERT(a->cert != NULL);
    *ret_authority = a;
    return true;
}

bool
authority_load(const char *cert_path, const char *key_path, struct authority **ret_authority,
               struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct certificates found;

    return certificates_load(&tmp, cert_path, &found, e) &&
           is_authority(&found.items[0], cert_path, e) &&
           is_valid_now(&found.items[0], cert_path, e) &&
           pair_load(&found.items[0], cert_path, key_path, ret_authority, e);
}

bool
authority_make_of_key(const struct cert_request *request, const char *key_path,
                      struct authority **ret_authority, struct error *e)
{
    struct authority *a = authority_empty();

    if (key_is_private(key_path, e) && tls_key_load(key_path, &a->key, e))
        return authority_certify(a, request, ret_authority, e);
    authority_free(a);
    return false;
}

/* A copy of it, with other dates and another serial, signed anew. */
static bool
renew(struct authority *a, const struct certificate *old)
{
    long valid_s = (long)(old->not_after_s - old->not_before_s);

    return serial_set(a->cert) &&
           X509_gmtime_adj(X509_getm_notBefore(a->cert), -BACKDATED_S) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(a->cert), valid_s - BACKDATED_S) != NULL &&
           X509_sign(a->cert, a->key, key_digest(a->key)) > 0;
}

bool
authority_renew(const char *cert_path, const char *key_path, struct authority **ret_authority,
                struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct certificates found;
    struct authority *a;

    if (!certificates_load(&tmp, cert_path, &found, e) ||
        !is_authority(&found.items[0], cert_path, e) ||
        !pair_load(&found.items[0], cert_path, key_path, &a, e))
        return false;
    if (!renew(a, &found.items[0])) {
        authority_free(a);
        return openssl_failed("renew a certificate authority", e);
    }
    *ret_authority = a;
    return true;
}

int64_t
authority_end_s(const struct authority *authority)
{
    return tls_date_seconds(X509_get0_notAfter(authority->cert));
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

bool
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
