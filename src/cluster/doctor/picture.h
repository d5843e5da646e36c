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
#include "format/metrics_text.h"

/* A member's own figures (GET /metrics), twice where there was time for it. */
struct metrics_picture {
    enum fact state;
    const char *because; /* of unknown */
    struct metrics now;
    bool has_before;
    struct metrics before;
    double window_s; /* between the two */
    /* Its clock less ours, as the answer's Date header has it: a second is cut off, so it may be up to a
     * second more. */
    bool has_clock;
    int64_t clock_ms;
    int64_t clock_uncertainty_ms; /* half of the round trip */
};

struct member_picture {
    const struct member_view *view;
    const char *label; /* its name, or its id in hex */
    struct metrics_picture metrics;
    /* The members as it has them itself, without asking the leader. */
    enum fact list_state;
    const uint64_t *list_ids;
    size_t list_count;
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
