/* Rules about releases: members that run different ones, and those that are known to lose data. */
#include <inttypes.h>
#include <string.h>

#include "cluster/doctor/looking.h"
#include "format/minor_version.h"

static const char *
version_of(const struct member_picture *m)
{
    return m->view->known && m->view->status.version != NULL ? m->view->status.version : "";
}

static void
look_skew(struct doctor *d)
{
    const struct member_picture *first = NULL;

    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        struct doctor_finding *f;

        if (version_of(m)[0] == '\0')
            continue;
        if (first == NULL)
            first = m;
        if (strcmp(version_of(first), version_of(m)) == 0)
            continue;
        f = doctor_add(d, VERDICT_WARNING, NULL, "members run different versions (%s and %s)",
                       version_of(first), version_of(m));
        f->evidence = arena_printf(d->mem, "%s runs %s, %s runs %s", first->label,
                                   version_of(first), m->label, version_of(m));
        f->command = doctor_command(d, "endpoint status");
        return;
    }
}

/* Releases 3.MINOR.FIRST to 3.MINOR.LAST have it. */
struct bug {
    uint32_t minor;
    uint32_t first;
    uint32_t last;
    enum verdict severity;
    bool alone; /* only of a cluster of one voter */
    const char *text;
    const char *source;
};

static const struct bug bugs[] = {
    {5, 0, 2, VERDICT_CRITICAL, false, "a crash under load can leave members with different data",
     "etcd-io/etcd issue 13766"},
    {5, 0, 0, VERDICT_CRITICAL, false, "members that were removed come back",
     "etcd-io/etcd issue 13196"},
    {5, 0, 4, VERDICT_WARNING, true,
     "a single member acknowledges writes before they are on the disk", "etcd-io/etcd issue 14370"},
    {5, 0, 5, VERDICT_WARNING, false, "a crash while it defragments can make its data differ",
     "etcd pull request 14733"},
    {5, 0, 13, VERDICT_WARNING, false,
     "after a crash during a compaction its revision can go backwards", "etcd-io/etcd issue 17780"},
    {5, 0, 22, VERDICT_WARNING, false,
     "a snapshot that arrives while it defragments can damage its database",
     "etcd pull request 20653"},
    {6, 0, 4, VERDICT_WARNING, false,
     "a snapshot that arrives while it defragments can damage its database",
     "etcd pull request 20650"},
    {5, 0, 30, VERDICT_WELL, false, "'member update' makes a voter of a learner, silently",
     "etcd pull request 21737"},
    {6, 0, 11, VERDICT_WELL, false, "'member update' makes a voter of a learner, silently",
     "etcd pull request 21736"},
};

static bool
has_bug(const struct doctor *d, const struct minor_version *v, uint32_t patch,
        const struct bug *bug)
{
    return v->major == 3 && v->minor == bug->minor && patch >= bug->first && patch <= bug->last &&
           (!bug->alone || view_voter_count(d->picture->view) == 1);
}

/* Those that run it, by their labels; NULL: nobody. */
static const char *
who_has(struct doctor *d, const struct bug *bug)
{
    const char *who = NULL;

    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        struct error ignored = ERROR_INIT;
        struct minor_version v;
        uint32_t patch;

        if (version_of(m)[0] == '\0' || !minor_version_parse(version_of(m), &v, &ignored) ||
            !minor_version_patch(version_of(m), &patch) || !has_bug(d, &v, patch, bug))
            continue;
        who = arena_printf(d->mem, "%s%s%s (%s)", who != NULL ? who : "", who != NULL ? ", " : "",
                           m->label, version_of(m));
    }
    return who;
}

static void
look_bugs(struct doctor *d)
{
    for (size_t i = 0; i < sizeof(bugs) / sizeof(bugs[0]); i++) {
        const struct bug *bug = &bugs[i];
        const char *who = who_has(d, bug);

        if (who == NULL)
            continue;
        doctor_add(d, bug->severity, NULL,
                   "etcd 3.%" PRIu32 ".%" PRIu32 " to 3.%" PRIu32 ".%" PRIu32 ": %s", bug->minor,
                   bug->first, bug->minor, bug->last, bug->text)
            ->evidence = arena_printf(d->mem, "%s; mended in 3.%" PRIu32 ".%" PRIu32 " (%s)", who,
                                      bug->minor, bug->last + 1, bug->source);
    }
}

/* The last of a minor release that nobody mends any more. */
enum { MINOR_SUPPORTED = 5, SETTLED_S = 30 };

static void
look_unsupported(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        struct error ignored = ERROR_INIT;
        struct minor_version v;

        if (version_of(m)[0] != '\0' && minor_version_parse(version_of(m), &v, &ignored) &&
            v.major == 3 && v.minor < MINOR_SUPPORTED)
            doctor_add(d, VERDICT_WELL, m, "member %s runs etcd %s, which is no longer mended",
                       m->label, version_of(m));
    }
}

/* Of the agreed version; NULL: not told. */
static const char *
cluster_version(struct doctor *d, const struct member_picture *m)
{
    const struct metric *metric = m->metrics.state == FACT_KNOWN
                                      ? metrics_next(&m->metrics.now, "etcd_cluster_version", NULL)
                                      : NULL;
    struct bytes text;

    /* After a change the old one stays, with the value 0. */
    while (metric != NULL && metric->value != 1)
        metric = metrics_next(&m->metrics.now, "etcd_cluster_version", metric);
    return metric != NULL && metric_label(metric, "cluster_version", &text)
               ? arena_text_of_bytes(d->mem, text)
               : NULL;
}

/* A leader asks the members for their versions every few seconds: of those that have just started it does not know yet.
 * Source: etcd server/etcdserver/server.go, monitorVersionInterval (4 s). */
static bool
has_settled(const struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        double uptime_s = metrics_uptime_s(d, &d->picture->members[i]);

        if (uptime_s > 0 && uptime_s < SETTLED_S)
            return false;
    }
    return true;
}

/* Older than what every member runs. */
static bool
is_behind_all(struct doctor *d, const char *agreed)
{
    struct error ignored = ERROR_INIT;
    struct minor_version cluster, own;

    if (!minor_version_parse(agreed, &cluster, &ignored))
        return false;
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const char *version = version_of(&d->picture->members[i]);

        if (version[0] == '\0' || !minor_version_parse(version, &own, &ignored) ||
            minor_version_compare(cluster, own) >= 0)
            return false;
    }
    return true;
}

static void
look_cluster_version(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const char *agreed = cluster_version(d, &d->picture->members[i]);
        struct doctor_finding *f;

        if (agreed == NULL || !is_behind_all(d, agreed) || !has_settled(d))
            continue;
        f = doctor_add(d, VERDICT_WARNING, NULL,
                       "the cluster's version is %s, and all members run a newer one", agreed);
        f->evidence = arena_printf(d->mem, "%s runs %s", d->picture->members[i].label,
                                   version_of(&d->picture->members[i]));
        f->command = doctor_command(d, "downgrade cancel");
        return;
    }
}

static void
look_downgrade(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        if (!m->view->known || !m->view->status.downgrade_info.enabled)
            continue;
        doctor_add(d, VERDICT_WARNING, NULL, "a downgrade to %s is enabled",
                   m->view->status.downgrade_info.target_version)
            ->command = doctor_command(d, "downgrade cancel");
        return;
    }
}

const struct doctor_rule doctor_rules_of_versions[] = {
    {.id = "version-skew",
     .when = "warning: members that run different releases",
     .source = "etcd documentation, upgrades",
     .why = "features stay those of the oldest, and a long mix is tried by nobody",
     .mend = "finish the upgrade, one member after the other",
     .in_status = true,
     .look = look_skew},
    {.id = "version-with-known-loss",
     .when =
         "critical: 3.5.0 to 3.5.2; warning: to 3.5.5, 3.5.13, 3.5.22 and 3.6.4, each for its own "
         "bug; note: to 3.5.30 and 3.6.11",
     .source = "etcd-io/etcd, as each finding says",
     .why = "it has a bug that can lose data, or a vote",
     .mend =
         "upgrade to the newest patch of the same minor release: it needs no change of settings",
     .look = look_bugs},
    {.id = "version-unsupported",
     .when = "note: etcd before 3.5",
     .source = "etcd documentation, operating/versioning: the newest two or three minor releases",
     .why = "holes in it stay open",
     .mend = "upgrade, one minor release after the other",
     .look = look_unsupported},
    {.id = "cluster-version-behind",
     .when = "warning: the agreed version is older than what every member runs, and none has "
             "started within the last 30 s",
     .source = "etcd documentation, upgrades; server/etcdserver/version/monitor.go",
     .why = "the upgrade has not ended: new features are off, or a downgrade goes on",
     .mend =
         "wait some seconds; when it stays, see whether a downgrade is enabled, and whether all "
         "members reach each other's /version",
     .look = look_cluster_version},
    {.id = "downgrade-enabled",
     .when = "warning: a downgrade was enabled and has not ended",
     .source = "etcd documentation, downgrades",
     .why = "members of the newer release may not join or start again",
     .mend = "finish it, or cancel it",
     .look = look_downgrade},
    {.id = NULL},
};
