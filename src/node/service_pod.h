/*
 * A member that is a static pod of a host's kubelet: where its manifest is, what it says, and changes of it.
 *
 * The kubelet runs whatever stands in its manifests directory, also copies with other names. So nothing of
 * ours ever stands there: temporary files, originals and a manifest that is held down are in a folder
 * 'quorate-held' beside that directory, from where a rename puts them back.
 */
#ifndef QUORATE_NODE_SERVICE_POD_H
#define QUORATE_NODE_SERVICE_POD_H

#include "format/settings/pod_manifest.h"
#include "node/service.h"

enum { POD_MANIFEST_MAX_BYTES = 1 << 20 };

/* The manifest as it is, wherever it is now: in its place, or held down. */
struct service_pod_file {
    const char *path;
    bool held;
    struct pod_manifest pod;
};

/* e  ERROR_NOT_FOUND: neither in its place nor held. As pod_manifest_parse. */
MUST_CHECK bool service_pod_load(struct arena *mem, const struct service *service,
                                 struct service_pod_file *ret_file, struct error *e);

/*
 * service_change for flags, and for mounts as well; the kubelet ends the pod and starts another. A held manifest
 * stays held.
 *
 * keeping  a path on the host: the manifest as it was, with its owner and mode. One that is there already is
 *          from an earlier try, and stays. Outside the manifests directory.
 * e        As pod_manifest_change.
 */
MUST_CHECK bool service_pod_change(const struct service *service,
                                   const struct setting_change *changes, size_t change_count,
                                   const struct pod_mount_change *mounts, size_t mount_count,
                                   const char *keeping, struct error *e);

/* The lines of a container's log without the runtime's prefix, parts of a line joined. In 'mem'.
 * Source: the kubelet's CRI logging format, pkg/kubelet/kuberuntime/logs. */
const char *pod_log_text(struct arena *mem, struct bytes log);

#endif
