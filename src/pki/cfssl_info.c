#include "pki/cfssl_info.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/time.h"
#include "net/tls_files.h"

/* Bytes as they stand; the JSON writer mends what is no UTF-8. */
static struct bytes
entry_value(const X509_NAME *name, int at)
{
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));

    return bytes_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
}

/* All values of one field, joined by commas; nothing when there is none. */
static void
field_write(struct json_writer *w, const X509_NAME *name, const char *key, int nid)
{
    AUTO_BUF text = BUF_INIT;

    for (int at = X509_NAME_get_index_by_NID(name, nid, -1); at >= 0;
         at = X509_NAME_get_index_by_NID(name, nid, at)) {
        struct bytes value = entry_value(name, at);

        if (text.size > 0)
            buf_append_byte(&text, ',');
        buf_append(&text, value.data, value.size);
    }
    if (text.size == 0)
        return;
    json_key(w, key);
    json_text_bytes(w, buf_bytes(&text));
}

static void
name_write(struct json_writer *w, const char *key, const X509_NAME *name)
{
    json_key(w, key);
    json_object_begin(w);
    field_write(w, name, "common_name", NID_commonName);
    field_write(w, name, "serial_number", NID_serialNumber);
    field_write(w, name, "country", NID_countryName);
    field_write(w, name, "organization", NID_organizationName);
    field_write(w, name, "organizational_unit", NID_organizationalUnitName);
    field_write(w, name, "locality", NID_localityName);
    field_write(w, name, "province", NID_stateOrProvinceName);
    if (X509_NAME_entry_count(name) > 0) {
        json_key(w, "names");
        json_array_begin(w);
        for (int i = 0; i < X509_NAME_entry_count(name); i++)
            json_text_bytes(w, entry_value(name, i));
        json_array_end(w);
    }
    json_object_end(w);
}

/* As Go names them; OpenSSL's word for any other. */
static const char *
signature_name(const X509 *x509)
{
    static const struct {
        int nid;
        const char *name;
    } names[] = {{NID_ecdsa_with_SHA256, "ECDSAWithSHA256"},
                 {NID_ecdsa_with_SHA384, "ECDSAWithSHA384"},
                 {NID_ecdsa_with_SHA512, "ECDSAWithSHA512"},
                 {NID_sha256WithRSAEncryption, "SHA256WithRSA"},
                 {NID_sha384WithRSAEncryption, "SHA384WithRSA"},
                 {NID_sha512WithRSAEncryption, "SHA512WithRSA"},
                 {NID_ED25519, "Ed25519"}};
    int nid = X509_get_signature_nid(x509);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].nid == nid)
            return names[i].name;
    }
    return OBJ_nid2ln(nid);
}

static void
serial_write(struct json_writer *w, const X509 *x509)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
    char *decimal = number != NULL ? BN_bn2dec(number) : NULL;

    json_key_text(w, "serial_number", decimal != NULL ? decimal : "");
    OPENSSL_free(decimal);
    BN_free(number);
}

/* "AB:CD:..." */
static void
key_id_write(struct json_writer *w, const char *key, const ASN1_OCTET_STRING *id)
{
    AUTO_BUF text = BUF_INIT;
    const unsigned char *bytes = id != NULL ? ASN1_STRING_get0_data(id) : NULL;

    for (int i = 0; id != NULL && i < ASN1_STRING_length(id); i++)
        buf_printf(&text, "%s%02X", i > 0 ? ":" : "", bytes[i]);
    json_key_text(w, key, buf_text(&text));
}

static bool
pem_write(struct json_writer *w, X509 *x509, struct error *e)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool done = bio != NULL && PEM_write_bio_X509(bio, x509) == 1;

    if (done) {
        char *data;
        long size = BIO_get_mem_data(bio, &data);

        json_key(w, "pem");
        json_text_bytes(w, bytes_of(data, (size_t)size));
    }
    BIO_free(bio);
    return done || error_set(e, ERROR_TLS, "write a certificate: %s", tls_library_reason());
}

bool
cfssl_info_write(struct json_writer *w, const struct certificate *c, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    json_object_begin(w);
    name_write(w, "subject", X509_get_subject_name(c->x509));
    name_write(w, "issuer", X509_get_issuer_name(c->x509));
    serial_write(w, c->x509);
    if (c->names.count > 0) {
        json_key(w, "sans");
        json_array_begin(w);
        for (size_t i = 0; i < c->names.count; i++)
            json_text(w, c->names.items[i].text);
        json_array_end(w);
    }
    json_key_text(w, "not_before", time_rfc3339(&tmp, c->not_before_s * 1000));
    json_key_text(w, "not_after", time_rfc3339(&tmp, c->not_after_s * 1000));
    json_key_text(w, "sigalg", signature_name(c->x509));
    key_id_write(w, "authority_key_id", X509_get0_authority_key_id(c->x509));
    key_id_write(w, "subject_key_id", X509_get0_subject_key_id(c->x509));
    if (!pem_write(w, c->x509, e))
        return false;
    json_object_end(w);
    return true;
}
