/*
 * The config map in which kubeadm keeps its ClusterConfiguration, in Kubernetes itself: read and written on a control
 * plane's host, by the kubectl and with the rights that kubeadm left there.
 */
#ifndef QUORATE_NODE_KUBEADM_MAP_H
#define QUORATE_NODE_KUBEADM_MAP_H

#include "base/json.h"
#include "node/host/host.h"

/* Source: kubernetes cmd/kubeadm/app/constants/constants.go, KubeadmConfigConfigMap, GetAdminKubeConfigPath. */
#define KUBEADM_MAP        "kubeadm-config"
#define KUBEADM_ADMIN_CONF "/etc/kubernetes/admin.conf"

struct kubeadm_map {
    const char *text; /* ClusterConfiguration */
    const struct json *object;
};

/*
 * Reads the map.
 *
 * kubeconfig  on the host; best KUBEADM_ADMIN_CONF.
 * ret_why     NULL; or why it cannot be had there, and ret_map is not set: no kubectl, no such file, an API server that
 *             does not answer or refuses, no such map. One line, the host's name in front.
 * e           What is wrong with the host, as host_run; ERROR_FORMAT: kubectl's answer is no config map of kubeadm's.
 * Memory      all in 'mem'.
 */
MUST_CHECK bool kubeadm_map_read(struct arena *mem, const struct host *host, const char *kubeconfig,
                                 struct kubeadm_map *ret_map, const char **ret_why,
                                 struct error *e);

/*
 * Gives a map that was read another ClusterConfiguration.
 *
 * e  ERROR_CONFLICT: it is not the one that was read any more, and stays. Otherwise as host_run_well.
 */
MUST_CHECK bool kubeadm_map_replace(const struct host *host, const char *kubeconfig,
                                    const struct kubeadm_map *map, const char *text,
                                    struct error *e);

#endif
