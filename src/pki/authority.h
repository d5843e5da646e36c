/* A certificate authority of ours, and the certificates it issues, in PEM files. */
#ifndef QUORATE_PKI_AUTHORITY_H
#define QUORATE_PKI_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"
#include "pki/key.h"

struct authority;
struct cert_request;

#define AUTO_AUTHORITY __attribute__((cleanup(authority_cleanup))) struct authority *

/*
 * Makes an authority with a new key and a certificate signed by itself, valid from five minutes ago
 * (clocks differ) for 'days'.
 */
MUST_CHECK bool authority_new(const char *common_name, unsigned days, enum key_kind kind,
                              struct authority **ret_authority, struct error *e);
/* The same from a whole request; names and usages are not looked at. */
MUST_CHECK bool authority_make(const struct cert_request *request, struct authority **ret_authority,
                               struct error *e);
/* The same for a key that exists; the request's kind of key does not count. e: also as authority_load. */
MUST_CHECK bool authority_make_of_key(const struct cert_request *request, const char *key_path,
                                      struct authority **ret_authority, struct error *e);
/*
 * A new certificate for an authority that exists: same key, subject and constraints, and from now on as long
 * as the old one was to live. One that has ended is fine.
 */
MUST_CHECK bool authority_renew(const char *cert_path, const char *key_path,
                                struct authority **ret_authority, struct error *e);
/*
 * Takes up one that exists: the first certificate of a file, and its key.
 *
 * e  file errors; ERROR_PERMISSION: others than its owner may read the key. ERROR_TLS: a file without
 *    certificate or key, a key that is not the certificate's, a certificate that may not sign others,
 *    that has ended or not begun.
 */
MUST_CHECK bool authority_load(const char *cert_path, const char *key_path,
                               struct authority **ret_authority, struct error *e);
void authority_free(struct authority *authority); /* NULL is accepted */

static inline void
authority_cleanup(struct authority **authority)
{
    authority_free(*authority);
}

/* Writes the certificate (mode 0644), and the key (0600) unless key_path is NULL. */
MUST_CHECK bool authority_save(const struct authority *authority, const char *cert_path,
                               const char *key_path, struct error *e);

/* One part of a subject beside the common name: "O", "prod". */
struct cert_subject_part {
    const char *field;
    const char *value;
};

struct cert_request {
    const char *common_name;               /* "": none, when there are parts */
    const struct cert_subject_part *parts; /* in front of it, in this order */
    size_t part_count;
    const char *const *names; /* subject alternative names: DNS names and IP addresses */
    size_t name_count;
    bool server; /* extended key usage; etcd's peers are both */
    bool client;
    /* In place of the two, as OpenSSL writes them: "digitalSignature,keyEncipherment" and
     * "serverAuth,clientAuth"; "" is none. NULL: what the two and the key ask for. */
    const char *key_usage;
    const char *extended_usage;
    enum key_kind key;
    unsigned days;
    int64_t valid_s;   /* counted from its beginning; 0: days, from now */
    bool may_outlive;  /* its authority, at whose end it is cut otherwise */
    bool is_authority; /* one below the authority that issues it */
    /* Of an authority: how many others may stand below it; negative: any number. */
    int path_length;
};

/*
 * Makes a key and a certificate for it, and writes both: certificate 0644, key 0600.
 *
 * e  ERROR_USAGE: a name that is neither DNS name nor address; file errors with the path.
 */
MUST_CHECK bool authority_issue(const struct authority *authority,
                                const struct cert_request *request, const char *cert_path,
                                const char *key_path, struct error *e);

/* What was made, in PEM. The key is in the form that cfssl writes: SEC 1 or PKCS #1; Ed25519 in PKCS #8. */
struct cert_made {
    const char *cert;
    const char *signing_request; /* PKCS #10 */
    struct secret key;
};

/* Seconds since 1970 at which the authority ends. */
int64_t authority_end_s(const struct authority *authority);

/* As authority_issue, with nothing written to files; texts in 'mem'. secret_release(&made.key). */
MUST_CHECK bool authority_issue_text(struct arena *mem, const struct authority *authority,
                                     const struct cert_request *request, struct cert_made *ret_made,
                                     struct error *e);
/* A key and a request for a certificate to it; 'cert' is NULL. */
MUST_CHECK bool cert_request_text(struct arena *mem, const struct cert_request *request,
                                  struct cert_made *ret_made, struct error *e);
/* A certificate that a new key signs itself. */
MUST_CHECK bool cert_self_text(struct arena *mem, const struct cert_request *request,
                               struct cert_made *ret_made, struct error *e);
/*
 * A certificate for somebody's request (PKCS #10, PEM), whose subject and key it takes; and its names, unless
 * 'request' has some. Usages and lifetime are those of 'request'. There is no key in the result.
 *
 * e  ERROR_TLS: it is no request, or its key has not signed it.
 */
MUST_CHECK bool authority_sign_text(struct arena *mem, const struct authority *authority,
                                    struct bytes signing_request,
                                    const struct cert_request *request, struct cert_made *ret_made,
                                    struct error *e);
/* The authority itself in that form. 'request' is what it was made from. */
MUST_CHECK bool authority_text(struct arena *mem, const struct authority *authority,
                               const struct cert_request *request, struct cert_made *ret_made,
                               struct error *e);

#endif
