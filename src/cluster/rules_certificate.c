#include "cluster/rules_certificate.h"

#include <string.h>

#include "base/buf.h"
#include "base/evidence.h"
#include "base/time.h"
#include "node/host/host_reach.h"

enum { DEPTH_MOST = 8 }; /* of a chain */

struct judging {
    struct arena *mem;
    const struct certificate *c;
    const struct certificate_wanted *wanted;
    const struct certificate *root; /* the trusted authority that it comes from; NULL: none */
    struct certificate_flaws *flaws;
};

static void
flaw(const struct judging *j, const char *word, const char *field, const char *text,
     const char *remedy)
{
    *ARRAY_PUSH(j->mem, j->flaws) =
        (struct certificate_flaw){.word = word, .field = field, .text = text, .remedy = remedy};
}

static void
judge_dates(const struct judging *j)
{
    const struct certificate *c = j->c;
    int64_t now_s = j->wanted->now_s;

    if (now_s > c->not_after_s)
        flaw(j, "certificate-expired", "notAfter",
             arena_printf(j->mem, "it ended at %s", time_rfc3339(j->mem, c->not_after_s * 1000)),
             "issue it anew");
    else if (certificate_days_left(c, now_s) < j->wanted->days)
        flaw(j, "certificate-ends-soon", "notAfter",
             arena_printf(j->mem, "it ends in %lld days, at %s",
                          (long long)certificate_days_left(c, now_s),
                          time_rfc3339(j->mem, c->not_after_s * 1000)),
             "issue it anew in time");
    if (now_s < c->not_before_s)
        flaw(j, "certificate-not-yet-valid", "notBefore",
             arena_printf(j->mem, "it begins at %s, and it is %s now",
                          time_rfc3339(j->mem, c->not_before_s * 1000),
                          time_rfc3339(j->mem, now_s * 1000)),
             "set the host's clock right, or issue it anew");
}

/* --- where it comes from --- */

static bool
is_valid_now(const struct certificate *c, int64_t now_s)
{
    return now_s >= c->not_before_s && now_s <= c->not_after_s;
}

/* Of several with the same key, as a renewed authority and its older certificate have, one that is valid. */
static const struct certificate *
issuer_in(const struct certificate *c, const struct certificates *list, int64_t now_s)
{
    const struct certificate *found = NULL;

    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct certificate *issuer = &list->items[i];

        if (!issuer->is_authority || !certificate_signed_by(c, issuer))
            continue;
        if (is_valid_now(issuer, now_s))
            return issuer;
        if (found == NULL)
            found = issuer;
    }
    return found;
}

/* One that Go, as OpenSSL, would take for the issuer, if only it were an authority. */
static const struct certificate *
signer_in(const struct certificate *c, const struct certificates *list)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (certificate_verified_by(c, &list->items[i]))
            return &list->items[i];
    }
    return NULL;
}

/* Go takes any certificate that is trusted by itself (crypto/x509/verify.go, Verify). */
static bool
is_among(const struct certificate *c, const struct certificates *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].fingerprint, c->fingerprint) == 0)
            return true;
    }
    return false;
}

/* The trusted authority that it, or one of those between, was signed by; NULL: none, or it is one. */
static const struct certificate *
root_of(const struct certificate *c, const struct certificate_wanted *w)
{
    if (w->authorities == NULL || is_among(c, w->authorities))
        return NULL;
    for (int depth = 0; c != NULL && depth < DEPTH_MOST; depth++) {
        const struct certificate *root = issuer_in(c, w->authorities, w->now_s);

        if (root != NULL)
            return root;
        c = issuer_in(c, w->chain, w->now_s);
    }
    return NULL;
}

bool
certificate_is_trusted(const struct certificate *c, const struct certificates *authorities,
                       const struct certificates *chain, int64_t now_s)
{
    const struct certificate_wanted wanted = {
        .authorities = authorities, .chain = chain, .now_s = now_s};

    return is_among(c, authorities) || root_of(c, &wanted) != NULL;
}

static void
judge_root(const struct judging *j)
{
    const struct certificate_wanted *w = j->wanted;
    const struct certificate *root = j->root;

    if (root == NULL)
        return;
    if (w->now_s > root->not_after_s)
        flaw(j, "authority-expired", "notAfter",
             arena_printf(j->mem, "its authority '%s' ended at %s", root->subject,
                          time_rfc3339(j->mem, root->not_after_s * 1000)),
             "renew the authority's certificate with its key, and have it trusted everywhere");
    else if (w->now_s < root->not_before_s)
        flaw(j, "authority-not-yet-valid", "notBefore",
             arena_printf(j->mem, "its authority '%s' begins at %s, and it is %s now",
                          root->subject, time_rfc3339(j->mem, root->not_before_s * 1000),
                          time_rfc3339(j->mem, w->now_s * 1000)),
             "set the host's clock right, or make the authority anew");
    if ((w->server && !root->server) || (w->client && !root->client))
        flaw(j, "authority-no-usage", "extendedKeyUsage",
             arena_printf(j->mem, "the extended key usage of its authority '%s' does not allow %s",
                          root->subject,
                          w->server && !root->server ? "servers (serverAuth)"
                                                     : "clients (clientAuth)"),
             "make an authority without extended key usage, and issue it anew");
}

static void
judge_stranger(const struct judging *j)
{
    const struct certificate *signer = signer_in(j->c, j->wanted->authorities);

    if (signer != NULL)
        flaw(j, "authority-is-none", "basicConstraints",
             arena_printf(j->mem,
                          "the trusted '%s' signed it and is no authority: its basic constraints "
                          "or key usage do not say so",
                          signer->subject),
             "make an authority ('quorate tls init'), and issue it anew by that");
    else
        flaw(j, "certificate-wrong-ca", "issuer",
             arena_printf(j->mem, "'%s' issued it, and none of the trusted authorities is that one",
                          j->c->issuer),
             "issue it with the authority that is trusted, or trust this one as well");
}

static void
judge_origin(const struct judging *j)
{
    const struct certificate_wanted *w = j->wanted;

    if (w->has_key != NULL && !*w->has_key)
        flaw(j, "certificate-key-mismatch", "subjectPublicKeyInfo",
             "the key beside it is another's", "put certificate and key in place as a pair");
    if (w->authorities != NULL && j->root == NULL && !is_among(j->c, w->authorities))
        judge_stranger(j);
}

/* --- what it is --- */

static void
judge_strength(const struct judging *j)
{
    if (!j->c->key_is_usable)
        flaw(j, "certificate-weak-key", "subjectPublicKeyInfo",
             arena_printf(j->mem,
                          "its key is %s, which etcd or its clients refuse: RSA of 2048 to 8192 "
                          "bits, P-256, P-384, P-521 or Ed25519 are taken",
                          j->c->key),
             "issue it anew with a key of P-256");
    /* Nobody asks how a root signed itself. */
    if (j->c->signature_is_weak && !j->c->is_self_signed)
        flaw(j, "certificate-weak-signature", "signatureAlgorithm",
             arena_printf(j->mem, "it is signed by %s, which etcd does not believe",
                          j->c->signature),
             "issue it anew: its authority is to sign by SHA-256");
}

static void
judge_usages(const struct judging *j)
{
    const struct certificate_wanted *w = j->wanted;

    if (w->server && !j->c->server)
        flaw(j, "certificate-no-server-usage", "extendedKeyUsage",
             "its extended key usage does not allow servers (serverAuth)",
             "issue it anew with both usages");
    if (w->client && !j->c->client)
        flaw(j, "certificate-no-client-usage", "extendedKeyUsage",
             w->server ? "its extended key usage does not allow clients (clientAuth), which peers "
                         "and etcd's own gateway are"
                       : "its extended key usage does not allow clients (clientAuth)",
             "issue it anew with both usages");
}

static void
judge_names(const struct judging *j)
{
    const struct certificate_wanted *w = j->wanted;
    AUTO_BUF missing = BUF_INIT;

    for (size_t i = 0; i < w->host_count; i++) {
        if (!certificate_covers(j->c, w->hosts[i]))
            buf_printf(&missing, "%s%s", missing.size > 0 ? ", " : "", w->hosts[i]);
    }
    if (missing.size == 0)
        return;
    flaw(j, "certificate-name-missing", "subjectAltName",
         j->c->names.count > 0
             ? arena_printf(j->mem, "its names (%s) lack %s", certificate_names_text(j->mem, j->c),
                            buf_text(&missing))
             : arena_printf(j->mem, "it has no subject alternative names, and needs %s",
                            buf_text(&missing)),
         "issue it anew with these names, or dial it by one that it has");
}

static bool
is_one_of(const char *text, const char *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i], text) == 0)
            return true;
    }
    return count == 0;
}

static bool
covers_one_of(const struct certificate *c, const char *const *hosts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (certificate_covers(c, hosts[i]))
            return true;
    }
    return count == 0;
}

static void
judge_allowed(const struct judging *j)
{
    const struct certificate_wanted *w = j->wanted;

    if (!is_one_of(j->c->common_name, w->common_names, w->common_name_count))
        flaw(j, "certificate-name-not-allowed", "subject",
             arena_printf(j->mem, "its common name is '%s', and peers take '%s' only",
                          j->c->common_name, w->common_names[0]),
             "issue it anew with that common name, or change --peer-cert-allowed-cn");
    if (!covers_one_of(j->c, w->allowed_hosts, w->allowed_host_count))
        flaw(j, "certificate-name-not-allowed", "subjectAltName",
             arena_printf(j->mem, "its names (%s) lack '%s', without which peers refuse it",
                          certificate_names_text(j->mem, j->c), w->allowed_hosts[0]),
             "issue it anew with that name, or change --peer-cert-allowed-hostname");
}

/* One of its names, or an address of one, as etcd asks it of a peer that dials. */
static bool
comes_from(const struct judging *j, const char *address)
{
    const char *others = j->wanted->name_addresses;

    return certificate_covers(j->c, address) ||
           (others != NULL && address_list_has(others, address));
}

/* One without names is taken from anywhere. */
static void
judge_sources(const struct judging *j)
{
    const char *at = j->wanted->sources;

    if (at == NULL || j->c->names.count == 0)
        return;
    while (*(at += strspn(at, " ")) != '\0') {
        size_t size = strcspn(at, " ");
        const char *address = arena_printf(j->mem, "%.*s", (int)size, at);

        at += size;
        if (comes_from(j, address))
            continue;
        flaw(
            j, "certificate-other-address", "subjectAltName",
            arena_printf(j->mem,
                         "peers see it come from %s, and refuse it: none of its names (%s) is that "
                         "address",
                         address, certificate_names_text(j->mem, j->c)),
            "issue it anew with that address, or set --peer-skip-client-san-verification");
    }
}

void
certificate_judge(struct arena *mem, const struct certificate *c,
                  const struct certificate_wanted *wanted, struct certificate_flaws *ret)
{
    const struct judging j = {
        .mem = mem, .c = c, .wanted = wanted, .root = root_of(c, wanted), .flaws = ret};

    *ret = (struct certificate_flaws){0};
    judge_origin(&j);
    judge_dates(&j);
    judge_root(&j);
    judge_usages(&j);
    judge_names(&j);
    judge_strength(&j);
    judge_allowed(&j);
    judge_sources(&j);
}

bool
rule_certificate_fits(const struct certificate *c, const struct certificate_wanted *wanted,
                      struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct certificate_flaws flaws;

    certificate_judge(&tmp, c, wanted, &flaws);
    if (flaws.count == 0)
        return true;
    error_set_(e, ERROR_TLS, 0, "the certificate of '%s' does not do: %s", c->subject,
               flaws.items[0].text);
    evidence_begin(e, flaws.items[0].word);
    evidence_text(e, "field", flaws.items[0].field);
    evidence_text(e, "subject", c->subject);
    return error_hint(e, "%s", flaws.items[0].remedy);
}
