/*
 * The Kubernetes API server of a host, a client of etcd that its kubelet runs as a static pod: held down while
 * the cluster's data changes, and released afterwards. As with a member that is a static pod
 * (node/service_pod.h), nothing of ours is ever in the manifests directory: a manifest that is held down is in
 * the folder 'quorate-held' beside it, from where a rename puts it back, byte for byte.
 */
#ifndef QUORATE_NODE_API_SERVER_H
#define QUORATE_NODE_API_SERVER_H

#include "node/host/host.h"
#include "node/service.h"

/* kubeadm's name for it. */
#define API_SERVER_MANIFEST "/etc/kubernetes/manifests/kube-apiserver.yaml"

enum api_server_state {
    API_SERVER_ABSENT, /* the host has no such manifest */
    API_SERVER_FREE,   /* the kubelet runs it, or will */
    API_SERVER_ENDING, /* held, and there is still a process */
    API_SERVER_HELD,
};

/* e  ERROR_CONFLICT: the manifest is in its place, and held as well. */
MUST_CHECK bool api_server_look(const struct host *host, enum api_server_state *ret_state,
                                struct error *e);
/* Returns when its process is gone; fine when it is held. e: ERROR_NOT_FOUND: absent. ERROR_TIMEOUT. */
MUST_CHECK bool api_server_hold(const struct host *host, struct error *e);
/* Fine when it is free. Does not wait until it serves. e: ERROR_NOT_FOUND: absent. */
MUST_CHECK bool api_server_release(const struct host *host, struct error *e);

/* As a pod whose settings can be read and changed (service_settings, service_pod_change, service_put_back): the
 * kubelet ends it and starts another. It is not one to be started and stopped. */
struct service api_server_service(const struct host *host);

/* Whether a process of it has this word on its command line, or behind a flag's '='. */
MUST_CHECK bool api_server_runs_with(const struct host *host, const char *word, bool *ret_runs,
                                     struct error *e);

#endif
