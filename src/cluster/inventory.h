/*
 * What is configured about a cluster, as opposed to what is true of it now: names, URLs, folders,
 * certificates. A lab's inventory is its lab.json; docs/formats/lab.md describes the file.
 */
#ifndef QUORATE_CLUSTER_INVENTORY_H
#define QUORATE_CLUSTER_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/bytes.h"
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

struct inventory_member {
    const char *name;
    struct inventory_urls client_urls;
    struct inventory_urls peer_urls;
    const char *data_dir;
    const char *log_path;
    struct inventory_tls tls; /* as server and as peer */
};

struct inventory {
    const char *name;         /* of the cluster: what locks and journals say ("lab:demo") */
    const char *kind;         /* "lab" */
    const char *dir;          /* the lab's folder; its supervisor's (node/supervisor.h) too */
    const char *token;        /* --initial-cluster-token it was made with */
    const char *etcd;         /* the program */
    const char *etcd_version; /* "3.5.16" */
    uint64_t quota_bytes;     /* --quota-backend-bytes; 0: not given */
    struct inventory_tls client_tls; /* for quorate itself; all NULL without TLS */
    ARRAY(struct inventory_member) members;
};

#define INVENTORY_LAB_FILE   "lab.json"
#define INVENTORY_LAB_PREFIX "lab:"

/* STATE/labs/NAME, whether it exists or not. */
const char *inventory_lab_dir(struct arena *mem, const char *state_dir, const char *lab_name);

/*
 * Reads the inventory of a lab ("demo", not "lab:demo").
 *
 * e  ERROR_NOT_FOUND: there is no such lab; the hint names the ones there are. ERROR_FORMAT,
 *    ERROR_TOO_NEW: with the file's path.
 */
MUST_CHECK bool inventory_load_lab(struct arena *mem, const char *state_dir, const char *lab_name,
                                   struct inventory **ret_inventory, struct error *e);
/* Writes dir/lab.json, mode 0600. */
MUST_CHECK bool inventory_save_lab(const struct inventory *inventory, struct error *e);

/* NULL when there is none. */
const struct inventory_member *inventory_member_by_name(const struct inventory *inventory,
                                                        const char *name);
/* "m1=http://127.0.0.1:2380,m2=..." as --initial-cluster wants it. */
const char *inventory_initial_cluster(struct arena *mem, const struct inventory *inventory);

#endif
