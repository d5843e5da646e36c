/* Rules about what the databases take: alarms, the quota, free pages, and history that nobody gives up. */
#include <inttypes.h>
#include <math.h>

#include "base/time.h"
#include "cluster/defrag_when.h"
#include "cluster/doctor/looking.h"
#include "cluster/rules.h"

enum {
    QUOTA_WARNING_PERCENT = 70,
    QUOTA_CRITICAL_PERCENT = 90,
    HISTORY_MOST = 1000 * 1000,      /* revisions */
    HISTORY_UNCOMPACTED = 100 * 1000 /* of a cluster that was never compacted */
};

/* --- alarms --- */

static void
look_nospace(struct doctor *d)
{
    const struct cluster_view *view = d->picture->view;

    for (size_t i = 0; i < view->alarm_count; i++) {
        const char *label = view_member_label(d->mem, view, view->alarms[i].member_id);
        struct doctor_finding *f;

        if (view->alarms[i].type != ETCD_ALARM_NOSPACE)
            continue;
        f = doctor_add(d, VERDICT_CRITICAL, NULL, "alarm NOSPACE by member %s: writes are refused",
                       label);
        f->member = label;
        f->command = doctor_command(d, "quota recover --dry-run");
    }
}

static void
look_corrupt(struct doctor *d)
{
    const struct cluster_view *view = d->picture->view;

    for (size_t i = 0; i < view->alarm_count; i++) {
        const char *label = view_member_label(d->mem, view, view->alarms[i].member_id);
        struct doctor_finding *f;

        if (view->alarms[i].type != ETCD_ALARM_CORRUPT)
            continue;
        f = doctor_add(d, VERDICT_CRITICAL, NULL, "alarm CORRUPT by member %s: its data differs",
                       label);
        f->member = label;
        f->command = doctor_command(d, "check corruption");
    }
}

/* --- sizes --- */

double
doctor_quota(const struct member_picture *member)
{
    const struct metrics *figures =
        member->metrics.state == FACT_KNOWN ? &member->metrics.now : NULL;

    return (double)rule_quota(&member->view->status, figures);
}

static bool
sizes_of(const struct member_picture *m, struct defrag_sizes *ret_sizes)
{
    if (!m->view->known || m->view->status.db_size_bytes <= 0)
        return false;
    *ret_sizes = (struct defrag_sizes){.size = (double)m->view->status.db_size_bytes,
                                       .in_use = (double)m->view->status.db_size_in_use_bytes,
                                       .quota = doctor_quota(m)};
    return true;
}

static const char *
bytes_text(struct doctor *d, double bytes)
{
    return size_human(d->mem, (uint64_t)bytes);
}

static bool
defrag_pays(const struct defrag_sizes *sizes)
{
    struct error ignored = ERROR_INIT;
    bool pays = false;

    return defrag_when_holds(DEFRAG_WHEN_DEFAULT, sizes, &pays, &ignored) && pays;
}

/* Pages that are free count for the quota: giving them back is the first thing to do where there are many. */
static const char *
quota_command(struct doctor *d, const struct defrag_sizes *sizes)
{
    return sizes->in_use < sizes->size / 2
               ? doctor_command(d, "maintain defrag --when 'free > 0' --dry-run")
               : doctor_command(d, "keys du");
}

static void
quota_judge(struct doctor *d, const struct member_picture *m, const struct defrag_sizes *sizes)
{
    double percent = sizes->size / sizes->quota * 100;
    struct doctor_finding *f;

    if (percent < QUOTA_WARNING_PERCENT)
        return;
    f = doctor_add(d, percent < QUOTA_CRITICAL_PERCENT ? VERDICT_WARNING : VERDICT_CRITICAL, m,
                   percent < 100
                       ? "the database of member %s takes %.0f %% of its quota"
                       : "the database of member %s is over its quota (%.0f %%): the next "
                         "write is refused",
                   m->label, percent);
    f->evidence = arena_printf(d->mem, "%s of %s, and %s of it in use", bytes_text(d, sizes->size),
                               bytes_text(d, sizes->quota), bytes_text(d, sizes->in_use));
    f->command = quota_command(d, sizes);
}

static void
look_quota(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        struct defrag_sizes sizes;

        if (sizes_of(&d->picture->members[i], &sizes) && sizes.quota > 0)
            quota_judge(d, &d->picture->members[i], &sizes);
    }
}

static void
look_fragmented(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        struct defrag_sizes sizes;
        struct doctor_finding *f;

        if (!sizes_of(m, &sizes) || !defrag_pays(&sizes))
            continue;
        f = doctor_add(d, VERDICT_WARNING, m, "%.0f %% of the database of member %s is free pages",
                       (sizes.size - sizes.in_use) / sizes.size * 100, m->label);
        f->evidence = arena_printf(d->mem, "%s, of which %s are in use", bytes_text(d, sizes.size),
                                   bytes_text(d, sizes.in_use));
        f->command = doctor_command(d, "maintain defrag --dry-run");
    }
}

static void
look_quota_large(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        double quota = m->view->known ? doctor_quota(m) : 0;
        struct doctor_finding *f;

        if (quota <= (double)QUOTA_SUGGESTED_MOST_BYTES)
            continue;
        f = doctor_add(d, VERDICT_WELL, m, "the quota of member %s is larger than 8 GiB", m->label);
        f->evidence = arena_printf(d->mem, "it is %s", bytes_text(d, quota));
    }
}

static double
known_quota(const struct member_picture *m)
{
    return m->view->known ? doctor_quota(m) : 0;
}

static void
look_quotas_differ(struct doctor *d)
{
    const struct member_picture *first = NULL;

    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        double quota = known_quota(m);
        struct doctor_finding *f;
        double most;

        if (quota <= 0)
            continue;
        if (first == NULL)
            first = m;
        if (quota == known_quota(first))
            continue;
        f = doctor_add(d, VERDICT_WARNING, NULL, "members %s and %s have different quotas",
                       first->label, m->label);
        f->evidence = arena_printf(d->mem, "%s and %s", bytes_text(d, known_quota(first)),
                                   bytes_text(d, quota));
        most = fmax(quota, known_quota(first));
        if (most <= (double)QUOTA_SUGGESTED_MOST_BYTES)
            f->command = doctor_command(d, "quota raise %.0f --dry-run", most);
    }
}

/* --- history --- */

/* Of one member: all have the same revisions, and are compacted at the same. */
static void
look_history(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        double now, compacted = 0;
        struct doctor_finding *f;

        if (!metrics_figure(m, "etcd_debugging_mvcc_current_revision", &now) ||
            !metrics_figure(m, "etcd_debugging_mvcc_compact_revision", &compacted))
            continue;
        if (now - compacted <= (compacted > 0 ? HISTORY_MOST : HISTORY_UNCOMPACTED))
            return;
        f = doctor_add(d, VERDICT_WARNING, NULL,
                       compacted > 0 ? "%.0f revisions of history are kept"
                                     : "%.0f revisions were written, and none was ever given up",
                       now - compacted);
        f->evidence = arena_printf(d->mem, "revision %.0f, compacted at %.0f", now, compacted);
        f->command = doctor_command(d, "compaction %.0f", now - HISTORY_UNCOMPACTED);
        return;
    }
}

#define MAINTENANCE "etcd documentation, op-guide/maintenance"

const struct doctor_rule doctor_rules_of_space[] = {
    {.id = "nospace-alarm",
     .when = "critical: alarm NOSPACE",
     .source = MAINTENANCE ", Space quota; etcd-io/etcd issue 16779",
     .why = "the whole cluster refuses puts and lease grants until it is disarmed",
     .mend = "delete, compact, defragment each member, and only then disarm",
     .in_status = true,
     .look = look_nospace},
    {.id = "corrupt-alarm",
     .when = "critical: alarm CORRUPT",
     .source = "etcd documentation, op-guide/data_corruption",
     .why = "its data differs from the others': who reads from it reads what is not so",
     .mend = "see which member differs, back up one that does not, and replace it",
     .in_status = true,
     .look = look_corrupt},
    {.id = "quota",
     .when = "warning: a database of 70 % of the quota; critical: 90 %",
     .source = "etcd contrib/mixin, etcdDatabaseQuotaLowSpace (95 %); OpenShift (65, 75, 85 %)",
     .why = "at 100 % the whole cluster refuses writes",
     .mend = "see what fills it; compact and defragment, or raise it: 'quorate quota raise'",
     .look = look_quota},
    {.id = "fragmented",
     .when = "warning: " DEFRAG_WHEN_DEFAULT,
     .source = MAINTENANCE ", Defragmentation; OpenShift's etcd operator (the same numbers)",
     .why = "free pages count for the quota, and travel in every snapshot",
     .mend = "defragment, one member after the other, the leader last",
     .look = look_fragmented},
    {.id = "quota-large",
     .when = "note: a quota above 8 GiB",
     .source = "etcd server/storage/quota.go, maxQuotaBytes; op-guide/limits, Storage size limit",
     .why = "the larger the database, the longer a member is away when it starts or is replaced",
     .mend = "see what fills it, and lower the quota",
     .look = look_quota_large},
    {.id = "quotas-differ",
     .when = "warning: members with different quotas",
     .source = MAINTENANCE ", Space quota",
     .why = "the smallest counts: one member's alarm stops all",
     .mend = "start all with the same --quota-backend-bytes: 'quorate quota raise' does",
     .look = look_quotas_differ},
    {.id = "history-kept",
     .when = "warning: more than 1,000,000 revisions not compacted; of a cluster that never was, "
             "100,000",
     .source = MAINTENANCE ", History compaction; API servers compact every 5 minutes",
     .why = "every old revision takes space until it is given up, and makes a compaction longer",
     .mend = "--auto-compaction-retention on all members, or compact by a schedule",
     .look = look_history},
    {.id = NULL},
};
