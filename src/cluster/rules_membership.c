#include "cluster/rules_membership.h"

#include <string.h>

#include "base/buf.h"
#include "cluster/rules.h"
#include "format/member_identity.h"
#include "format/minor_version.h"

/* What etcd itself asks of a learner: this share of the leader's index (etcdserver/server.go,
 * isLearnerReady, readyPercentThreshold 0.9; 3.4 to 3.7). */
enum { LEARNER_READY_PERCENT = 90 };

const char *
quorum_text(struct arena *mem, size_t voters)
{
    size_t tolerance = quorum_tolerance(voters);
    const char *may_fail = tolerance == 0   ? "none may fail"
                           : tolerance == 1 ? "one may fail"
                                            : arena_printf(mem, "%zu may fail", tolerance);

    return arena_printf(mem, "%zu voter%s: quorum %zu, %s", voters, voters == 1 ? "" : "s",
                        quorum_size(voters), may_fail);
}

static bool
has_peer_url(const struct etcd_member *m, const char *url)
{
    for (size_t i = 0; i < m->peer_url_count; i++) {
        if (strcmp(m->peer_urls[i], url) == 0)
            return true;
    }
    return false;
}

const struct member_view *
view_member_by_peer_url(const struct cluster_view *view, const char *peer_url)
{
    for (size_t i = 0; i < view->member_count; i++) {
        if (has_peer_url(&view->members[i].member, peer_url))
            return &view->members[i];
    }
    return NULL;
}

/* The voter, or NULL, that does not serve; 'but' is not looked at. */
static const struct member_view *
dead_voter(const struct cluster_view *view, uint64_t but)
{
    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (!m->member.is_learner && m->member.id != but && !view_member_serves(view, m))
            return m;
    }
    return NULL;
}

static const struct member_view *
other_learner(const struct cluster_view *view, uint64_t but)
{
    for (size_t i = 0; i < view->member_count; i++) {
        if (view->members[i].member.is_learner && view->members[i].member.id != but)
            return &view->members[i];
    }
    return NULL;
}

/* Added as a voter by hand, and never started. */
static const struct member_view *
promised_voter(const struct cluster_view *view)
{
    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (!m->member.is_learner && !m->known && m->member.name[0] == '\0' &&
            m->member.peer_url_count > 0)
            return m;
    }
    return NULL;
}

static bool
promise_refuse(const struct cluster_view *view, const struct member_view *m, struct error *e)
{
    size_t voters = view_voter_count(view);

    error_set_(
        e, ERROR_REFUSED, 0,
        "quorum is lost: %zu of %zu voters serve, %zu are needed: member %llx (%s) was added "
        "as a voter, which counts at once, and has not started",
        view_voters_serving(view), voters, quorum_size(voters), (unsigned long long)m->member.id,
        m->member.peer_urls[0]);
    return error_hint(e,
                      "start it at that URL, with --initial-cluster-state existing; if that cannot "
                      "be: quorate member rescue. Next time: quorate member grow, which adds "
                      "learners");
}

static bool
quorum_serves(const struct cluster_view *view, struct error *e)
{
    size_t voters = view_voter_count(view);
    size_t serving = view_voters_serving(view);
    const struct member_view *promised = promised_voter(view);

    if (serving >= quorum_size(voters))
        return true;
    if (promised != NULL)
        return promise_refuse(view, promised, e);
    error_set_(e, ERROR_REFUSED, 0,
               "quorum is lost: %zu of %zu voters serve, %zu are needed to change the membership",
               serving, voters, quorum_size(voters));
    return error_hint(e,
                      "start the members that are down; if they are gone for good: quorate member "
                      "rescue");
}

static bool
dead_voter_refuse(const struct cluster_view *view, const struct member_view *dead, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *label = view_member_label(&tmp, view, dead->member.id);

    if (dead->member.name[0] == '\0') {
        error_set_(e, ERROR_REFUSED, 0,
                   "member %s was added as a voter and never started: it counts for the quorum and "
                   "cannot vote",
                   label);
        return error_hint(e, "start it, or take it back: quorate member remove %s", label);
    }
    error_set_(e, ERROR_REFUSED, 0, "voter '%s' does not serve: %s", label,
               dead->known ? "it does not know the leader" : dead->unknown_because.text);
    return error_hint(e, "mend it, or replace it first: quorate member replace %s", label);
}

bool
rule_voters_serve(const struct cluster_view *view, struct error *e)
{
    const struct member_view *dead = dead_voter(view, 0);

    return quorum_serves(view, e) && (dead == NULL || dead_voter_refuse(view, dead, e));
}

static bool
name_is_free(const struct cluster_view *view, const struct joiner *joiner, struct error *e)
{
    const struct member_view *m = view_member_by_name(view, joiner->name);

    if (joiner->name[0] == '\0' || strpbrk(joiner->name, ",=") != NULL)
        return error_set(e, ERROR_USAGE, "'%s' cannot name a member: no ',' and no '=' in it",
                         joiner->name);
    if (m == NULL)
        return true;
    error_set_(e, ERROR_CONFLICT, 0, "'%s' is the name of member %llx already", joiner->name,
               (unsigned long long)m->member.id);
    return error_hint(e,
                      "choose another name; for a member that lost its data: quorate member "
                      "replace %s",
                      joiner->name);
}

static const char *
scheme_end(const char *url)
{
    const char *end = strstr(url, "://");

    return end != NULL ? end : url;
}

static bool
urls_are_free(const struct cluster_view *view, const struct joiner *joiner, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    for (size_t i = 0; i < joiner->peer_url_count; i++) {
        const char *url = joiner->peer_urls[i];
        const struct member_view *m = view_member_by_peer_url(view, url);
        const char *theirs = view->member_count > 0 && view->members[0].member.peer_url_count > 0
                                 ? view->members[0].member.peer_urls[0]
                                 : url;
        size_t size = (size_t)(scheme_end(url) - url);

        if (m != NULL)
            return error_set(e, ERROR_CONFLICT, "peer URL %s is member '%s' already", url,
                             view_member_label(&tmp, view, m->member.id));
        if ((size_t)(scheme_end(theirs) - theirs) != size || strncmp(url, theirs, size) != 0)
            return error_set(e, ERROR_CONFLICT,
                             "peer URL %s and the members' (%s) do not speak the same protocol",
                             url, theirs);
    }
    return true;
}

bool
rule_version_fits(const struct cluster_view *view, const struct joiner *joiner, struct error *e)
{
    struct error ignored = ERROR_INIT;
    struct minor_version wanted;
    const char *runs = NULL;

    if (joiner->version == NULL || !minor_version_parse(joiner->version, &wanted, &ignored))
        return true;
    for (size_t i = 0; i < view->member_count; i++) {
        struct minor_version other;

        if (!view->members[i].known ||
            !minor_version_parse(view->members[i].status.version, &other, &ignored))
            continue;
        if (minor_version_compare(wanted, other) == 0)
            return true;
        runs = view->members[i].status.version;
    }
    if (runs == NULL)
        return true;
    error_set_(e, ERROR_CONFLICT, 0, "'%s' would run etcd %s, and the members run %s", joiner->name,
               joiner->version, runs);
    return error_hint(e, "join with the version that the cluster runs, and upgrade afterwards");
}

bool
rule_may_add_learner(const struct cluster_view *view, const struct joiner *joiner, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_view *learner = other_learner(view, 0);

    if (!name_is_free(view, joiner, e) || !urls_are_free(view, joiner, e) ||
        !rule_voters_serve(view, e))
        return false;
    if (learner != NULL) {
        const char *label = view_member_label(&tmp, view, learner->member.id);

        error_set_(e, ERROR_REFUSED, 0, "'%s' is a learner still: one joins at a time", label);
        return error_hint(e,
                          "wait until it is promoted, or: quorate member promote, quorate member "
                          "remove");
    }
    return rule_version_fits(view, joiner, e);
}

bool
rule_endpoints_belong(const struct cluster_view *view, struct error *e)
{
    for (size_t i = 0; i < view->stray_count; i++) {
        const struct stray_endpoint *stray = &view->strays[i];

        if (stray->member_id == 0)
            continue;
        if (stray->cluster_id == view->cluster_id) {
            error_set_(
                e, ERROR_REFUSED, 0,
                "member %llx answers at %s and is not in the member list: it was removed, and "
                "still runs",
                (unsigned long long)stray->member_id, stray->endpoint);
            return error_hint(e, "stop it, move its data aside, and take its endpoint out");
        }
        error_set_(e, ERROR_REFUSED, 0, "at %s answers another cluster (%llx), not this one (%llx)",
                   stray->endpoint, (unsigned long long)stray->cluster_id,
                   (unsigned long long)view->cluster_id);
        return error_hint(
            e, "a member started with initial-cluster-state 'new' makes a cluster of its "
               "own: stop it, and move its data aside; or correct the endpoint");
    }
    return true;
}

/* Whether the text of --initial-cluster names exactly the URLs of 'member'. */
static bool
cluster_names_member(const struct initial_member *planned, const struct etcd_member *m,
                     const char *name, struct error *e)
{
    if (planned == NULL)
        return error_set(e, ERROR_CONFLICT,
                         "the joiner's initial cluster lacks member '%s', which is there", name);
    for (size_t i = 0; i < planned->urls.count; i++) {
        if (!has_peer_url(m, planned->urls.items[i]))
            return error_set(e, ERROR_CONFLICT,
                             "the joiner's initial cluster has %s for '%s', whose peer URL is %s",
                             planned->urls.items[i], name,
                             m->peer_url_count > 0 ? m->peer_urls[0] : "not known");
    }
    return true;
}

static bool
initial_cluster_fits(const struct cluster_view *view, const struct joiner *joiner, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct initial_cluster cluster;
    const struct etcd_member self = {.name = joiner->name,
                                     .peer_urls = joiner->peer_urls,
                                     .peer_url_count = joiner->peer_url_count};
    size_t others = 0;

    if (!initial_cluster_parse(&tmp, joiner->initial_cluster, &cluster, e))
        return error_wrap(e, "the joiner's initial cluster");
    if (initial_cluster_find(&cluster, joiner->name) == NULL)
        return error_set(e, ERROR_CONFLICT, "the joiner's initial cluster lacks '%s', itself",
                         joiner->name);
    if (!cluster_names_member(initial_cluster_find(&cluster, joiner->name), &self, joiner->name, e))
        return false;
    for (size_t i = 0; i < view->member_count; i++) {
        const struct etcd_member *m = &view->members[i].member;

        if (joiner->peer_url_count > 0 && has_peer_url(m, joiner->peer_urls[0]))
            continue;
        others++;
        if (!cluster_names_member(initial_cluster_find(&cluster, m->name), m, m->name, e))
            return false;
    }
    if (cluster.count != others + 1)
        return error_set(e, ERROR_CONFLICT,
                         "the joiner's initial cluster has %zu members, with it there are %zu",
                         cluster.count, others + 1);
    return true;
}

bool
rule_joiner_configuration(const struct cluster_view *view, const struct joiner *joiner,
                          struct error *e)
{
    if (joiner->has_data) {
        error_set_(e, ERROR_REFUSED, 0,
                   "'%s' is not empty: a member that joins starts without data, since another's or "
                   "an old one's makes etcd refuse it, or diverge",
                   joiner->data_dir);
        return error_hint(e, "move it aside");
    }
    if (strcmp(joiner->state, "existing") != 0)
        return error_set(
            e, ERROR_REFUSED,
            "'%s' would start with initial-cluster-state '%s': it would make a cluster "
            "of its own; a joiner's is 'existing'",
            joiner->name, joiner->state);
    if (joiner->foreign_address != NULL) {
        error_set_(e, ERROR_REFUSED, 0,
                   "a peer URL of '%s' leads to %s, which is not an address of its host",
                   joiner->name, joiner->foreign_address);
        return error_hint(e, "a URL that the others cannot reach it at costs the cluster a vote");
    }
    return initial_cluster_fits(view, joiner, e);
}

static bool
learner_is_ready(const struct cluster_view *view, const struct member_view *m, const char *label,
                 struct error *e)
{
    uint64_t behind = view_lag(view, m);

    if (m->status.raft_applied_index * 100 >= view->applied_most * LEARNER_READY_PERCENT &&
        behind <= CAUGHT_UP_ENTRIES)
        return true;
    return error_set(e, ERROR_REFUSED, "learner '%s' is %llu raft entries behind", label,
                     (unsigned long long)behind) ||
           error_hint(e, "once it keeps up with the writes it gets its vote: see its log");
}

bool
rule_may_promote(const struct cluster_view *view, uint64_t id, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_view *m = view_member_by_id(view, id);
    const char *label = view_member_label(&tmp, view, id);
    size_t voters = view_voter_count(view);
    size_t serving = view_voters_serving(view);

    if (!quorum_serves(view, e))
        return false;
    if (m == NULL)
        return error_set(e, ERROR_NOT_FOUND, "there is no member %s", label);
    if (!m->member.is_learner)
        return error_set(e, ERROR_REFUSED, "'%s' is a voter already", label);
    if (!m->known)
        return error_set(e, ERROR_REFUSED, "learner '%s': %s", label, m->unknown_because.text) ||
               error_hint(e,
                          "see the log of '%s' on its host, and whether its client URL is "
                          "reached from here",
                          label);
    if (!learner_is_ready(view, m, label, e))
        return false;
    if (serving + 1 - quorum_size(voters + 1) < serving - quorum_size(voters))
        return error_set(e, ERROR_REFUSED, "with '%s' a voter, fewer members could fail than now",
                         label);
    return true;
}

static bool
others_keep_quorum(const struct cluster_view *view, const struct member_view *m, const char *label,
                   struct error *e)
{
    size_t voters = view_voter_count(view) - 1;
    size_t serving = view_voters_serving(view) - view_member_serves(view, m);

    if (voters == 0)
        return error_set(e, ERROR_REFUSED, "'%s' is the only voter: the cluster would be gone",
                         label);
    if (serving >= quorum_size(voters))
        return true;
    return error_set(e, ERROR_REFUSED,
                     "without '%s' %zu of %zu voters would serve, and %zu are needed", label,
                     serving, voters, quorum_size(voters)) ||
           error_hint(e, "mend the voters that do not serve first: quorate status");
}

bool
rule_may_remove(const struct cluster_view *view, uint64_t id, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_view *m = view_member_by_id(view, id);
    const struct member_view *dead = dead_voter(view, id);
    const char *label = view_member_label(&tmp, view, id);

    if (m == NULL)
        return error_set(e, ERROR_NOT_FOUND, "there is no member %s", label);
    if (!quorum_serves(view, e))
        return false;
    if (m->member.is_learner)
        return true;
    if (!others_keep_quorum(view, m, label, e))
        return false;
    if (dead == NULL || !view_member_serves(view, m))
        return true;
    error_set_(e, ERROR_REFUSED, 0, "'%s' serves while '%s' does not: the dead go first", label,
               view_member_label(&tmp, view, dead->member.id));
    return error_hint(e, "quorate member shrink %s",
                      view_member_label(&tmp, view, dead->member.id));
}

bool
rule_may_replace(const struct cluster_view *view, uint64_t id, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_view *m = view_member_by_id(view, id);
    const struct member_view *dead = dead_voter(view, id);
    const struct member_view *learner = other_learner(view, id);
    const char *label = view_member_label(&tmp, view, id);

    if (m == NULL)
        return error_set(e, ERROR_NOT_FOUND, "there is no member %s", label);
    if (!quorum_serves(view, e) ||
        (!m->member.is_learner && !others_keep_quorum(view, m, label, e)))
        return false;
    if (dead != NULL)
        return dead_voter_refuse(view, dead, e);
    if (learner != NULL)
        return error_set(e, ERROR_REFUSED, "'%s' is a learner still: one joins at a time",
                         view_member_label(&tmp, view, learner->member.id));
    if (!view_member_serves(view, m) || view_has_alarm(view, id, ETCD_ALARM_CORRUPT))
        return true;
    error_set_(e, ERROR_REFUSED, 0, "'%s' serves: replacing it would give away a vote for nothing",
               label);
    return error_hint(e, "to another address without losing one: quorate member move %s", label);
}

bool
rule_may_move(const struct cluster_view *view, uint64_t id, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_view *m = view_member_by_id(view, id);

    if (m == NULL)
        return error_set(e, ERROR_NOT_FOUND, "there is no member %s",
                         view_member_label(&tmp, view, id));
    if (m->member.is_learner)
        return error_set(e, ERROR_REFUSED, "'%s' is a learner: remove it, and add another",
                         view_member_label(&tmp, view, id));
    return rule_voters_serve(view, e);
}

bool
rule_may_rescue(const struct cluster_view *view, size_t members, size_t have_data, struct error *e)
{
    /* One that was added and never started is in no inventory. */
    if (view != NULL && view_voter_count(view) > members)
        members = view_voter_count(view);
    if (view != NULL && view_voters_serving(view) >= quorum_size(view_voter_count(view))) {
        error_set_(e, ERROR_REFUSED, 0, "the quorum is there: %zu of %zu voters serve",
                   view_voters_serving(view), view_voter_count(view));
        return error_hint(e, "for a member that is lost: quorate member replace");
    }
    if (have_data < quorum_size(members))
        return true;
    error_set_(e, ERROR_REFUSED, 0,
               "%zu of %zu members have their data: they make a quorum when they are started, and "
               "nothing is lost",
               have_data, members);
    return error_hint(e, "start what is down (a lab: quorate lab up --name NAME)");
}

bool
rule_is_gone(const char *name, const char *survivor, const char *port, bool answers,
             struct error *e)
{
    if (!answers)
        return true;
    error_set_(e, ERROR_REFUSED, 0,
               "'%s' is not gone: nobody can log in to its host from here, and from the host of "
               "'%s' its port %s answers",
               name, survivor, port);
    return error_hint(e, "mend the way to its host; while it runs, its data is not lost");
}

bool
rule_leader_answers(const struct cluster_view *view, uint64_t id, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_view *m = view_member_by_id(view, id);

    if (m == NULL || m->known || view->leader_id != id)
        return true;
    error_set_(e, ERROR_TIMEOUT, 0,
               "'%s' leads, and only the leader gives its leadership away, but it does not answer "
               "here: %s",
               view_member_label(&tmp, view, id), m->unknown_because.text);
    return error_hint(e, "mend the way from here to its client URL; one that hangs: stop its etcd, "
                         "and the others elect another");
}

static bool
could_lead(const struct cluster_view *view, const struct member_view *m, uint64_t id)
{
    return !m->member.is_learner && m->member.id != id && view_member_serves(view, m);
}

uint64_t
rule_next_leader_preferring(const struct cluster_view *view, uint64_t id, uint64_t preferred)
{
    const struct member_view *m = view_member_by_id(view, preferred);

    return m != NULL && could_lead(view, m, id) ? preferred : rule_next_leader(view, id);
}

uint64_t
rule_next_leader(const struct cluster_view *view, uint64_t id)
{
    const struct member_view *best = NULL;

    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (!could_lead(view, m, id))
            continue;
        if (best == NULL || m->status.raft_applied_index > best->status.raft_applied_index)
            best = m;
    }
    return best != NULL ? best->member.id : 0;
}
