/*
 * Would etcd start on this data directory, and if not, why? Judgement over a picture: no I/O.
 *
 * The rules know etcd 3.4 to 3.7 and tell their differences: 3.4 to 3.6 start from the newest .snap
 * file that the log names, 3.7 from the newest snapshot record of the log; up to 3.5 the members are
 * those of the v2 store in the .snap, from 3.6 on those of the database.
 *
 * Source: etcd 3.4, 3.5 server/etcdserver/server.go (NewServer), 3.6, 3.7 server/etcdserver/
 * bootstrap.go, server/etcdserver/api/membership/cluster.go, server/storage/wal/wal.go,
 * server/storage/schema/schema.go; tried on 3.4.23 to 3.7.3 in test/e2e/datadir.bats.
 */
#ifndef QUORATE_CLUSTER_DATA_DIR_RULES_H
#define QUORATE_CLUSTER_DATA_DIR_RULES_H

#include "cluster/data_dir_picture.h"
#include "format/minor_version.h"

enum severity {
    SEVERITY_NOTE,  /* worth knowing */
    SEVERITY_LOSS,  /* etcd starts, and data is lost or writes are */
    SEVERITY_STOP,  /* etcd does not start, or never becomes able to serve */
    SEVERITY_BLIND, /* could not be looked at: neither yes nor no */
};

struct dir_finding {
    const char *rule; /* a constant word for scripts: "db-behind-log" */
    enum severity severity;
    const char *text;     /* one line, lower case, no full stop */
    const char *evidence; /* "" when the text has it all */
    const char *remedy;   /* what to do; "" when nothing need be done */
    const char *command;  /* the next command; "" for none */
};

struct dir_request {
    const struct minor_version *version; /* NULL: the directory's own */
    uint64_t quota_bytes;                /* --quota-backend-bytes; 0: etcd's default, 2 GiB */
};

struct dir_judgement {
    bool has_version; /* false: no version was given and the directory says none */
    struct minor_version version;
    enum severity worst;
    const char *summary;          /* "etcd 3.6 would not start: ..." with the weightiest finding */
    struct dir_finding *findings; /* the weightiest first */
    size_t finding_count;
};

/* Source: etcd server/storage/quota.go, DefaultQuotaBytes. */
#define QUOTA_DEFAULT_BYTES (2ull << 30)

/* In mem; texts of the picture are pointed to. */
void data_dir_judge(struct arena *mem, const struct data_dir_picture *picture,
                    const struct dir_request *request, struct dir_judgement *ret_judgement);

const char *severity_word(enum severity severity); /* "note", "loss", "stop", "unknown" */

#endif
