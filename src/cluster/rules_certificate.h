/*
 * Judgement about a certificate: is it fit for what it is to do? Pure: certificate, wishes and clock come
 * from the caller. Each mistake is one that etcd tells only when it is started, or at the first
 * handshake of somebody who needs it.
 */
#ifndef QUORATE_CLUSTER_RULES_CERTIFICATE_H
#define QUORATE_CLUSTER_RULES_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "pki/certificate.h"

/*
 * What it is wanted for. A server of etcd's needs both usages: its JSON gateway dials its own port with
 * the server's certificate (embed/serve.go, 3.4 to 3.5), and peers are servers and clients.
 */
struct certificate_wanted {
    const char *const *hosts; /* under which it will be dialled; addresses without brackets */
    size_t host_count;
    bool server;
    bool client;
    const struct certificates *authorities; /* what those who look at it trust; NULL: not asked */
    const struct certificates *chain;       /* what may stand between them and it; NULL: nothing */
    const bool *has_key;                    /* whether the key beside it is its; NULL: not asked */
    /* etcd takes only clients with one of these (--peer-cert-allowed-cn, -hostname); none: any. */
    const char *const *common_names;
    size_t common_name_count;
    const char *const *allowed_hosts;
    size_t allowed_host_count;
    /* Addresses that peers see it come from, with blanks between: each has to be among its names, or an
     * address of one (--peer-skip-client-san-verification). NULL: nobody looks.
     * Source: etcd client/pkg/transport/listener_tls.go, checkCertSAN, 3.4 to 3.7. */
    const char *sources;
    const char *name_addresses; /* those of its DNS names; NULL: none is known */
    int64_t days;               /* it has to be valid that long still; 0: now */
    int64_t now_s;              /* of the clock of the host it is for */
};

struct certificate_flaw {
    const char *word;   /* "certificate-expired", for scripts */
    const char *field;  /* of the certificate, or of its file: "notAfter", "mode" */
    const char *text;   /* one line: "it ended at 2026-01-01T00:00:00Z" */
    const char *remedy; /* the next thing to do */
};

struct certificate_flaws {
    struct certificate_flaw *items;
    size_t count;
    size_t capacity;
};

/* Whether one of the authorities, or itself being among them, stands behind it; dates of others do not count. */
bool certificate_is_trusted(const struct certificate *c, const struct certificates *authorities,
                            const struct certificates *chain, int64_t now_s);

/* All that is wrong with it, the worst first; in 'mem'. */
void certificate_judge(struct arena *mem, const struct certificate *c,
                       const struct certificate_wanted *wanted, struct certificate_flaws *ret);

/* e: ERROR_TLS, with the first flaw as text, cause and hint, and its field as evidence. */
MUST_CHECK bool rule_certificate_fits(const struct certificate *c,
                                      const struct certificate_wanted *wanted, struct error *e);

#endif
