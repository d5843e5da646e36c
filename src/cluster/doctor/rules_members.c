/* Rules about members: who serves, who does not, who should not be there, and how far they are. */
#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "cluster/doctor/looking.h"

enum { DAY_S = 24 * 60 * 60 };

/* Source: etcd server/etcdserver/v3_server.go, maxGapBetweenApplyAndCommitIndex, 3.4 to 3.7. */
enum { APPLY_GAP_MOST = 5000 };

/* Of those that answer; NULL: nobody does. */
static const struct member_picture *
first_survivor(const struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_view *m = d->picture->members[i].view;

        if (m->known && !m->member.is_learner)
            return &d->picture->members[i];
    }
    return NULL;
}

/* Otherwise nobody knows how many voters there are. */
static bool
is_listed(const struct doctor *d)
{
    return d->picture->view->unlisted_because.code == ERROR_NONE;
}

static void
look_quorum_lost(struct doctor *d)
{
    const struct cluster_view *view = d->picture->view;
    size_t voters = view_voter_count(view);
    size_t serving = view_voters_serving(view);
    const struct member_picture *survivor = first_survivor(d);
    struct doctor_finding *f;

    if (serving >= quorum_size(voters) || !is_listed(d))
        return;
    f = doctor_add(d, VERDICT_CRITICAL, NULL,
                   "quorum is lost: %zu of %zu voters serve, %zu are needed", serving, voters,
                   quorum_size(voters));
    if (survivor != NULL)
        f->command = doctor_command(d, "member rescue %s --dry-run", survivor->label);
}

static void
look_unlisted(struct doctor *d)
{
    const struct error *why = &d->picture->view->unlisted_because;
    struct doctor_finding *f;

    if (is_listed(d))
        return;
    f = doctor_add(d, VERDICT_WARNING, NULL, "the member list cannot be had: %s", why->text);
    f->evidence = "there may be more members than those that answer";
    f->command = doctor_command(d, "member list");
}

/* Members go on naming a leader that has just died, until they elect another. */
static void
look_leader_silent(struct doctor *d)
{
    const struct cluster_view *view = d->picture->view;

    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        if (view->leader_id == 0 || m->view->member.id != view->leader_id || !m->view->asked ||
            m->view->known)
            continue;
        doctor_add(d, VERDICT_CRITICAL, m,
                   "the leader, %s, does not answer: writes wait for an election", m->label)
            ->command = doctor_command(d, "status");
    }
}

static void
look_no_leader(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        struct doctor_finding *f;

        if (!m->view->known || m->view->status.leader != 0)
            continue;
        f = doctor_add(d, VERDICT_CRITICAL, m, "member %s knows no leader", m->label);
        f->evidence = arena_printf(d->mem, "raft term %" PRIu64 ", index %" PRIu64,
                                   m->view->status.raft_term, m->view->status.raft_index);
        f->command = doctor_command(d, "endpoint health");
    }
}

static void
look_other_leader(struct doctor *d)
{
    const struct cluster_view *view = d->picture->view;

    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        const struct etcd_status *s = &m->view->status;
        struct doctor_finding *f;

        if (!m->view->known || s->leader == 0 || s->leader == view->leader_id)
            continue;
        f = doctor_add(d, VERDICT_WARNING, m, "member %s names another leader (%" PRIx64 ")",
                       m->label, s->leader);
        f->evidence = arena_printf(d->mem, "most name %" PRIx64 "; its raft term is %" PRIu64,
                                   view->leader_id, s->raft_term);
        f->command = doctor_command(d, "endpoint status");
    }
}

static bool
never_started(const struct member_view *m)
{
    return m->member.client_url_count == 0 && !m->known;
}

static void
look_never_started(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        struct doctor_finding *f;

        if (!never_started(m->view))
            continue;
        f = doctor_add(d, VERDICT_WARNING, m, "member %s was added but never started", m->label);
        f->evidence = m->view->member.peer_url_count > 0
                          ? arena_printf(d->mem, "its peer URL is %s, its id %" PRIx64,
                                         m->view->member.peer_urls[0], m->view->member.id)
                          : "";
        f->command = doctor_command(d, "member remove %" PRIx64, m->view->member.id);
    }
}

/* What starts a member again, where its host is known. */
static const char *
start_command(struct doctor *d, const struct member_picture *m)
{
    const struct inventory *inventory = d->picture->inventory;
    const struct inventory_member *c = doctor_configured(d, m);

    if (inventory != NULL && inventory->lab != NULL && strncmp(inventory->name, "lab:", 4) == 0)
        return arena_printf(d->mem, "quorate lab start --name %s %s", inventory->name + 4,
                            m->label);
    if (c != NULL && c->runner == INVENTORY_RUNNER_SYSTEMD && c->host != NULL &&
        strncmp(c->host, "ssh://", 6) == 0)
        return arena_printf(d->mem, "ssh %s systemctl restart %s", c->host, c->runner_name);
    if (inventory != NULL)
        return doctor_command(d, "member replace %s --dry-run", m->label);
    return arena_printf(d->mem, "quorate endpoint health --endpoints %s", m->view->endpoint);
}

static void
silent_add(struct doctor *d, const struct member_picture *m)
{
    const struct cluster_view *view = d->picture->view;
    size_t voters = view_voter_count(view);
    struct doctor_finding *f;

    f = doctor_add(d, VERDICT_WARNING, m, "member %s does not answer: %s", m->label,
                   m->view->unknown_because.text);
    f->evidence = arena_printf(d->mem, "%zu of %zu voters serve, %zu are needed",
                               view_voters_serving(view), voters, quorum_size(voters));
    f->command = start_command(d, m);
}

static bool
is_frozen(const struct member_view *m)
{
    return m->unknown_because.code == ERROR_TIMEOUT;
}

static void
look_member_down(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        if (!m->view->known && !never_started(m->view) && !is_frozen(m->view))
            silent_add(d, m);
    }
}

static void
look_member_frozen(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        if (!m->view->known && !never_started(m->view) && is_frozen(m->view))
            silent_add(d, m);
    }
}

static void
look_raft_lag(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        uint64_t lag = m->view->known ? view_lag(d->picture->view, m->view) : 0;
        struct doctor_finding *f;

        if (lag <= CAUGHT_UP_ENTRIES)
            continue;
        f = doctor_add(d, VERDICT_WARNING, m, "member %s is %" PRIu64 " raft entries behind",
                       m->label, lag);
        f->evidence =
            arena_printf(d->mem, "it has applied %" PRIu64 ", another one %" PRIu64,
                         m->view->status.raft_applied_index, d->picture->view->applied_most);
        f->command = doctor_command(d, "status");
    }
}

static void
look_apply_gap(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        const struct etcd_status *s = &m->view->status;
        struct doctor_finding *f;

        if (!m->view->known || s->raft_index <= s->raft_applied_index ||
            s->raft_index - s->raft_applied_index <= APPLY_GAP_MOST)
            continue;
        f = doctor_add(d, VERDICT_CRITICAL, m,
                       "member %s has %" PRIu64 " entries that it has not applied yet", m->label,
                       s->raft_index - s->raft_applied_index);
        f->evidence = arena_printf(d->mem, "more than %d, and it answers 'too many requests'",
                                   APPLY_GAP_MOST);
        f->command = doctor_command(d, "endpoint status");
    }
}

static void
certificate_add(struct doctor *d, const struct member_picture *m)
{
    const struct judge_days days = d->picture->days;
    int64_t left_s = m->view->certificate_end_s - d->picture->view->taken_s;
    int64_t left_days = left_s / DAY_S;
    struct doctor_finding *f;

    if (left_s >= 0 && left_days >= days.warning && left_days >= days.critical)
        return;
    f = left_s < 0
            ? doctor_add(d, VERDICT_CRITICAL, m, "the certificate of member %s has ended", m->label)
            : doctor_add(d, left_days < days.critical ? VERDICT_CRITICAL : VERDICT_WARNING, m,
                         "the certificate of member %s ends in %" PRId64 " days", m->label,
                         left_days);
    f->evidence = arena_printf(d->mem, "it ends at %s",
                               time_rfc3339(d->mem, m->view->certificate_end_s * 1000));
    f->command = doctor_command(d, "tls renew --ca-key FILE --dry-run");
}

static void
look_certificate_ends(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        if (d->picture->members[i].view->certificate_end_s != 0)
            certificate_add(d, &d->picture->members[i]);
    }
}

static void
look_endpoint_silent(struct doctor *d)
{
    const struct cluster_view *view = d->picture->view;

    for (size_t i = 0; i < view->stray_count; i++) {
        const struct stray_endpoint *stray = &view->strays[i];

        if (stray->member_id == 0)
            doctor_add(d, VERDICT_WARNING, NULL, "endpoint %s: %s", stray->endpoint,
                       stray->error.text)
                ->command = doctor_command(d, "member list");
    }
}

static void
look_endpoint_elsewhere(struct doctor *d)
{
    const struct cluster_view *view = d->picture->view;

    for (size_t i = 0; i < view->stray_count; i++) {
        const struct stray_endpoint *stray = &view->strays[i];
        struct doctor_finding *f;

        if (stray->member_id == 0 || stray->cluster_id == view->cluster_id)
            continue;
        f = doctor_add(d, VERDICT_WARNING, NULL,
                       "endpoint %s belongs to another cluster (%" PRIx64 ")", stray->endpoint,
                       stray->cluster_id);
        f->evidence =
            arena_printf(d->mem, "this cluster is %" PRIx64 "; it answers as member %" PRIx64,
                         view->cluster_id, stray->member_id);
        f->command = arena_printf(d->mem, "quorate status --endpoints %s", stray->endpoint);
    }
}

static void
look_zombie(struct doctor *d)
{
    const struct cluster_view *view = d->picture->view;

    for (size_t i = 0; i < view->stray_count; i++) {
        const struct stray_endpoint *stray = &view->strays[i];
        struct doctor_finding *f;

        if (stray->member_id == 0 || stray->cluster_id != view->cluster_id)
            continue;
        f = doctor_add(d, VERDICT_WARNING, NULL,
                       "endpoint %s answers as member %" PRIx64 ", which is not in the member list",
                       stray->endpoint, stray->member_id);
        f->evidence = arena_printf(d->mem, "the list has %zu members", view->member_count);
        f->command = doctor_command(d, "member list");
    }
}

static const char *
ids_text(struct arena *mem, const uint64_t *ids, size_t count)
{
    const char *text = "";

    for (size_t i = 0; i < count; i++)
        text = arena_printf(mem, "%s%s%" PRIx64, text, i > 0 ? " " : "", ids[i]);
    return text;
}

static bool
lists_equal(const struct doctor_picture *picture, const struct member_picture *m)
{
    if (m->list_count != picture->member_count)
        return false;
    for (size_t i = 0; i < m->list_count; i++) {
        if (view_member_by_id(picture->view, m->list_ids[i]) == NULL)
            return false;
    }
    return true;
}

static void
look_lists_differ(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        struct doctor_finding *f;

        if (m->list_state != FACT_KNOWN || lists_equal(d->picture, m))
            continue;
        f = doctor_add(d, VERDICT_WARNING, m, "member %s has another member list than the leader",
                       m->label);
        f->evidence =
            arena_printf(d->mem, "its own: %s; the leader's has %zu",
                         ids_text(d->mem, m->list_ids, m->list_count), d->picture->member_count);
        f->command = doctor_command(d, "member list -w table");
    }
}

/* A learner that is there and has all of the log could vote. */
static void
look_learner(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        uint64_t lag = m->view->known ? view_lag(d->picture->view, m->view) : 0;
        struct doctor_finding *f;

        if (!m->view->known || !m->view->member.is_learner || lag > CAUGHT_UP_ENTRIES)
            continue;
        f = doctor_add(d, VERDICT_WARNING, m,
                       "member %s is a learner that has caught up and was never promoted",
                       m->label);
        f->evidence = arena_printf(d->mem, "it is %" PRIu64 " raft entries behind", lag);
        f->command = doctor_command(d, "member promote %" PRIx64, m->view->member.id);
    }
}

static void
look_even_voters(struct doctor *d)
{
    size_t voters = view_voter_count(d->picture->view);
    struct doctor_finding *f;

    if (voters == 0 || voters % 2 != 0 || !is_listed(d))
        return;
    f = doctor_add(d, VERDICT_WARNING, NULL, "%zu voters: an even number", voters);
    f->evidence = voters == 2 ? "when either of the two fails, the cluster stands still"
                              : arena_printf(d->mem, "%zu may fail, no more than of %zu",
                                             quorum_tolerance(voters), voters - 1);
    f->command = doctor_command(d, "member grow --to %zu --dry-run", voters + 1);
}

/* A second is cut off the time that etcd tells, so two that are alike may seem a second apart. */
enum { CLOCKS_DIFFER_MS = 1000, CUT_MS = 1000 };

static void
clock_add(struct doctor *d, const struct member_picture *m, int64_t middle_ms)
{
    int64_t apart_ms = m->metrics.clock_ms - middle_ms;
    struct doctor_finding *f;

    if (apart_ms < 0)
        apart_ms = -apart_ms;
    if (apart_ms - m->metrics.clock_uncertainty_ms <= CLOCKS_DIFFER_MS + CUT_MS)
        return;
    f = doctor_add(d, VERDICT_WARNING, m, "the clock of member %s is %s %s the others'", m->label,
                   duration_human(d->mem, apart_ms),
                   m->metrics.clock_ms > middle_ms ? "before" : "behind");
    f->evidence =
        arena_printf(d->mem, "%+" PRId64 " ms to the clock here, the others' %+" PRId64 " ms",
                     m->metrics.clock_ms, middle_ms);
    f->command = "timedatectl set-ntp true";
}

/* The clock in the middle: with an even number the lower of the two. */
static bool
clock_in_the_middle(const struct doctor *d, int64_t *ret_ms)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct metrics_picture *one = &d->picture->members[i].metrics;
        size_t below = 0, same = 0, all = 0;

        for (size_t k = 0; k < d->picture->member_count; k++) {
            const struct metrics_picture *other = &d->picture->members[k].metrics;

            all += other->has_clock;
            below += other->has_clock && other->clock_ms < one->clock_ms;
            same += other->has_clock && other->clock_ms == one->clock_ms;
        }
        if (one->has_clock && below <= (all - 1) / 2 && (all - 1) / 2 < below + same) {
            *ret_ms = one->clock_ms;
            return true;
        }
    }
    return false;
}

static void
look_clocks(struct doctor *d)
{
    int64_t middle_ms;

    if (!clock_in_the_middle(d, &middle_ms))
        return;
    for (size_t i = 0; i < d->picture->member_count; i++) {
        if (d->picture->members[i].metrics.has_clock)
            clock_add(d, &d->picture->members[i], middle_ms);
    }
}

#define OPERATIONS "etcd documentation, op-guide"

const struct doctor_rule doctor_rules_of_members[] = {
    {.id = "quorum-lost",
     .when = "critical: fewer voters serve than a majority of all",
     .source = OPERATIONS "/failures, Majority failure",
     .why = "nothing can be written, and nothing read but what a member happens to have",
     .mend = "start the members that are down; when they are lost for good, rescue a survivor or "
             "recover from a backup",
     .in_status = true,
     .look = look_quorum_lost},
    {.id = "members-unknown",
     .when = "warning: no member that answers tells the member list",
     .source = "etcd server/auth, server/etcdserver/api/v3rpc/interceptor.go",
     .why = "nobody can say how many members may fail",
     .mend = "ask with --user where there is authentication; a learner does not tell: ask a voter",
     .in_status = true,
     .look = look_unlisted},
    {.id = "leader-silent",
     .when = "critical: the leader that the others name does not answer",
     .source = OPERATIONS "/failures, Leader failure",
     .why = "writes wait until the others elect another, an election time-out later",
     .mend = "wait for the election; then see why it was silent",
     .in_status = true,
     .look = look_leader_silent},
    {.id = "no-leader",
     .when = "critical: a member that answers knows no leader",
     .source = "etcd contrib/mixin, etcdNoLeader",
     .why = "it takes no writes, and its reads are old",
     .mend = "see whether it reaches its peers: their ports, names and certificates",
     .in_status = true,
     .look = look_no_leader},
    {.id = "other-leader",
     .when = "warning: a member names another leader than most",
     .source = OPERATIONS "/failures, Network partition",
     .why = "it is cut off, or an election is going on",
     .mend = "look again; when it stays, see whether it reaches its peers",
     .in_status = true,
     .look = look_other_leader},
    {.id = "member-never-started",
     .when = "warning: a member of the list never published a client URL",
     .source = OPERATIONS "/runtime-configuration, Add a new member",
     .why = "a voter counts for the quorum from the moment it is added",
     .mend = "start it as 'member add' told, or remove it",
     .in_status = true,
     .look = look_never_started},
    {.id = "member-down",
     .when = "warning: a member refuses or cannot be reached",
     .source = "etcd contrib/mixin, etcdMembersDown",
     .why = "the cluster bears so many failures fewer",
     .mend = "start it again; when its data is lost, replace it",
     .in_status = true,
     .look = look_member_down},
    {.id = "member-frozen",
     .when = "warning: a member does not answer within the command time-out",
     .source = "etcd contrib/mixin, etcdMembersDown",
     .why = "clients that have it as their endpoint hang instead of going to another",
     .mend = "see on its host what it waits for: a disk that hangs, SIGSTOP, a firewall that drops",
     .in_status = true,
     .look = look_member_frozen},
    {.id = "raft-lag",
     .when = "warning: more than 1000 raft entries behind the most advanced member",
     .source = "quorate: about a second of a busy cluster's writes",
     .why = "its reads are old, and it is no help when another one fails",
     .mend = "see its disk and network; one that does not catch up is replaced",
     .in_status = true,
     .look = look_raft_lag},
    {.id = "apply-gap",
     .when = "critical: more than 5000 entries committed and not applied",
     .source = "etcd server/etcdserver/v3_server.go, maxGapBetweenApplyAndCommitIndex",
     .why = "it refuses requests with 'too many requests'",
     .mend = "fewer or smaller requests; see its disk and processor",
     .look = look_apply_gap},
    {.id = "certificate-ends",
     .when = "warning: within 30 days; critical: within 7 days, or it has ended (--cert-warning, "
             "--cert-critical)",
     .source = "quorate; OpenShift alerts on signers",
     .why = "at its end clients and peers are refused, all at the same moment",
     .mend = "issue it anew with the cluster's own authority",
     .in_status = true,
     .look = look_certificate_ends},
    {.id = "endpoint-silent",
     .when = "warning: an endpoint that belongs to no member of the list does not answer",
     .source = OPERATIONS "/runtime-configuration",
     .why =
         "clients that are given it lose time on it, or find no cluster when the others are away",
     .mend = "take it out of the clients' endpoints, or start what should be there",
     .in_status = true,
     .look = look_endpoint_silent},
    {.id = "endpoint-of-another-cluster",
     .when = "warning: an endpoint answers with another cluster id",
     .source = OPERATIONS "/recovery, Restoring a cluster",
     .why = "clients that have both write to two clusters, without an error",
     .mend = "take it out of the clients' endpoints; stop the member that was restored alone",
     .in_status = true,
     .look = look_endpoint_elsewhere},
    {.id = "zombie-member",
     .when = "warning: an endpoint answers as a member that is not in the list",
     .source = "etcd-io/etcd issue 20967",
     .why = "it was removed and still runs: clients read from it what was true then",
     .mend = "stop it, and move its data directory aside",
     .in_status = true,
     .look = look_zombie},
    {.id = "member-lists-differ",
     .when = "warning: a member's own list has other members than the leader's",
     .source = "etcd-io/etcd issues 13196, 20967",
     .why = "it counts another quorum, and members that were removed come back",
     .mend = "look again; when it stays, replace the member",
     .look = look_lists_differ},
    {.id = "learner-not-promoted",
     .when = "warning: a learner within 1000 raft entries of the most advanced member",
     .source = "etcd documentation, learning/design-learner",
     .why = "it has all data and no vote: the cluster bears no failure more than without it",
     .mend = "promote it; or leave it, when it is meant as a copy at another site",
     .look = look_learner},
    {.id = "even-voters",
     .when = "warning: 2, 4, 6, ... voters",
     .source = "etcd documentation, FAQ, 'Why an odd number of cluster members?'",
     .why = "it bears no more failures than with one voter less, and more can fail",
     .mend = "one more, or one less",
     .look = look_even_voters},
    {.id = "clock-skew",
     .when =
         "warning: a member's clock is more than 2 s from the one in the middle (a second is cut "
         "off what etcd tells)",
     .source = "etcd server/etcdserver/api/rafthttp/probing_status.go, which warns above 1 s",
     .why = "leases, certificates and logs go by it",
     .mend = "run an NTP client on its host",
     .look = look_clocks},
    {.id = NULL},
};
