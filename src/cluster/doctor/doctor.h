/*
 * What is wrong with a cluster, and why: a table of rules over one picture. Each rule is a pure function that
 * looks at the picture and adds a finding for each member, or for the cluster. To add one: its entry in the
 * table of its file, a picture made by hand in test/unit/cluster/doctor_test.c.
 */
#ifndef QUORATE_CLUSTER_DOCTOR_H
#define QUORATE_CLUSTER_DOCTOR_H

#include "cluster/doctor/picture.h"
#include "cluster/judgement.h"

struct doctor;

/* What a rule about logs counts: for the 'look' that such rules share. */
struct log_sign {
    enum etcd_log_kind kind;
    size_t warning, critical; /* from so many lines in an hour on, with fewer a note; 0: never */
    const char *text;         /* "syncs of the log took more than a second" */
    const char *command;      /* the next command's words; NULL: none */
    bool shows_line;          /* it has no keys in it, nor values */
};

struct doctor_rule {
    const char *id;     /* a constant word for scripts: "member-down" */
    const char *when;   /* severities and thresholds, for the table of rules */
    const char *source; /* where the threshold, or the trouble, is described */
    const char *why;    /* why it matters, in a sentence */
    const char *mend;   /* what mends it, in words */
    bool in_status;     /* 'status' asks it, too */
    void (*look)(struct doctor *d);
    const struct log_sign *sign;
};

struct doctor_finding {
    const struct doctor_rule *rule;
    enum verdict severity; /* VERDICT_WELL: worth knowing */
    const char *member;    /* its label; "": the cluster */
    const char *text;      /* one line, lower case, no full stop */
    const char *evidence;  /* with the numbers; "" when the text has them all */
    const char *command;   /* the next command, exactly; "": see the rule's mend */
};

struct diagnosis {
    enum verdict verdict;
    const char *summary;             /* "2 of 3 voters serve; no further member may fail" */
    struct doctor_finding *findings; /* the weightiest first */
    size_t finding_count;
    size_t counts[VERDICT_CRITICAL + 1]; /* of each severity */
};

/* Runs all rules. In 'mem'; texts of the picture are pointed to. */
void doctor_judge(struct arena *mem, const struct doctor_picture *picture,
                  struct diagnosis *ret_diagnosis);

/* The same of the rules about what the databases take alone. */
void doctor_judge_space(struct arena *mem, const struct doctor_picture *picture,
                        struct diagnosis *ret_diagnosis);

/* The rules that 'status' asks, over a view alone, in the table's order. */
void doctor_judge_view(struct arena *mem, const struct cluster_view *view, struct judge_days days,
                       struct diagnosis *ret_diagnosis);

/* A member's quota in bytes, by its status (from 3.6 on) or its figures; 0: it does not say. */
double doctor_quota(const struct member_picture *member);

/* All rules in the table's order; NULL behind the last. */
const struct doctor_rule *doctor_rule_at(size_t i);

const char *severity_of_verdict_word(enum verdict severity); /* "note", "warning", "critical" */

#endif
