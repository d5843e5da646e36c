/*
 * The manifest of a static pod that runs etcd (kubeadm's /etc/kubernetes/manifests/etcd.yaml and its like):
 * its flags, volumes and probes, and changes of them as minimal edits.
 *
 * A manifest is hostile until proven otherwise: what is read of it is bounded by yaml_tree.h, and every edit is
 * read again and compared, so that nothing but what was wanted differs.
 */
#ifndef QUORATE_FORMAT_SETTINGS_POD_MANIFEST_H
#define QUORATE_FORMAT_SETTINGS_POD_MANIFEST_H

#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "format/settings/settings.h"
#include "format/yaml/yaml_tree.h"

struct pod_mount {
    const char *name;       /* the volume's */
    const char *mount_path; /* in the container */
    const char *host_path;  /* NULL: not a hostPath volume */
    const char *type;       /* hostPath's: "DirectoryOrCreate"; "": none */
};

struct pod_probe {
    const struct yaml_node *node; /* NULL: the container has none */
    const char *scheme;           /* of httpGet: "HTTP" unless given; NULL: no httpGet */
    const char *host, *port, *path;
    const struct yaml_node *command; /* of exec; NULL: none */
};

struct pod_manifest {
    const struct yaml *doc;
    const char *pod_name, *namespace; /* metadata's; "default" */
    const char *image;
    const char *container_name;
    const struct yaml_node *container;
    const struct yaml_node *flags; /* the list that holds them: args, else command */
    const char *wanted;            /* the program that was looked for: "etcd" */
    const char *program;           /* the same when the image's entry point is meant */
    struct setting_words words;
    struct etcd_settings settings; /* resolved: flags, and the container's env */
    ARRAY(struct pod_mount) mounts;
    struct pod_probe liveness, readiness, startup;
};

/*
 * Reads a manifest.
 *
 * bytes  must outlive the result.
 * e  ERROR_NOT_FOUND: a pod without a container that runs etcd; ERROR_FORMAT: no pod, or not understood;
 *    ERROR_REFUSED: etcd is started by a shell, or several containers run it.
 */
MUST_CHECK bool pod_manifest_parse(struct arena *mem, const char *file, struct bytes bytes,
                                   struct pod_manifest *ret_pod, struct error *e);

/* The same for a pod that runs another program, as "kube-apiserver", which its command names; its flags are read by the
 * same rules. 'program' is not copied. */
MUST_CHECK bool pod_manifest_parse_of(struct arena *mem, const char *file, struct bytes bytes,
                                      const char *program, struct pod_manifest *ret_pod,
                                      struct error *e);

/* A path of the host that the container is to see. */
struct pod_mount_change {
    const char *name; /* the volume's; free or already of this host path */
    const char *host_path;
    const char *mount_path;
    bool read_only;
    const char *type; /* hostPath's: "DirectoryOrCreate", "Directory"; NULL: none */
};

/* The mount under which the container sees a path of its own, or NULL: it would be lost with the container.
 * ret_host_path (may be NULL) is the same path on the host. */
const struct pod_mount *pod_manifest_mount_of(struct arena *mem, const struct pod_manifest *pod,
                                              const char *path, const char **ret_host_path);

/* A path of the host as the container sees it; NULL: no volume leads there. In 'mem'. */
const char *pod_manifest_path_of_host(struct arena *mem, const struct pod_manifest *pod,
                                      const char *host_path);

/* A user's or group's number ("runAsUser", "runAsGroup"), when the manifest says which one etcd runs as; else
 * 'id' stays. e: ERROR_FORMAT. */
MUST_CHECK bool pod_manifest_runs_as(const struct pod_manifest *pod, const char *key, uint32_t *id,
                                     struct error *e);

/*
 * The manifest with changes of flags and with mounts added. A new flag comes behind the last one. A mount that
 * is there already is left alone. kubeadm's annotation of the client URL goes with the flag.
 *
 * e  ERROR_REFUSED: the flags or volumes stand in a form that no minimal edit is possible in, a name or mount
 *    path is taken by another volume. ERROR_VERIFY.
 */
MUST_CHECK bool pod_manifest_change(struct arena *mem, const struct pod_manifest *pod,
                                    const struct setting_change *changes, size_t change_count,
                                    const struct pod_mount_change *mounts, size_t mount_count,
                                    struct bytes *ret_bytes, struct error *e);

/* Another value for a probe's httpGet field ("scheme", "port", "host", "path"), which has to be there. */
struct pod_probe_change {
    const char *probe; /* "livenessProbe" */
    const char *field;
    const char *value;
};

MUST_CHECK bool pod_manifest_change_probes(struct arena *mem, const struct pod_manifest *pod,
                                           const struct pod_probe_change *changes, size_t count,
                                           struct bytes *ret_bytes, struct error *e);

#endif
