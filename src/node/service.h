/*
 * How the etcd of one member runs on its host: one small table of functions for each kind, so that a
 * procedure starts, stops and looks at a member without knowing what starts it.
 *
 * A service is held by value and owns nothing; the texts it points to must outlive it.
 */
#ifndef QUORATE_NODE_SERVICE_H
#define QUORATE_NODE_SERVICE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "format/settings/pod_manifest.h"
#include "format/settings/settings.h"
#include "node/host/host.h"

/* For the keepings of changes, on the hosts. */
#define SERVICE_KEEP_DIR "/var/lib/quorate/kept"

enum service_state {
    SERVICE_ABSENT,   /* nothing on the host knows of it */
    SERVICE_STOPPED,  /* no process, and nothing will start one by itself */
    SERVICE_STOPPING, /* told to stop, not gone yet */
    SERVICE_FAILED,   /* it ended by itself and will be started again */
    SERVICE_RUNNING,  /* there is a process; whether it serves is for its endpoint to say */
    SERVICE_IDLE,     /* no process, but nothing holds it down: a boot or somebody may start one */
};

/* As whom a service runs. */
struct service_account {
    const char *user; /* NULL: not known, nor the rest */
    uid_t uid;
    gid_t gid;
    const char *groups; /* numbers of the others it is in, "4,104"; "": none */
};

struct service;

/* How a service's etcd is fitted into its host, beside its settings: directories that it is to see, and where it is
 * asked whether it lives. */
struct service_fitting {
    const struct pod_mount_change *mounts;
    size_t mount_count;
    const struct pod_probe_change *probes;
    size_t probe_count;
};

struct service_class {
    const char *word; /* "process" */
    bool (*state)(const struct service *, enum service_state *ret_state, struct error *e);
    bool (*start)(const struct service *, struct error *e);
    bool (*stop)(const struct service *, struct error *e);
    /* NULL where nothing holds it down but that it is stopped. */
    bool (*release)(const struct service *, struct error *e);
    /* These two are NULL where the operator's hand is needed. */
    bool (*install)(const struct service *, const char *const *argv, struct error *e);
    bool (*uninstall)(const struct service *, struct error *e);
    bool (*log_tail)(struct arena *mem, const struct service *, unsigned lines,
                     const char **ret_text, struct error *e);
    /* NULL where it is not known. */
    bool (*account)(struct arena *mem, const struct service *, struct service_account *ret_account,
                    struct error *e);
    /* NULL where a path in its settings is one of the host. */
    bool (*host_path)(struct arena *mem, const struct service *, const char *path,
                      const char **ret_path, struct error *e);
    bool (*own_path)(struct arena *mem, const struct service *, const char *host_path,
                     const char **ret_path, struct error *e);
    /* NULL where nothing stands between etcd and its host. */
    bool (*fit)(const struct service *, const struct service_fitting *, const char *keeping,
                struct error *e);
    bool (*settings)(struct arena *mem, const struct service *, struct etcd_settings *ret_settings,
                     struct error *e);
    /* These are NULL where the settings are the words of a command line of ours. */
    bool (*change)(const struct service *, const struct setting_change *changes, size_t count,
                   const char *keeping, struct error *e);
    bool (*put_back)(const struct service *, const char *keeping, struct error *e);
    bool (*lay_out)(const struct service *, const struct service *pattern,
                    const struct setting_change *changes, size_t count, const char *keeping,
                    struct error *e);
    bool (*may_lay_out)(const struct service *, const struct service *pattern,
                        const struct setting_change *changes, size_t count,
                        bool certificates_follow, struct error *e);
};

/* A program of a lab's supervisor (node/supervisor.h): 'place' is the supervisor's folder. */
extern const struct service_class service_process;

/* A unit of a host's systemd: 'place' is the unit's name. See node/service_systemd.c. */
extern const struct service_class service_systemd;

/* A static pod of a host's kubelet: 'place' is its manifest's path. See node/service_pod.h. */
extern const struct service_class service_pod;

struct service {
    const struct service_class *class;
    const char *name;        /* the member's */
    const char *place;       /* where the class finds it */
    const struct host *host; /* NULL for a lab's, which is always here */
    const char *image;       /* of a pod that is laid out like what is none; otherwise NULL */
    const char *program;     /* of a pod whose settings are another program's; NULL: etcd */
};

const char *service_state_word(enum service_state state); /* "absent", "stopped", ... */

MUST_CHECK bool service_state(const struct service *service, enum service_state *ret_state,
                              struct error *e);
/* Whether it has no process and is held down. */
MUST_CHECK bool service_is_down(const struct service *service, bool *ret_down, struct error *e);
/* Starts it; fine when it runs. Returns when the program is executed. e: ERROR_NOT_FOUND: absent. */
MUST_CHECK bool service_start(const struct service *service, struct error *e);
/* Stops it and holds it down; fine when it is down or absent. Returns when the process is gone. */
MUST_CHECK bool service_stop(const struct service *service, struct error *e);
/* Takes away what holds it down, and starts nothing: a boot, somebody, or the pod's kubelet may. Fine when nothing holds
 * it, and when it is absent. */
MUST_CHECK bool service_release(const struct service *service, struct error *e);
/*
 * Makes it known to its host, stopped; or gives one that is down another command line.
 *
 * argv  the program and its words, NULL at the end.
 * e     ERROR_CONFLICT: it is not down. ERROR_REFUSED: its kind is laid out by hand.
 */
MUST_CHECK bool service_install(const struct service *service, const char *const *argv,
                                struct error *e);
/* Makes the host forget it; fine when it is absent. A pod's manifest is kept beside the manifests directory.
 * e: ERROR_CONFLICT: it is not down. */
MUST_CHECK bool service_uninstall(const struct service *service, struct error *e);
/* The last lines of its log, in 'mem'; "" when it has none. */
MUST_CHECK bool service_log_tail(struct arena *mem, const struct service *service, unsigned lines,
                                 const char **ret_text, struct error *e);

/* A path in its settings as the host has it: the same, unless it is a container's. NULL: no volume leads there,
 * so that etcd would not see it. In 'mem'. */
MUST_CHECK bool service_host_path(struct arena *mem, const struct service *service,
                                  const char *path, const char **ret_path, struct error *e);

/* And back: a path of the host as its settings have to name it. NULL: no volume leads there. In 'mem'. */
MUST_CHECK bool service_own_path(struct arena *mem, const struct service *service,
                                 const char *host_path, const char **ret_path, struct error *e);

/* As whom it runs: whom its data has to belong to. Not known is a result. */
MUST_CHECK bool service_account(struct arena *mem, const struct service *service,
                                struct service_account *ret_account, struct error *e);

/*
 * The settings that its etcd goes by when it starts next: from all files that they are written in, each with
 * its place. ERROR_NOT_FOUND: absent, or a file is missing; a lab's member has no process.
 */
MUST_CHECK bool service_settings(struct arena *mem, const struct service *service,
                                 struct etcd_settings *ret_settings, struct error *e);

/*
 * Changes settings in the files in which they stand, and nothing else in them. Holds for the next start.
 *
 * keeping  where the files are kept as they were (node/host/host_keep.h): a path on the host, best
 *          SERVICE_KEEP_DIR "/PLAN.json". One that is there already is from an earlier try, and stays.
 * e        ERROR_REFUSED: a setting stands where no minimal change is possible.
 */
MUST_CHECK bool service_change(const struct service *service, const struct setting_change *changes,
                               size_t count, const char *keeping, struct error *e);

/*
 * Fits a service in: a static pod's manifest. One of another kind sees all of its host, and there is nothing to do.
 * What is so already is left alone. With the keeping of service_change, whichever comes first.
 */
MUST_CHECK bool service_fit(const struct service *service, const struct service_fitting *fitting,
                            const char *keeping, struct error *e);

/* Takes service_change, service_fit and service_lay_out back, as far as they came: all files are what they were, byte for byte. The
 * keeping stays. */
MUST_CHECK bool service_put_back(const struct service *service, const char *keeping,
                                 struct error *e);

/* The same, whether anything was changed or not; and the keeping goes. */
MUST_CHECK bool service_take_back(const struct service *service, const char *keeping,
                                  struct error *e);

/*
 * Lays a service out on its host, held down, like another member's: where the host has no files of it, with
 * the pattern's; then with the changes, which are all that is the member's own (name, URLs, initial cluster).
 * Where the host has files, a package's for example, they are changed to the pattern's settings.
 *
 * A static pod gets the pattern's manifest, and the directories of its data. The pattern may be a manifest on
 * another host than the members', as on "local:".
 *
 * The pattern may be of the other kind: then its settings are the service's, and a host without files gets a
 * manifest in kubeadm's shape, or a unit of its own: /etc/systemd/system/NAME, as user etcd where there is one,
 * with the etcd in root's path.
 *
 * e  ERROR_CONFLICT: it is not down. ERROR_NOT_FOUND: what starts etcd on the pattern's host comes from a
 *    package that this host lacks, or the host has no etcd; certificates or volumes that the manifest needs
 *    are not there. ERROR_REFUSED: a setting of the pattern's own would be the service's.
 */
MUST_CHECK bool service_lay_out(const struct service *service, const struct service *pattern,
                                const struct setting_change *changes, size_t count,
                                const char *keeping, struct error *e);

/*
 * Whether service_lay_out would find on the host all that it needs, and the settings where they can be changed: asked
 * for before anything is changed anywhere.
 *
 * certificates_follow  files of certificates and keys are brought there before it is laid out; not asked for.
 * e                    as service_lay_out, and ERROR_NOT_FOUND: the program of the pattern's unit is not there.
 */
MUST_CHECK bool service_may_lay_out(const struct service *service, const struct service *pattern,
                                    const struct setting_change *changes, size_t count,
                                    bool certificates_follow, struct error *e);

#endif
