/* What the rules of 'doctor' share. For cluster/doctor/ only. */
#ifndef QUORATE_CLUSTER_DOCTOR_LOOKING_H
#define QUORATE_CLUSTER_DOCTOR_LOOKING_H

#include "cluster/doctor/doctor.h"
#include "format/metrics_histogram.h"

struct doctor {
    struct arena *mem;
    const struct doctor_picture *picture;
    const struct doctor_rule *rule; /* that looks now */
    ARRAY(struct doctor_finding) findings;
};

/* The tables; each ends with an entry without an id. */
extern const struct doctor_rule doctor_rules_of_members[];
extern const struct doctor_rule doctor_rules_of_space[];
extern const struct doctor_rule doctor_rules_of_versions[];
extern const struct doctor_rule doctor_rules_of_metrics[];
extern const struct doctor_rule doctor_rules_of_settings[];
extern const struct doctor_rule doctor_rules_of_hosts[];
extern const struct doctor_rule doctor_rules_of_logs[];

/* Adds a finding of the rule that looks; evidence and command are "" until they are set. 'member': NULL: the
 * cluster's. */
struct doctor_finding *doctor_add(struct doctor *d, enum verdict severity,
                                  const struct member_picture *member, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* "quorate WORDS --cluster prod": how this cluster is named stands behind the words. In d->mem. */
const char *doctor_command(struct doctor *d, const char *format, ...) PRINTF_LIKE(2, 3);

/* What the inventory says of a member; NULL: nothing. */
const struct inventory_member *doctor_configured(const struct doctor *d,
                                                 const struct member_picture *member);

/* --- figures --- */

/* Over which time a figure was taken. */
struct span {
    double seconds;
    bool is_window; /* between two looks; otherwise since the member's start */
};

/* "in the last 3 s", "since its start 5 h 2 min ago". In d->mem. */
const char *span_text(struct doctor *d, struct span span);

/* How long the member runs, by its own figures; 0: it does not say. */
double metrics_uptime_s(const struct doctor *d, const struct member_picture *member);

/* The sum of all samples of that name; false: there is none. */
bool metrics_figure(const struct member_picture *member, const char *name, double *ret_value);

/* What a counter grew by between the two looks; false: there was one look only, or it has no such counter. */
bool metrics_growth(const struct member_picture *member, const char *name, double *ret_growth);

/* A histogram of at least 'least' observations: of the time between the looks when there were so many, else
 * since the member's start. */
bool metrics_durations(struct doctor *d, const struct member_picture *member, const char *name,
                       const char *label, struct bytes value, double least,
                       struct histogram *ret_histogram, struct span *ret_span);

#endif
