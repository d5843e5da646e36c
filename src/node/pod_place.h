/*
 * Where the manifest of a static pod is: in force, that is where the kubelet sees it, or held down beside
 * that directory. What the parts of service_pod share.
 */
#ifndef QUORATE_NODE_POD_PLACE_H
#define QUORATE_NODE_POD_PLACE_H

#include "node/host/host_file.h"
#include "node/service_pod.h"

/* In the name of a manifest whose member has left, behind its own. */
#define POD_REMOVED ".removed-"

struct pod_place {
    bool in_force;
    bool held;
};

/* e  ERROR_USAGE: the service's place is no manifest's path. ERROR_CONFLICT: in force, and held as well. */
MUST_CHECK bool pod_place_look(struct arena *mem, const struct service *s,
                               struct pod_place *ret_place, struct error *e);

const char *pod_held_dir(struct arena *mem, const struct service *s);
const char *pod_held_path(struct arena *mem, const struct service *s);

/* Renames it out of the manifests directory, and back. */
MUST_CHECK bool pod_hold(const struct service *s, struct error *e);
MUST_CHECK bool pod_release(const struct service *s, struct error *e);
/* The folder of what is held goes with the last that was in it. */
MUST_CHECK bool pod_held_tidy(const struct service *s, struct error *e);

/* Writes a manifest to either of its places, by a rename from outside the manifests directory.
 * like  as in struct host_file_new. */
MUST_CHECK bool pod_manifest_write(const struct service *s, const char *path,
                                   const struct host_file *like, struct bytes bytes,
                                   struct error *e);

/* ERROR_REFUSED: another file of the manifests directory is the same pod: the kubelet would run it as soon as
 * the manifest is gone. */
MUST_CHECK bool pod_copies_refuse(struct arena *mem, const struct service *s,
                                  const struct pod_manifest *pod, struct error *e);

/* Keeps the manifest as it is, or that there is none (node/host/host_keep.h), and that nothing is at the paths of
 * directories that are to be made, inner ones first. */
MUST_CHECK bool pod_keep(const struct service *s, const char *keeping, const char *const *made,
                         size_t count, struct error *e);

/* As in struct service_class. */
bool pod_account(struct arena *mem, const struct service *s, struct service_account *ret_account,
                 struct error *e);
bool pod_path_on_host(struct arena *mem, const struct service *s, const char *path,
                      const char **ret_path, struct error *e);
bool pod_path_of_host(struct arena *mem, const struct service *s, const char *host_path,
                      const char **ret_path, struct error *e);
bool pod_fit(const struct service *s, const struct service_fitting *fitting, const char *keeping,
             struct error *e);
bool pod_settings(struct arena *mem, const struct service *s, struct etcd_settings *ret_settings,
                  struct error *e);
bool pod_change(const struct service *s, const struct setting_change *changes, size_t count,
                const char *keeping, struct error *e);
bool pod_put_back(const struct service *s, const char *keeping, struct error *e);
bool pod_lay_out(const struct service *s, const struct service *pattern,
                 const struct setting_change *changes, size_t count, const char *keeping,
                 struct error *e);
bool pod_may_lay_out(const struct service *s, const struct service *pattern,
                     const struct setting_change *changes, size_t count, bool certificates_follow,
                     struct error *e);
bool pod_uninstall(const struct service *s, struct error *e);

#endif
