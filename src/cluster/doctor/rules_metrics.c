/* Rules about members' own figures: how long their disks, networks and applies take, and what failed. */
#include <inttypes.h>
#include <math.h>

#include "cluster/doctor/looking.h"
#include "etcd/metrics.h"

/*
 * Percentiles say something of so many observations. Peers' round trips are measured twice a minute only.
 * Source: etcd server/etcdserver/api/rafthttp/probing_status.go, statusMonitoringInterval.
 */
enum { DURATIONS_LEAST = 50, ROUND_TRIPS_LEAST = 4 };

/* Seconds. */
struct slow {
    double note;
    double warning;
    double critical;
};

/* FAQ: "p99 below 10 ms"; the heartbeat interval; contrib/mixin, etcdHighFsyncDurations. */
static const struct slow fsync_slow = {0.010, 0.100, 1.0};
/* FAQ: "p99 below 25 ms"; contrib/mixin, etcdHighCommitDurations. */
static const struct slow commit_slow = {0.025, 0.250, 1.0};
/* contrib/mixin, etcdMemberCommunicationSlow. A third of the election time-out is critical. */
static const struct slow round_trip_slow = {0.100, 0.150, 0.330};

static enum verdict
slow_severity(const struct slow *slow, double seconds)
{
    return seconds > slow->critical  ? VERDICT_CRITICAL
           : seconds > slow->warning ? VERDICT_WARNING
                                     : VERDICT_WELL;
}

static const char *
seconds_text(struct doctor *d, double seconds)
{
    return seconds < 1 ? arena_printf(d->mem, "%.3g ms", seconds * 1000)
                       : arena_printf(d->mem, "%.3g s", seconds);
}

static const char *
percentiles_text(struct doctor *d, const struct histogram *h, struct span span)
{
    return arena_printf(d->mem, "p50 %s, p90 %s, p99 %s of %.0f %s",
                        seconds_text(d, histogram_quantile(h, 0.5)),
                        seconds_text(d, histogram_quantile(h, 0.9)),
                        seconds_text(d, histogram_quantile(h, 0.99)), h->count, span_text(d, span));
}

static void
look_durations(struct doctor *d, const char *name, const struct slow *slow, const char *what)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        struct doctor_finding *f;
        struct histogram h;
        struct span span;
        double p99;

        if (!metrics_durations(d, m, name, NULL, BYTES_NONE, DURATIONS_LEAST, &h, &span))
            continue;
        p99 = histogram_quantile(&h, 0.99);
        if (p99 <= slow->note)
            continue;
        f = doctor_add(d, slow_severity(slow, p99), m, "%s of member %s take %s (p99)", what,
                       m->label, seconds_text(d, p99));
        f->evidence = percentiles_text(d, &h, span);
    }
}

static void
look_fsync(struct doctor *d)
{
    look_durations(d, ETCD_METRIC_WAL_FSYNC, &fsync_slow, "synced writes of the log");
}

static void
look_commit(struct doctor *d)
{
    look_durations(d, ETCD_METRIC_BACKEND_COMMIT, &commit_slow, "commits of the database");
}

/* --- peers --- */

/* The label of the member whose id a label has in hex; NULL: nobody's. */
static const struct member_picture *
peer_of(const struct doctor *d, struct bytes id)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        char text[20];

        snprintf(text, sizeof(text), "%" PRIx64, d->picture->members[i].view->member.id);
        if (bytes_equal_text(id, text))
            return &d->picture->members[i];
    }
    return NULL;
}

static void
round_trip_judge(struct doctor *d, const struct member_picture *m, const struct member_picture *to,
                 struct bytes id)
{
    struct doctor_finding *f;
    struct histogram h;
    struct span span;
    double p99;

    if (!metrics_durations(d, m, "etcd_network_peer_round_trip_time_seconds", "To", id,
                           ROUND_TRIPS_LEAST, &h, &span))
        return;
    p99 = histogram_quantile(&h, 0.99);
    if (p99 <= round_trip_slow.note)
        return;
    f = doctor_add(d, slow_severity(&round_trip_slow, p99), m,
                   "the way from member %s to %s and back takes %s (p99)", m->label, to->label,
                   seconds_text(d, p99));
    f->evidence = percentiles_text(d, &h, span);
}

static void
look_round_trips(struct doctor *d)
{
    static const char count[] = "etcd_network_peer_round_trip_time_seconds_count";

    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        if (m->metrics.state != FACT_KNOWN)
            continue;
        for (const struct metric *s = metrics_next(&m->metrics.now, count, NULL); s != NULL;
             s = metrics_next(&m->metrics.now, count, s)) {
            struct bytes id;
            const struct member_picture *to = metric_label(s, "To", &id) ? peer_of(d, id) : NULL;

            if (to != NULL)
                round_trip_judge(d, m, to, id);
        }
    }
}

/* Of a member that answers here, so that it is the way between the two. Both of its streams are counted: 0 is
 * none. */
static void
look_disconnected(struct doctor *d)
{
    static const char name[] = "etcd_network_active_peers";

    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        if (m->metrics.state != FACT_KNOWN)
            continue;
        for (const struct metric *s = metrics_next(&m->metrics.now, name, NULL); s != NULL;
             s = metrics_next(&m->metrics.now, name, s)) {
            struct bytes id;
            const struct member_picture *to =
                metric_label(s, "Remote", &id) ? peer_of(d, id) : NULL;
            struct doctor_finding *f;

            if (to == NULL || !to->view->known || s->value > 0)
                continue;
            f = doctor_add(d, VERDICT_WARNING, m, "member %s has no connection to %s, which serves",
                           m->label, to->label);
            f->evidence = arena_printf(d->mem, "%s is %.0f", name, s->value);
            f->command = doctor_command(d, "endpoint health");
        }
    }
}

/* --- counters --- */

enum {
    FAILED_PROPOSALS_PER_S = 5, /* contrib/mixin, etcdHighNumberOfFailedProposals */
    LEADER_CHANGES_MOST = 4,    /* contrib/mixin, etcdHighNumberOfLeaderChanges: in 15 minutes */
    LEADER_CHANGES_WINDOW_S = 15 * 60,
    PENDING_MOST = 1000,
    EVENTS_LEAST = 10, /* fewer since the start say nothing */
    HOUR_S = 3600,
};

static void
look_failed_proposals(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        double growth;

        if (!metrics_growth(m, "etcd_server_proposals_failed_total", &growth) ||
            growth <= FAILED_PROPOSALS_PER_S * m->metrics.window_s)
            continue;
        doctor_add(d, VERDICT_WARNING, m, "%.1f proposals a second fail at member %s",
                   growth / m->metrics.window_s, m->label)
            ->evidence =
            arena_printf(d->mem, "%.0f in the last %.1f s", growth, m->metrics.window_s);
    }
}

static void
look_pending_proposals(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        double pending;

        if (metrics_figure(m, "etcd_server_proposals_pending", &pending) && pending > PENDING_MOST)
            doctor_add(d, VERDICT_WARNING, m, "%.0f proposals wait at member %s", pending, m->label)
                ->evidence = "they wait for the quorum: the leader's disk, or the network";
    }
}

/* Changes an hour that a member has seen; in its first quarter of an hour those are counted as if it were over. */
static double
changes_per_quarter(double changes, double uptime_s)
{
    return uptime_s > LEADER_CHANGES_WINDOW_S ? changes * LEADER_CHANGES_WINDOW_S / uptime_s
                                              : changes;
}

static void
leader_changes_judge(struct doctor *d, const struct member_picture *m, double changes)
{
    double uptime_s = metrics_uptime_s(d, m);
    double growth;
    bool now = metrics_growth(m, "etcd_server_leader_changes_seen_total", &growth) && growth > 0;

    if (!now && changes_per_quarter(changes, uptime_s) < LEADER_CHANGES_MOST)
        return;
    doctor_add(d, VERDICT_WARNING, NULL,
               now ? "the leader has just changed (%.0f times since member %s started)"
                   : "the leader has changed %.0f times since member %s started",
               changes, m->label)
        ->evidence =
        arena_printf(d->mem, "%s; raft term %" PRIu64, span_text(d, (struct span){uptime_s, false}),
                     m->view->status.raft_term);
}

/* All see the same changes: the one that has seen most of them tells. */
static void
look_leader_changes(struct doctor *d)
{
    const struct member_picture *most = NULL;
    double changes_most = 0, changes;

    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        if (metrics_figure(m, "etcd_server_leader_changes_seen_total", &changes) &&
            changes > changes_most) {
            most = m;
            changes_most = changes;
        }
    }
    if (most != NULL)
        leader_changes_judge(d, most, changes_most);
}

/* A counter of what should not happen: by the second now, by the hour since the start. */
static void
look_events(struct doctor *d, const char *name, double per_second, double per_hour,
            const char *what)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        double all, growth = 0, uptime_s = metrics_uptime_s(d, m);
        bool now, often;

        if (!metrics_figure(m, name, &all))
            continue;
        now = metrics_growth(m, name, &growth) && growth > per_second * m->metrics.window_s;
        often = all >= EVENTS_LEAST && uptime_s > 0 &&
                all * HOUR_S / fmax(uptime_s, HOUR_S) >= per_hour;
        if (!now && !often)
            continue;
        doctor_add(d, now ? VERDICT_WARNING : VERDICT_WELL, m, "member %s: %s", m->label, what)
            ->evidence = now ? arena_printf(d->mem, "%.0f in the last %.1f s, %.0f %s", growth,
                                            m->metrics.window_s, all,
                                            span_text(d, (struct span){uptime_s, false}))
                             : arena_printf(d->mem, "%.0f %s", all,
                                            span_text(d, (struct span){uptime_s, false}));
    }
}

static void
look_heartbeats(struct doctor *d)
{
    look_events(d, "etcd_server_heartbeat_send_failures_total", 1, 10,
                "heartbeats go out too late");
}

static void
look_slow_applies(struct doctor *d)
{
    look_events(d, "etcd_server_slow_apply_total", 1, 100,
                "requests take more than 100 ms to apply");
}

static void
look_slow_reads(struct doctor *d)
{
    /* A member asks for one at a time, and counts those that took half a second or more. */
    look_events(d, "etcd_server_slow_read_indexes_total", 0.2, 10,
                "reads wait for the leader to confirm itself");
}

static void
look_peer_failures(struct doctor *d)
{
    look_events(d, "etcd_network_peer_sent_failures_total", 1, 1000, "messages to peers get lost");
}

/* --- descriptors --- */

enum { FILES_WARNING_PERCENT = 80, FILES_CRITICAL_PERCENT = 95 };

static bool
files_of(const struct member_picture *m, double *ret_used, double *ret_limit)
{
    return (metrics_figure(m, "process_open_fds", ret_used) &&
            metrics_figure(m, "process_max_fds", ret_limit) && *ret_limit > 0) ||
           (metrics_figure(m, "os_fd_used", ret_used) &&
            metrics_figure(m, "os_fd_limit", ret_limit) && *ret_limit > 0);
}

static void
look_files(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        double used, limit, percent;

        if (!files_of(m, &used, &limit))
            continue;
        percent = used / limit * 100;
        if (percent > FILES_WARNING_PERCENT)
            doctor_add(d, percent > FILES_CRITICAL_PERCENT ? VERDICT_CRITICAL : VERDICT_WARNING, m,
                       "member %s has %.0f %% of its file descriptors open", m->label, percent)
                ->evidence = arena_printf(d->mem, "%.0f of %.0f", used, limit);
    }
}

/* --- what there should be --- */

static void
look_unreadable(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        if (m->metrics.state != FACT_UNKNOWN || !m->view->known || m->metrics.because == NULL)
            continue;
        doctor_add(d, VERDICT_WARNING, m, "the figures of member %s cannot be had", m->label)
            ->evidence = m->metrics.because;
    }
}

static const char *const histograms[] = {
    ETCD_METRIC_WAL_FSYNC,
    ETCD_METRIC_BACKEND_COMMIT,
};

static void
look_histograms(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        for (size_t k = 0;
             m->metrics.state == FACT_KNOWN && k < sizeof(histograms) / sizeof(histograms[0]);
             k++) {
            struct histogram h;

            if (metrics_histogram(d->mem, &m->metrics.now, histograms[k], NULL, BYTES_NONE, &h))
                continue;
            doctor_add(d, VERDICT_WARNING, m, "member %s does not tell how long its disk takes",
                       m->label)
                ->evidence = arena_printf(d->mem, "%s is missing, or no histogram", histograms[k]);
        }
    }
}

#define MIXIN "etcd contrib/mixin, "

const struct doctor_rule doctor_rules_of_metrics[] = {
    {.id = "wal-fsync-slow",
     .when = "p99 of at least 50; note: above 10 ms; warning: 100 ms; critical: 1 s",
     .source = "etcd FAQ (10 ms); tuning, heartbeat interval (100 ms); " MIXIN
               "etcdHighFsyncDurations (1 s)",
     .why = "no write is acknowledged before a majority has synced it, and a leader that waits for "
            "its disk sends no heartbeats",
     .mend = "a disk of its own, SSD or NVMe; see who else writes there (iostat -x 1), and "
             "measure it: 'quorate check perf'",
     .look = look_fsync},
    {.id = "backend-commit-slow",
     .when = "p99 of at least 50; note: above 25 ms; warning: 250 ms; critical: 1 s",
     .source = "etcd FAQ (25 ms); " MIXIN "etcdHighCommitDurations (250 ms)",
     .why = "applies wait for it, and reads behind them",
     .mend = "a faster disk; fewer and smaller writes; a database with fewer free pages",
     .look = look_commit},
    {.id = "peer-round-trip-slow",
     .when = "p99 of at least 4; note: above 100 ms; warning: 150 ms; critical: 330 ms",
     .source = MIXIN "etcdMemberCommunicationSlow (150 ms); tuning: the election time-out is ten "
                     "round trips",
     .why = "each write takes one, and heartbeats that come late start elections",
     .mend = "see the network between the two; where it is a long way, raise --heartbeat-interval "
             "and --election-timeout on all members",
     .look = look_round_trips},
    {.id = "peer-disconnected",
     .when = "warning: no active connection to a member that serves",
     .source = MIXIN "etcdMembersDown",
     .why = "the way between the two is cut: one of them depends on the others' help",
     .mend = "see peer URLs, ports and certificates between the two",
     .look = look_disconnected},
    {.id = "peer-send-failures",
     .when = "warning: more than 1 a second between the two looks; note: more than 1000 an hour",
     .source = MIXIN "etcdMembersDown",
     .why = "what gets lost is sent again: writes take longer, and heartbeats are missed",
     .mend = "see the network between the members: lost packets, a firewall, a full queue",
     .look = look_peer_failures},
    {.id = "failed-proposals",
     .when = "warning: more than 5 a second between the two looks",
     .source = MIXIN "etcdHighNumberOfFailedProposals",
     .why = "writes were refused or lost: an election, or the quorum is away",
     .mend = "see the leader, and whether its peers are reached",
     .look = look_failed_proposals},
    {.id = "pending-proposals",
     .when = "warning: more than 1000 wait",
     .source = "etcd documentation, metrics: a rising number shows a high load, or no quorum",
     .why = "writes come faster than the cluster takes them",
     .mend = "fewer writes at once; see disks and network",
     .look = look_pending_proposals},
    {.id = "leader-changes",
     .when = "warning: 4 or more in 15 minutes on the average since the start, or one between the "
             "two looks",
     .source = MIXIN "etcdHighNumberOfLeaderChanges",
     .why = "at each change all writes wait for an election time-out",
     .mend = "see the disks, the processors and the network of the members, in this order",
     .look = look_leader_changes},
    {.id = "heartbeats-late",
     .when = "warning: more than 1 a second between the two looks; note: 10 an hour",
     .source = "etcd FAQ, 'failed to send out heartbeat on time'",
     .why = "followers that miss them start an election",
     .mend = "see the leader's disk and processor",
     .look = look_heartbeats},
    {.id = "slow-applies",
     .when = "warning: more than 1 a second between the two looks; note: 100 an hour",
     .source = "etcd FAQ, 'apply entries took too long'; " MIXIN "etcdGRPCRequestsSlow",
     .why = "everything behind them waits",
     .mend = "see disk and processor; large ranges and transactions are read in pieces",
     .look = look_slow_applies},
    {.id = "slow-read-indexes",
     .when = "warning: more than 1 in 5 seconds between the two looks; note: 10 an hour",
     .source =
         "etcd server/etcdserver/v3_server.go, 'waiting for ReadIndex response took too long'",
     .why = "each linearizable read asks the leader, and it answers late",
     .mend = "see the leader's disk and the network",
     .look = look_slow_reads},
    {.id = "file-descriptors",
     .when = "warning: above 80 % of the limit; critical: 95 %",
     .source = "etcd server/etcdserver/metrics.go, '80% of file descriptors are used'",
     .why = "at the limit it takes no connection, and cannot make its next log file",
     .mend = "raise LimitNOFILE= of its unit; see which client opens so many connections (ss -tnp)",
     .look = look_files},
    {.id = "metrics-unreadable",
     .when = "warning: a member that serves has no page of metrics that can be read",
     .source = "etcd documentation, op-guide/monitoring",
     .why = "nobody sees how its disk and network are",
     .mend = "see --listen-client-http-urls and what stands between; monitoring needs it as well",
     .look = look_unreadable},
    {.id = "histograms-missing",
     .when = "warning: no histogram of the log's syncs, or of the database's commits",
     .source = "etcd documentation, metrics, Disk",
     .why = "a slow disk, the commonest trouble, would not be seen",
     .mend = "see what filters the page: a proxy, or an exporter",
     .look = look_histograms},
    {.id = NULL},
};
