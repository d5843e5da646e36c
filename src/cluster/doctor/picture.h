/*
 * What 'doctor' looks at: one picture of a cluster, gathered once (ops/doctor.h) and judged by the rules of
 * cluster/doctor/doctor.h, which look at nothing else. Each part is known, or absent, or unknown for a reason: a rule says
 * nothing about what was not seen.
 */
#ifndef QUORATE_CLUSTER_DOCTOR_PICTURE_H
#define QUORATE_CLUSTER_DOCTOR_PICTURE_H

#include "cluster/fact.h"
#include "cluster/inventory.h"
#include "cluster/rules.h"
#include "cluster/rules_probe.h"
#include "format/etcd_log.h"
#include "format/metrics_text.h"
#include "node/host/host_facts.h"

/* A member's own figures (GET /metrics), twice where there was time for it. */
struct metrics_picture {
    enum fact state;
    const char *because; /* of unknown */
    struct metrics now;
    struct bytes page; /* as it came */
    bool has_before;
    struct metrics before;
    double window_s; /* between the two */
    /* Its clock less ours, as the answer's Date header has it: a second is cut off, so it may be up to a
     * second more. */
    bool has_clock;
    int64_t clock_ms;
    int64_t clock_uncertainty_ms; /* half of the round trip */
};

/* Lines of one kind in a member's log. */
struct log_sight {
    size_t count;
    int64_t last_ms;  /* 0: the lines have no time */
    const char *last; /* what the last one says; NULL: none */
};

/* What a member's log told within its last hour; see log_digest.h. */
struct log_picture {
    enum fact state; /* absent: it has none where it is looked for */
    const char *because;
    struct log_sight seen[ETCD_LOG_KINDS];
};

/* What a member's host knows of it: how it is started, what it wrote, where its data lie. */
struct host_picture {
    enum fact state;
    const char *because; /* of unknown: the host was not reached */
    const char *name;    /* "db1"; "local" */
    /* What its etcd goes by when it is started next. */
    enum fact settings_state;
    const char *settings_because;
    struct etcd_settings settings;
    /* Of a static pod. */
    const char *liveness_path; /* "/health?serializable=true"; NULL: not asked by HTTP */
    struct inventory_urls other_manifests; /* paths, of those that run etcd as well */
    /* Who asks it in a way that it does not answer. */
    const struct tls_probe *probes;
    size_t probe_count;
    struct log_picture log;
    const char *log_text; /* its last lines, as they came; NULL: not had */
    /* Of its data directory. */
    enum fact disk_state;
    const char *disk_because;
    struct host_disk disk;
    const char *data_dir;
    unsigned data_dir_mode; /* 0: not known */
    enum fact sync_state;   /* absent: not asked for */
    const char *sync_because;
    int64_t sync_mean_us; /* of a small synced write */
};

struct member_picture {
    const struct member_view *view;
    const char *label; /* its name, or its id in hex */
    struct metrics_picture metrics;
    /* The members as it has them itself, without asking the leader. */
    enum fact list_state;
    const uint64_t *list_ids;
    size_t list_count;
    const struct host_picture *host; /* NULL: hosts were not looked at */
};

struct doctor_picture {
    const struct cluster_view *view;
    const struct inventory *inventory; /* NULL: none */
    const char *target; /* how a command names the cluster: "--cluster prod", "--endpoints h:1" */
    struct judge_days days;
    const struct member_picture *members; /* in the view's order */
    size_t member_count;
};

#endif
