/*
 * What a member's etcd does with TLS when it starts next, as its settings say it: which files it takes for
 * clients and for peers, whom it asks for certificates, and under which names it is dialled. Pure: who
 * judges the files reads them (ops/member_host_certs.h).
 */
#ifndef QUORATE_CLUSTER_MEMBER_TLS_H
#define QUORATE_CLUSTER_MEMBER_TLS_H

#include "cluster/inventory.h"
#include "cluster/member_hosts.h"
#include "format/settings/settings.h"

struct member_tls_texts {
    const char **items;
    size_t count;
    size_t capacity;
};

/* One of its two sides: towards clients, or towards peers. Paths are as the settings have them, NULL: none. */
struct member_tls_side {
    bool is_peer;
    bool listens; /* at an https URL */
    bool
        makes_own; /* --auto-tls, --peer-auto-tls: a certificate of its own, which nobody verifies */
    struct inventory_tls files;
    /* Shown where it is a client itself, in place of the above; both NULL: the same. */
    const char *client_cert_file;
    const char *client_key_file;
    /* Whether it asks those who dial it for certificates: with a trusted authority always.
     * Source: etcd client/pkg/transport/listener.go, ServerConfig, 3.4 to 3.7. */
    bool asks_clients;
    bool is_client;            /* it shows its certificate as a client: peers, the JSON gateway */
    struct member_hosts hosts; /* under which it is dialled */
    /* Whom other peers take, by the same setting as they all should have; see rules_certificate.h. */
    struct member_tls_texts common_names;
    struct member_tls_texts allowed_hosts;
    bool skips_source; /* --peer-skip-client-san-verification */
};

struct member_tls {
    struct member_tls_side clients;
    struct member_tls_side peers;
};

/* "cert-file", or "peer-cert-file". In 'mem' or constant. */
const char *member_tls_setting(struct arena *mem, const struct member_tls_side *side,
                               const char *name);

/*
 * Reads settings. In 'mem'.
 *
 * settings   NULL: not known; then the files are the member's of the inventory, each of them used as it is
 *            named there.
 * changes    that will be made before it starts; they come before the settings.
 */
struct member_tls member_tls_of(struct arena *mem, const struct inventory_member *member,
                                const struct etcd_settings *settings,
                                const struct setting_change *changes, size_t change_count);

#endif
