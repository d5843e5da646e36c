/* A certificate request as 'cfssl certinfo -csr' prints it: Go's x509.CertificateRequest in JSON. */
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net/tls_certificate.h"
#include "net/tls_files.h"
#include "pki/cfssl_info.h"

enum { TEXT_MOST = 512 };

static void
text_write(struct json_writer *w, const X509_NAME_ENTRY *entry)
{
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);

    json_text_bytes(w, bytes_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)));
}

/* All values of a field; null when there is none. */
static void
field_write(struct json_writer *w, const X509_NAME *name, const char *key, int nid)
{
    int at = X509_NAME_get_index_by_NID(name, nid, -1);

    json_key(w, key);
    if (at < 0) {
        json_null(w);
        return;
    }
    json_array_begin(w);
    for (; at >= 0; at = X509_NAME_get_index_by_NID(name, nid, at))
        text_write(w, X509_NAME_get_entry(name, at));
    json_array_end(w);
}

/* "" when there is none. */
static void
single_write(struct json_writer *w, const X509_NAME *name, const char *key, int nid)
{
    int at = X509_NAME_get_index_by_NID(name, nid, -1);

    json_key(w, key);
    if (at < 0)
        json_text(w, "");
    else
        text_write(w, X509_NAME_get_entry(name, at));
}

static void
subject_write(struct json_writer *w, const X509_NAME *name)
{
    json_key(w, "Subject");
    json_object_begin(w);
    field_write(w, name, "Country", NID_countryName);
    field_write(w, name, "Organization", NID_organizationName);
    field_write(w, name, "OrganizationalUnit", NID_organizationalUnitName);
    field_write(w, name, "Locality", NID_localityName);
    field_write(w, name, "Province", NID_stateOrProvinceName);
    field_write(w, name, "StreetAddress", NID_streetAddress);
    field_write(w, name, "PostalCode", NID_postalCode);
    single_write(w, name, "SerialNumber", NID_serialNumber);
    single_write(w, name, "CommonName", NID_commonName);
    json_object_end(w);
}

/* Those of one kind; null when there is none. */
static void
names_write(struct json_writer *w, const GENERAL_NAMES *names, const char *key, const char *kind)
{
    bool begun = false;

    json_key(w, key);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        char text[TEXT_MOST];
        const char *its = tls_san_text(sk_GENERAL_NAME_value(names, i), text, sizeof(text));

        if (its == NULL || strcmp(its, kind) != 0)
            continue;
        if (!begun)
            json_array_begin(w);
        begun = true;
        json_text(w, text);
    }
    if (begun)
        json_array_end(w);
    else
        json_null(w);
}

/* As crypto/x509 numbers them; 0: unknown there. */
static int64_t
signature_number(const X509_REQ *request)
{
    static const int nids[] = {[4] = NID_sha256WithRSAEncryption,
                               [5] = NID_sha384WithRSAEncryption,
                               [6] = NID_sha512WithRSAEncryption,
                               [10] = NID_ecdsa_with_SHA256,
                               [11] = NID_ecdsa_with_SHA384,
                               [12] = NID_ecdsa_with_SHA512,
                               [16] = NID_ED25519};
    int nid = X509_REQ_get_signature_nid(request);

    for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); i++) {
        if (nids[i] == nid && nid != NID_undef)
            return (int64_t)i;
    }
    return 0;
}

static int64_t
key_number(const EVP_PKEY *key)
{
    static const char *const types[] = {"", "RSA", "DSA", "EC", "ED25519"};

    for (size_t i = 1; key != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
        if (EVP_PKEY_is_a(key, types[i]))
            return (int64_t)i;
    }
    return 0;
}

static void
request_write(struct json_writer *w, X509_REQ *request)
{
    STACK_OF(X509_EXTENSION) *list = X509_REQ_get_extensions(request);
    GENERAL_NAMES *names = X509V3_get_d2i(list, NID_subject_alt_name, NULL, NULL);

    json_object_begin(w);
    json_key_i64(w, "Version", X509_REQ_get_version(request));
    json_key_i64(w, "SignatureAlgorithm", signature_number(request));
    json_key_i64(w, "PublicKeyAlgorithm", key_number(X509_REQ_get0_pubkey(request)));
    subject_write(w, X509_REQ_get_subject_name(request));
    names_write(w, names, "DNSNames", "DNS");
    names_write(w, names, "IPAddresses", "IP");
    json_object_end(w);
    GENERAL_NAMES_free(names);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

bool
cfssl_request_info_write(struct json_writer *w, struct bytes pem, struct error *e)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    X509_REQ *request;

    ASSERT(bio != NULL);
    request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (request == NULL)
        return error_set(e, ERROR_TLS, "no PEM certificate request in it: %s",
                         tls_library_reason());
    request_write(w, request);
    X509_REQ_free(request);
    return true;
}
