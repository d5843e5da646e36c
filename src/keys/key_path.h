/*
 * The groups that a key belongs to, from the widest to the narrowest: directories, or Kubernetes'
 * resource and namespace.
 *
 * Kubernetes: /registry/RESOURCE/[NAMESPACE/]NAME, or with two words for the resource: the API group's
 * and its own (/registry/apps.example.com/widgets/...), services/specs, services/endpoints. A prefix
 * of its own stands in place of /registry at some vendors (/kubernetes.io, /openshift.io).
 * Source: k8s.io/apiserver pkg/registry/generic/registry/store.go (NamespaceKeyFunc),
 * pkg/server/options/etcd.go (DefaultEtcdPathPrefix).
 */
#ifndef QUORATE_KEYS_KEY_PATH_H
#define QUORATE_KEYS_KEY_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

enum key_grouping {
    KEY_GROUP_RESOURCE,  /* resource, then namespace */
    KEY_GROUP_NAMESPACE, /* namespace, then resource */
    KEY_GROUP_PREFIX,    /* directory by directory */
};

enum { KEY_PATH_MOST = 16 };

/* Where Kubernetes' keys may be, in the order of keys. */
enum { KUBE_PREFIX_COUNT = 3 };
extern const struct bytes kube_prefixes[KUBE_PREFIX_COUNT];

/* Names of groups, the widest first. They are parts of the key, or constants. */
struct key_path {
    struct bytes names[KEY_PATH_MOST];
    size_t count;
    size_t taken; /* so much of the key's beginning tells them all */
};

/*
 * depth      how many names at most, 1 to KEY_PATH_MOST; a key may have fewer, and none at all by
 *            KEY_GROUP_PREFIX.
 * separator  ends the name of a directory, and belongs to it.
 *
 * Keys that are not Kubernetes' are grouped by their first directory.
 */
void key_path_of(struct bytes key, enum key_grouping by, size_t depth, uint8_t separator,
                 struct key_path *ret_path);

/* A Kubernetes key, taken apart. */
struct kube_key {
    struct bytes resource;  /* "pods", "services/specs", "apps.example.com/widgets" */
    struct bytes namespace; /* empty: the resource has none */
    struct bytes name;
};

/* False when it is none. */
bool kube_key_split(struct bytes key, struct kube_key *ret_key);

#endif
