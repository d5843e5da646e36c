/*
 * Finds the etcd servers of a host: how each is started, and what it goes by.
 *
 * A process is what counts, not the files it may have been started from: its command line and
 * environment are what etcd read (/proc), its control group says which unit it belongs to. A static
 * pod sees paths of its container; its manifest says which of the host they are. Where there is no process, the files
 * say what it will go by when it is started.
 */
#ifndef QUORATE_NODE_ETCD_FIND_H
#define QUORATE_NODE_ETCD_FIND_H

#include <sys/types.h>

#include "format/settings/settings.h"
#include "node/host/host.h"

enum etcd_starter {
    ETCD_BY_HAND,       /* nobody starts it again */
    ETCD_BY_SYSTEMD,    /* 'starter' is the unit */
    ETCD_BY_STATIC_POD, /* 'starter' is the manifest's path */
};

/* Of one certificate; NULL where there is none. Paths of the host. */
struct found_tls {
    const char *ca_file;
    const char *cert_file;
    const char *key_file;
};

struct found_etcd {
    pid_t pid;           /* 0: it does not run */
    const char *stopped; /* why: "unit 'etcd.service' is held down"; NULL: it runs */
    enum etcd_starter by;
    const char *starter; /* NULL: by hand */
    const char *name;    /* of the member */
    const char *data_dir;
    const char *wal_dir; /* NULL: in data_dir */
    struct found_tls tls;
    struct found_tls peer_tls;
    const char *client_urls; /* as advertised: "URL,URL" */
    const char *peer_urls;
};

#define ETCD_MANIFESTS_DIR "/etc/kubernetes/manifests"

enum { ETCD_FOUND_MOST = 64 };

struct etcd_servers {
    struct found_etcd items[ETCD_FOUND_MOST]; /* those that run first */
    size_t count;
    ARRAY(const char *) problems; /* of those that are not among them: "process 12: ..." */
};

/*
 * Looks for processes called "etcd", and for units and manifests of etcd that have none. Processes that end meanwhile
 * are left out; one whose settings or manifest are not understood, or not there, is a problem, and hides no
 * other.
 *
 * e       host_run's. ERROR_PERMISSION: another user's process; root has to look (host_options.become).
 * Memory  in 'mem'.
 */
MUST_CHECK bool etcd_find(struct arena *mem, const struct host *host,
                          struct etcd_servers **ret_servers, struct error *e);

/*
 * Which service a control group (the text of /proc/PID/cgroup, of either version) belongs to: the
 * deepest one of this system, not a user's own or a container's; NULL for none. ret_pod: a pod of the kubelet's, or the
 * kubelet itself, of which pods are a part where the runtime has no group for each. In 'mem'.
 * Source: systemd's control groups, and the kubelet's "kubepods" below them.
 */
const char *etcd_cgroup_unit(struct arena *mem, const char *text, bool *ret_pod);

#endif
