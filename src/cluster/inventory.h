/*
 * What is configured about a cluster, as opposed to what is true of it now: names, URLs, hosts,
 * folders, certificates. There are two sources of it: a lab's lab.json (cluster/inventory_lab.h),
 * and the clusters of a quorate.yaml (cluster/config/config.h).
 */
#ifndef QUORATE_CLUSTER_INVENTORY_H
#define QUORATE_CLUSTER_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* Files of one certificate; NULL where there is none. */
struct inventory_tls {
    const char *ca_file;
    const char *cert_file;
    const char *key_file;
};

struct inventory_urls {
    const char **items;
    size_t count;
};

/* What starts a member's etcd on its host, and keeps it running. */
enum inventory_runner {
    INVENTORY_RUNNER_UNKNOWN,    /* nobody said: only what the etcd API can do is possible */
    INVENTORY_RUNNER_PROCESS,    /* a process: of a lab's supervisor, or somebody's own */
    INVENTORY_RUNNER_SYSTEMD,    /* a systemd unit */
    INVENTORY_RUNNER_STATIC_POD, /* a manifest in the kubelet's folder */
};

struct inventory_member {
    const char *name;
    uint64_t id;      /* 0: not known */
    const char *host; /* "local:" or "ssh://[USER@]HOST[:PORT]"; NULL: not known */
    enum inventory_runner runner;
    const char *runner_name; /* "etcd.service", or the manifest's path; NULL for the others */
    struct inventory_urls client_urls;
    struct inventory_urls peer_urls;
    const char *data_dir;          /* on its host, as all paths of a member; NULL: not known */
    const char *wal_dir;           /* NULL: in data_dir */
    const char *log_path;          /* a file it writes its log to; NULL: none is known */
    struct inventory_tls tls;      /* as server for clients */
    struct inventory_tls peer_tls; /* as peer */
    /* Of a lab's member: where it listens for peers, when that is not at its peer URLs alone; and whether
     * it takes clients without a certificate although it has one itself. */
    struct inventory_urls listen_peer_urls;
    bool any_client;
    /* --initial-cluster of a member that joined a cluster that was there; NULL: it is one of the
     * first, who all start with all, or it is not known. */
    const char *initial_cluster;
};

/* Whom quorate logs in as. The password is never here, only where it is. */
struct inventory_user {
    const char *name;              /* NULL: nobody */
    const char *password_file;     /* its first line; NULL: none */
    const char *password_variable; /* of the environment; NULL: none */
};

/* What only a lab has. */
struct inventory_lab {
    const char *dir;          /* the lab's folder; its supervisor's (node/supervisor.h) too */
    const char *token;        /* --initial-cluster-token it was made with */
    const char *etcd;         /* the program */
    const char *etcd_version; /* "3.5.16" */
    uint64_t quota_bytes;     /* --quota-backend-bytes; 0: not given */
};

struct inventory {
    const char *name; /* of the cluster: what --cluster, locks and journals say ("lab:demo") */
    const char *path; /* the file that says all this; NULL before it was written */
    const struct inventory_lab *lab; /* NULL: not a lab */
    uint64_t id;                     /* 0: not known */
    const char *version;             /* of etcd, each member's: "3.5.16"; NULL: not known */
    struct inventory_urls endpoints; /* where clients ask; at least one */
    struct inventory_tls client_tls; /* for quorate itself; all NULL without TLS */
    const char *server_name;         /* to expect in the servers' certificates; NULL: the host */
    struct inventory_user user;
    const char *repository; /* where its backups go; NULL: nobody said */
    ARRAY(struct inventory_member) members;
    const char *const *warnings; /* about the file that says this */
    size_t warning_count;
};

/* NULL when there is none. */
const struct inventory_member *inventory_member_by_name(const struct inventory *inventory,
                                                        const char *name);
bool inventory_urls_have(const struct inventory_urls *urls, const char *url);
/* The same texts, in any order; none is in a list twice. */
bool inventory_urls_equal(const struct inventory_urls *a, const struct inventory_urls *b);
/* The endpoints of a cluster that names none: each member's first client URL. In 'mem'. */
struct inventory_urls inventory_member_endpoints(struct arena *mem,
                                                 const struct inventory *inventory);
/* "m1=http://127.0.0.1:2380,m2=..." as --initial-cluster wants it. */
const char *inventory_initial_cluster(struct arena *mem, const struct inventory *inventory);
/* "systemd", "static-pod", "process"; "" when it is not known. */
const char *inventory_runner_word(enum inventory_runner runner);
/* The same with its unit or manifest, as quorate.yaml has it: "systemd:etcd.service". In 'mem'. */
const char *inventory_runner_text(struct arena *mem, const struct inventory_member *member);
/* And back; the name points into 'text', and stays what it is where there is none. False: says nothing
 * that is known. */
bool inventory_runner_parse(const char *text, enum inventory_runner *ret_runner,
                            const char **ret_name);

#endif
