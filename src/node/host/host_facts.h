/* What a host is like: identity, clock, ports, and what a directory's disk has and can do. */
#ifndef QUORATE_NODE_HOST_FACTS_H
#define QUORATE_NODE_HOST_FACTS_H

#include "node/host/host.h"

struct host_facts {
    const char *hostname;
    const char *machine_id;       /* /etc/machine-id; "" when there is none */
    const char *boot_id;          /* changes with each boot */
    const char *kernel;           /* "Linux 6.1.0-18-amd64" */
    const char *machine;          /* "x86_64" */
    int64_t clock_offset_ms;      /* the host's clock less ours */
    int64_t clock_uncertainty_ms; /* half of the round trip, 1 at least */
    const uint16_t *ports;        /* TCP ports at which somebody listens, sorted, each once */
    size_t port_count;
};

MUST_CHECK bool host_facts_fetch(struct arena *mem, const struct host *host,
                                 struct host_facts *ret_facts, struct error *e);

bool host_facts_port_taken(const struct host_facts *facts, uint16_t port);

struct host_disk {
    uint64_t free_bytes; /* for users other than root */
    uint64_t size_bytes;
    const char *file_system; /* as GNU stat names it: "ext2/ext3", "xfs", "nfs" */
    const char
        *exists; /* the directory that was asked about, or the nearest above it that is there */
};

/* The file system that holds 'path', or would hold it. */
MUST_CHECK bool host_disk_look(struct arena *mem, const struct host *host, const char *path,
                               struct host_disk *ret_disk, struct error *e);

enum { HOST_FSYNC_WRITES = 100, HOST_FSYNC_SIZE = 2300 };

/*
 * The mean time of a small synced write, as etcd's log does it, into a new file in a directory, removed
 * afterwards: HOST_FSYNC_WRITES of HOST_FSYNC_SIZE bytes, which is what etcd's documentation measures
 * disks with (fio --fdatasync=1 --bs=2300).
 */
MUST_CHECK bool host_fsync_probe(const struct host *host, const char *dir, int64_t *ret_mean_us,
                                 struct error *e);

#endif
