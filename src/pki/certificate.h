/*
 * A certificate as people ask about it: whose it is, for which names and uses, until when, and whether
 * a key is its. The one description that inspecting, judging and explaining share.
 */
#ifndef QUORATE_PKI_CERTIFICATE_H
#define QUORATE_PKI_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

struct x509_st; /* OpenSSL's X509 */

struct certificate_name {
    const char *kind; /* "DNS", "IP" */
    const char *text;
};

struct certificate {
    const char *subject;     /* RFC 2253: "CN=m1,O=prod" */
    const char *issuer;      /* the same */
    const char *common_name; /* the user, for an etcd with authentication; "" when it has none */
    const char *serial;      /* hex */
    const char *fingerprint; /* SHA-256 of the whole certificate, hex */
    const char *key;         /* "EC P-256", "RSA 2048", "ED25519" */
    const char *signature;   /* "ecdsa-with-SHA256" */
    bool key_is_usable;      /* see certificate_describe */
    bool signature_is_weak;  /* by SHA-1 or less */
    int64_t not_before_s;    /* seconds since 1970 UTC */
    int64_t not_after_s;
    bool is_authority; /* basic constraints: it may sign certificates */
    bool is_self_signed;
    bool server; /* extended key usage; both, when it has none */
    bool client;
    ARRAY(struct certificate_name) names; /* subject alternative names of these two kinds */
    struct x509_st *x509;                 /* freed with the arena */
};

struct certificates {
    struct certificate *items;
    size_t count;
    size_t capacity;
};

enum { CERTIFICATES_MOST = 256, CERTIFICATE_FILE_MOST_BYTES = 4 << 20 };

/*
 * Describes a copy of OpenSSL's certificate; in 'mem'.
 *
 * Usable keys are those that etcd and OpenSSL's clients both take: RSA of 2048 to 8192 bits, P-256, P-384,
 * P-521, Ed25519. Source: Go's crypto/tls (defaultMaxRSAKeySize, 1.20 on) and crypto/rsa (1024 at least, 1.24
 * on); OpenSSL's security level 2, which distributions set (2048). SHA-1: crypto/x509, 1.18 on.
 */
void certificate_describe(struct arena *mem, const struct x509_st *x509, struct certificate *ret);

/*
 * All certificates of a PEM file, in its order: of a server, its own first. Other things in it are
 * passed over.
 *
 * e  file errors; ERROR_TLS: none in it, or one that is damaged. ERROR_LIMIT: more than
 *    CERTIFICATES_MOST, or a file of more than CERTIFICATE_FILE_MOST_BYTES.
 */
MUST_CHECK bool certificates_load(struct arena *mem, const char *path, struct certificates *ret,
                                  struct error *e);
/* The same of a text; errors name no file. */
MUST_CHECK bool certificates_decode(struct arena *mem, struct bytes pem, struct certificates *ret,
                                    struct error *e);

/* One in DER, as a handshake carries it. e: ERROR_TLS. */
MUST_CHECK bool certificate_decode(struct arena *mem, struct bytes der, struct certificate *ret,
                                   struct error *e);

/*
 * Whether a client that dials 'host' (a DNS name, or an address without brackets) finds it in the
 * certificate. As Go's crypto/x509, VerifyHostname: names only, never the common name.
 */
bool certificate_covers(const struct certificate *c, const char *host);
/* Whether the issuer's key signed it, and its name is the issuer's. Says nothing of dates. */
bool certificate_signed_by(const struct certificate *c, const struct certificate *issuer);
/* The same, whether or not that one may sign any. */
bool certificate_verified_by(const struct certificate *c, const struct certificate *issuer);
/* Whether the private key in the file is its. e: as tls_key_load (net/tls_files.h). */
MUST_CHECK bool certificate_has_key(const struct certificate *c, const char *key_path,
                                    bool *ret_has, struct error *e);
/* The same with a key's text; errors name no file. */
MUST_CHECK bool certificate_has_key_text(const struct certificate *c, struct bytes pem,
                                         bool *ret_has, struct error *e);
/* Whole days until it ends, rounded down; negative once it has ended. */
int64_t certificate_days_left(const struct certificate *c, int64_t now_s);
/* "DNS:localhost, IP:127.0.0.1"; in 'mem'. */
const char *certificate_names_text(struct arena *mem, const struct certificate *c);

#endif
