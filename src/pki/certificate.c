#include "pki/certificate.h"

#include <arpa/inet.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/io.h"
#include "net/tls_certificate.h"
#include "net/tls_files.h"

enum { TEXT_MOST = 512, DAY_S = 24 * 60 * 60 };

static void
x509_release(void *x509)
{
    X509_free(x509);
}

static const char *
name_of(struct arena *mem, const X509_NAME *name)
{
    char text[TEXT_MOST];

    tls_name_text(name, text, sizeof(text));
    return arena_text(mem, text);
}

static const char *
common_name_of(struct arena *mem, const X509 *x509)
{
    char text[TEXT_MOST] = "";

    if (X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, text, sizeof(text)) <
        0)
        return "";
    return arena_text(mem, text);
}

static const char *
hex_of(struct arena *mem, const uint8_t *bytes, size_t size)
{
    char *hex = arena_alloc(mem, 2 * size + 1);

    hex_encode(bytes, size, hex);
    return hex;
}

static const char *
fingerprint_of(struct arena *mem, const X509 *x509)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    X509_digest(x509, EVP_sha256(), digest, &size);
    return hex_of(mem, digest, size);
}

static const char *
serial_of(struct arena *mem, const X509 *x509)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);

    return hex_of(mem, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
}

static const char *
key_of(struct arena *mem, const X509 *x509)
{
    const EVP_PKEY *key = X509_get0_pubkey(x509);
    char group[TEXT_MOST] = "";
    const char *nist;

    if (key == NULL)
        return "unknown";
    if (EVP_PKEY_is_a(key, "RSA"))
        return arena_printf(mem, "RSA %d", EVP_PKEY_get_bits(key));
    if (!EVP_PKEY_is_a(key, "EC"))
        return arena_text(mem, EVP_PKEY_get0_type_name(key));
    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
    nist = EC_curve_nid2nist(OBJ_txt2nid(group));
    return arena_printf(mem, "EC %s", nist != NULL ? nist : group);
}

enum { RSA_LEAST_BITS = 2048, RSA_MOST_BITS = 8192 };

static bool
key_is_usable(const X509 *x509)
{
    const EVP_PKEY *key = X509_get0_pubkey(x509);
    char group[TEXT_MOST] = "";
    int curve;

    if (key == NULL)
        return false;
    if (EVP_PKEY_is_a(key, "RSA"))
        return EVP_PKEY_get_bits(key) >= RSA_LEAST_BITS && EVP_PKEY_get_bits(key) <= RSA_MOST_BITS;
    if (!EVP_PKEY_is_a(key, "EC"))
        return EVP_PKEY_is_a(key, "ED25519");
    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
    curve = OBJ_txt2nid(group);
    return curve == NID_X9_62_prime256v1 || curve == NID_secp384r1 || curve == NID_secp521r1;
}

static bool
signature_is_weak(const X509 *x509)
{
    int digest = NID_undef;

    X509_get_signature_info(without_const(x509), &digest, NULL, NULL, NULL);
    return digest == NID_sha1 || digest == NID_md5 || digest == NID_md4 || digest == NID_md2;
}

static void
names_of(struct arena *mem, const X509 *x509, struct certificate *ret)
{
    GENERAL_NAMES *sans = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);

    for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++) {
        char text[TEXT_MOST];
        const char *kind = tls_san_text(sk_GENERAL_NAME_value(sans, i), text, sizeof(text));

        if (kind != NULL)
            *ARRAY_PUSH(mem, &ret->names) =
                (struct certificate_name){.kind = kind, .text = arena_text(mem, text)};
    }
    GENERAL_NAMES_free(sans);
}

void
certificate_describe(struct arena *mem, const struct x509_st *x509, struct certificate *ret)
{
    X509 *own = X509_dup(x509);

    ASSERT(own != NULL);
    arena_on_release(mem, x509_release, own);
    *ret = (struct certificate){
        .subject = name_of(mem, X509_get_subject_name(own)),
        .issuer = name_of(mem, X509_get_issuer_name(own)),
        .common_name = common_name_of(mem, own),
        .serial = serial_of(mem, own),
        .fingerprint = fingerprint_of(mem, own),
        .key = key_of(mem, own),
        .signature = OBJ_nid2ln(X509_get_signature_nid(own)),
        .key_is_usable = key_is_usable(own),
        .signature_is_weak = signature_is_weak(own),
        .not_before_s = tls_date_seconds(X509_get0_notBefore(own)),
        .not_after_s = tls_date_seconds(X509_get0_notAfter(own)),
        .is_authority = X509_check_ca(own) == 1,
        .is_self_signed = (X509_get_extension_flags(own) & EXFLAG_SS) != 0,
        .server = tls_certificate_allows(own, XKU_SSL_SERVER),
        .client = tls_certificate_allows(own, XKU_SSL_CLIENT),
        .x509 = own,
    };
    names_of(mem, own, ret);
    ERR_clear_error();
}

static bool
bio_decode(struct arena *mem, BIO *bio, struct certificates *ret, struct error *e)
{
    struct certificates list = {0};
    X509 *x509;

    ERR_clear_error();
    while ((x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        if (list.count < CERTIFICATES_MOST)
            certificate_describe(mem, x509, ARRAY_PUSH(mem, &list));
        else
            error_set_(e, ERROR_LIMIT, 0, "more than %d certificates", CERTIFICATES_MOST);
        X509_free(x509);
        if (e->code == ERROR_LIMIT)
            return false;
    }
    /* "No start line" is how the end shows. */
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return error_set(e, ERROR_TLS, "certificate %zu in it is damaged: %s", list.count + 1,
                         tls_library_reason());
    ERR_clear_error();
    if (list.count == 0)
        return error_set(e, ERROR_TLS, "no PEM certificate in it");
    *ret = list;
    return true;
}

bool
certificates_decode(struct arena *mem, struct bytes pem, struct certificates *ret, struct error *e)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    bool done;

    ASSERT(bio != NULL && pem.size <= CERTIFICATE_FILE_MOST_BYTES);
    done = bio_decode(mem, bio, ret, e);
    BIO_free(bio);
    return done;
}

bool
certificate_decode(struct arena *mem, struct bytes der, struct certificate *ret, struct error *e)
{
    const unsigned char *at = der.data;
    X509 *x509;

    ERR_clear_error();
    x509 = d2i_X509(NULL, &at, (long)der.size);
    if (x509 == NULL)
        return error_set(e, ERROR_TLS, "no certificate: %s", tls_library_reason());
    certificate_describe(mem, x509, ret);
    X509_free(x509);
    return true;
}

bool
certificates_load(struct arena *mem, const char *path, struct certificates *ret, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes pem;

    if (!file_read_all(&tmp, path, CERTIFICATE_FILE_MOST_BYTES, &pem, e))
        return false;
    return certificates_decode(mem, pem, ret, e) || error_wrap(e, "certificate file '%s'", path);
}

bool
certificate_covers(const struct certificate *c, const char *host)
{
    uint8_t address[16];

    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_check_ip_asc(c->x509, host, 0) == 1;
    return X509_check_host(c->x509, host, 0,
                           X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                           NULL) == 1;
}

bool
certificate_signed_by(const struct certificate *c, const struct certificate *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer->x509);
    bool is = key != NULL && X509_check_issued(issuer->x509, c->x509) == X509_V_OK &&
              X509_verify(c->x509, key) == 1;

    ERR_clear_error();
    return is;
}

bool
certificate_verified_by(const struct certificate *c, const struct certificate *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer->x509);
    bool is =
        key != NULL &&
        X509_NAME_cmp(X509_get_issuer_name(c->x509), X509_get_subject_name(issuer->x509)) == 0 &&
        X509_verify(c->x509, key) == 1;

    ERR_clear_error();
    return is;
}

static bool
is_key_of(const struct certificate *c, EVP_PKEY *key)
{
    bool is = X509_check_private_key(c->x509, key) == 1;

    EVP_PKEY_free(key);
    ERR_clear_error();
    return is;
}

bool
certificate_has_key(const struct certificate *c, const char *key_path, bool *ret_has,
                    struct error *e)
{
    EVP_PKEY *key;

    if (!tls_key_load(key_path, &key, e))
        return false;
    *ret_has = is_key_of(c, key);
    return true;
}

bool
certificate_has_key_text(const struct certificate *c, struct bytes pem, bool *ret_has,
                         struct error *e)
{
    EVP_PKEY *key;

    if (!tls_key_decode(pem, &key, e))
        return false;
    *ret_has = is_key_of(c, key);
    return true;
}

int64_t
certificate_days_left(const struct certificate *c, int64_t now_s)
{
    int64_t left_s = c->not_after_s - now_s;

    return left_s >= 0 ? left_s / DAY_S : -((-left_s + DAY_S - 1) / DAY_S);
}

const char *
certificate_names_text(struct arena *mem, const struct certificate *c)
{
    AUTO_BUF out = BUF_INIT;

    for (size_t i = 0; i < c->names.count; i++)
        buf_printf(&out, "%s%s:%s", i > 0 ? ", " : "", c->names.items[i].kind,
                   c->names.items[i].text);
    return arena_text(mem, buf_text(&out));
}
