/* Out of OpenSSL's certificates: names, dates and usages as they are told to people. */
#include "net/tls_certificate.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

void
tls_name_text(const X509_NAME *name, char *ret_text, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int got;

    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    got = BIO_read(bio, ret_text, (int)size - 1);
    ret_text[got > 0 ? got : 0] = '\0';
    BIO_free(bio);
}

int64_t
tls_date_seconds(const ASN1_TIME *date)
{
    struct tm tm;

    return ASN1_TIME_to_tm(date, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

const char *
tls_san_text(const GENERAL_NAME *san, char *ret_text, size_t size)
{
    const char *kind = NULL;

    ret_text[0] = '\0';
    if (san->type == GEN_DNS) {
        kind = "DNS";
        snprintf(ret_text, size, "%.*s", ASN1_STRING_length(san->d.dNSName),
                 (const char *)ASN1_STRING_get0_data(san->d.dNSName));
    } else if (san->type == GEN_IPADD) {
        int length = ASN1_STRING_length(san->d.iPAddress);

        if (length != 4 && length != 16)
            return NULL;
        kind = "IP";
        inet_ntop(length == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(san->d.iPAddress),
                  ret_text, (socklen_t)size);
    }
    for (char *c = ret_text; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~')
            *c = '?';
    }
    return kind;
}

/* Appends "DNS:name" or "IP:address". */
static void
san_append(char *names, size_t size, const GENERAL_NAME *san)
{
    size_t used = strlen(names);
    char text[256];
    const char *kind = tls_san_text(san, text, sizeof(text));

    if (kind != NULL)
        snprintf(names + used, size - used, "%s%s:%s", used == 0 ? "" : ", ", kind, text);
}

void
tls_certificate_names(const X509 *cert, char *names, size_t size)
{
    GENERAL_NAMES *sans = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

    names[0] = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++)
        san_append(names, size, sk_GENERAL_NAME_value(sans, i));
    GENERAL_NAMES_free(sans);
}

/* Source: RFC 5280, section 4.2.1.12; without the extension any usage is fine. */
bool
tls_certificate_allows(X509 *cert, uint32_t usage)
{
    return (X509_get_extended_key_usage(cert) & (usage | XKU_ANYEKU)) != 0;
}

void
tls_certificate_read(X509 *cert, struct net_certificate *c)
{
    c->seen = true;
    tls_name_text(X509_get_subject_name(cert), c->subject, sizeof(c->subject));
    tls_name_text(X509_get_issuer_name(cert), c->issuer, sizeof(c->issuer));
    c->not_before_s = tls_date_seconds(X509_get0_notBefore(cert));
    c->not_after_s = tls_date_seconds(X509_get0_notAfter(cert));
    c->without_clientauth = !tls_certificate_allows(cert, XKU_SSL_CLIENT);
}
