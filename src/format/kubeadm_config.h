/*
 * kubeadm's ClusterConfiguration, as the config map kubeadm-config keeps it, and what it says of etcd: the URLs that
 * kubeadm writes into the manifests of members and API servers at its next upgrade. Edits touch these values alone.
 *
 * Source: kubernetes cmd/kubeadm/app/apis/kubeadm/{v1beta2,v1beta3,v1beta4}/types.go: LocalEtcd, ExternalEtcd, and Arg,
 * which v1beta4 has in place of the map of arguments.
 */
#ifndef QUORATE_FORMAT_KUBEADM_CONFIG_H
#define QUORATE_FORMAT_KUBEADM_CONFIG_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

/* What it is to say. */
struct kubeadm_etcd {
    const char *scheme; /* "http", "https": of the members' URLs */
    bool
        keeps_other; /* at listen-client-urls those of the other scheme stay, and these come beside them */
    /* Whether one of etcd.external.endpoints, or of the API servers' etcd-servers, is a member's; others stay. Under
     * etcd.local all are members'. */
    bool (*is_members)(const void *context, const char *url);
    const void *context;
    /* Of etcd.external, as the API servers use them. NULL: taken out; one in quotes is emptied, which is how kubeadm
     * itself writes none. */
    const char *ca_file, *cert_file, *key_file;
};

struct kubeadm_config {
    struct bytes text; /* changed or not */
    bool changed;
    bool is_external; /* etcd.external; otherwise etcd.local */
    /* Members listen where kubeadm has them listen by itself: by https. Source: cmd/kubeadm/app/phases/etcd/local.go,
     * getEtcdCommand. */
    bool own_urls;
};

/*
 * The text as it is to be; listen-metrics-urls stay, since a probe asks there by http.
 *
 * e  ERROR_FORMAT, ERROR_LIMIT: no ClusterConfiguration of a known version, or etcd is neither local nor external;
 *    ERROR_REFUSED: a value stands where no minimal change is possible. Both with line and column, and with what to do
 *    by hand as hint.
 */
MUST_CHECK bool kubeadm_config_change(struct arena *mem, struct bytes text,
                                      const struct kubeadm_etcd *wanted, struct kubeadm_config *ret,
                                      struct error *e);

#endif
