/* The steps that restart a member with the settings of its next phase: one at a time, the leader last. */

#include <string.h>

#include "cluster/rules.h"
#include "etcd/maintenance.h"
#include "ops/tls_switch_state.h"

enum {
    RESTART_TIMEOUT_S = 300,
};

/* --- the steps --- */

/* Whether it answers where its settings say, in the new scheme if they have that: they may not be what runs. */
static bool
answers(const struct tls_turn *turn, const struct tls_urls *now)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    const struct tls_switch *s = turn->job->of;
    struct member_view at = {0};
    struct error ignored = ERROR_INIT;
    struct etcd_status_answer *answer;

    for (size_t i = 0; i < now->clients.count; i++) {
        if (i == 0 || tls_url_is(now->clients.items[i], s->to))
            at.endpoint = now->clients.items[i];
    }
    if (at.endpoint == NULL || !live_client_of(&s->live, &at, &client, &ignored))
        return false;
    etcd_status_each(&tmp, client, &answer);
    return answer[0].answer.ok && answer[0].status.header.member_id == turn->job->id;
}

static bool
turn_is_done(const struct tls_turn *turn, bool *ret_done, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_job *job = turn->job;
    struct tls_switch *s = job->of;
    const struct inventory_member *member;
    struct inventory *inventory;
    enum service_state state;
    struct service service;
    struct tls_urls now = {0}, wanted;
    bool asks = true;

    if (!tls_job_member(&tmp, job, &inventory, &member, e) ||
        !site_service(&s->live.site, member, &service, e) || !service_state(&service, &state, e) ||
        !tls_member_urls(&tmp, &s->live.site, member, &now, e))
        return false;
    if (turn->phase == TLS_PHASE_END && s->client_auth &&
        !tls_member_asks(&tmp, &s->live.site, member, &asks, e))
        return false;
    tls_phase_urls(&tmp, &job->addresses, s->to, turn->phase, &wanted);
    *ret_done = state == SERVICE_RUNNING &&
                (turn->phase != TLS_PHASE_OLD ||
                 inventory_urls_equal(&now.listen_peers, &wanted.listen_peers)) &&
                tls_phase_of(&now, s->to, job->addresses.change) >= turn->phase && asks &&
                answers(turn, &now);
    return true;
}

static bool
restart_check(void *op, enum progress *ret_progress, struct error *e)
{
    bool done;

    if (!turn_is_done(op, &done, e))
        return false;
    *ret_progress = done ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

/* Once a process: a plan that was cut may go on days later. */
static bool
restart_guard(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_turn *turn = op;
    struct tls_job *job = turn->job;
    const struct tls_turn *judged = job->of->to == TLS_SECURE ? &job->turns[TLS_PHASE_END] : turn;
    const struct inventory_member *now;
    struct inventory *inventory;

    if (job->is_judged)
        return true;
    if (!tls_job_member(&tmp, job, &inventory, &now, e) ||
        !tls_turn_judge(judged, &job->of->live.site, inventory, now, e))
        return false;
    job->is_judged = true;
    return true;
}

/* Who was the first of this round is the last of the next: so the leadership moves once a round, and no more often. What a
 * follower sends on to the leader in that moment is lost, and told to the client as a time-out (raft takes no proposals
 * then: stepLeader, leadTransferee). */
static void
next_leader_choose(const struct tls_turn *turn, bool back)
{
    struct tls_switch *s = turn->job->of;
    bool backward = (turn->phase == TLS_PHASE_NEW) != back;

    s->live.next_leader = s->jobs[backward ? s->job_count - 1 : 0].id;
}

static bool
ready_to_stop(const struct tls_turn *turn, struct error *e)
{
    next_leader_choose(turn, false);
    return live_ready_to_stop(&turn->job->of->live, turn->job->name, e);
}

/* A restart that was cut goes on whoever serves: the member itself may be the one that does not. */
static bool
restart_run(void *op, struct error *e)
{
    struct tls_turn *turn = op;

    if (!tls_turn_begun(turn) && !ready_to_stop(turn, e))
        return false;
    return tls_turn_apply(turn, e);
}

static bool
restart_verify(void *op, struct error *e)
{
    const struct tls_turn *turn = op;
    bool done;

    if (!live_serve_again_wait(&turn->job->of->live, turn->job->name, e) ||
        !turn_is_done(turn, &done, e))
        return false;
    return done || error_set(e, ERROR_VERIFY, "'%s' serves, and not with its new settings",
                             turn->job->name);
}

static bool
restart_undo(void *op, struct error *e)
{
    struct tls_turn *turn = op;

    if (!tls_turn_begun(turn))
        return true;
    next_leader_choose(turn, true);
    live_leadership_away_going_back(&turn->job->of->live, turn->job->name);
    return tls_turn_take_back(turn, e) &&
           live_serve_again_wait(&turn->job->of->live, turn->job->name, e);
}

const char *
tls_turn_field(const void *op, struct arena *mem, const char *name)
{
    const struct tls_turn *turn = op;
    const struct tls_addresses *a = &turn->job->addresses;
    const struct tls_switch *s = turn->job->of;

    if (strcmp(name, "peer_urls") == 0) {
        struct inventory_urls urls = tls_phase_peers_after(mem, a, s->to, turn->phase);

        return tls_urls_text(mem, &urls);
    }
    return tls_job_field(turn->job, mem, name);
}

const char *
tls_job_field(const void *op, struct arena *mem, const char *name)
{
    const struct tls_job *job = op;
    const struct tls_switch *s = job->of;

    if (strcmp(name, "member") == 0)
        return arena_text(mem, job->name);
    if (strcmp(name, "old") == 0)
        return tls_scheme_word(tls_scheme_other(s->to));
    if (strcmp(name, "new") == 0)
        return tls_scheme_word(s->to);
    if (strcmp(name, "port") == 0)
        return job->addresses.peer_port;
    if (strcmp(name, "spare") == 0)
        return job->addresses.spare_port != NULL ? job->addresses.spare_port
                                                 : job->addresses.peer_port;
    if (strcmp(name, "overlap") == 0)
        return job->addresses.change == TLS_CLIENTS_FLIP ? ""
               : s->to == TLS_SECURE                     ? "clients may come by http and by https, "
                                     : "clients may come by https and by http, ";
    if (strcmp(name, "auth") == 0)
        return s->client_auth ? "; clients are asked for certificates" : "";
    if (strcmp(name, "keeps") == 0)
        return job->addresses.change == TLS_CLIENTS_KEEP ? "for peers" : "for clients and peers";
    return NULL;
}

static const struct step restart_steps[] = {
    [TLS_PHASE_BOTH] =
        {
            .name = "both",
            .intent = "restart %{member}: %{overlap}peers by %{new} to port %{spare}",
            .field = tls_turn_field,
            .check = restart_check,
            .guard = restart_guard,
            .run = restart_run,
            .verify = restart_verify,
            .undo = restart_undo,
            .timeout_s = RESTART_TIMEOUT_S,
        },
    [TLS_PHASE_NEW] =
        {
            .name = "only",
            .intent =
                "restart %{member}: no more %{old} %{keeps}, %{new} at peer port %{port}, too",
            .field = tls_turn_field,
            .check = restart_check,
            .guard = restart_guard,
            .run = restart_run,
            .verify = restart_verify,
            .undo = restart_undo,
            .timeout_s = RESTART_TIMEOUT_S,
        },
    [TLS_PHASE_END] =
        {
            .name = "end",
            .intent = "restart %{member}: one peer port again, %{port}%{auth}",
            .field = tls_turn_field,
            .check = restart_check,
            .guard = restart_guard,
            .run = restart_run,
            .verify = restart_verify,
            .undo = restart_undo,
            .timeout_s = RESTART_TIMEOUT_S,
        },
};

/* --- a way that was begun by hand --- */

/* Later steps take it on from there. */
static bool
return_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_job *job = ((const struct tls_turn *)op)->job;

    if (!plan_step_recorded(job->of->live.plan, arena_printf(&tmp, "return %s", job->name)))
        return restart_check(op, ret_progress, e);
    *ret_progress = PROGRESS_DONE;
    return true;
}

/* It has no vote to lose. If it has one by now, it is to go on having it. */
static bool
return_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_turn *turn = op;
    const struct live_cluster *live = &turn->job->of->live;
    const struct member_view *m;
    struct cluster_view view;

    if (!live_look(&tmp, live, &view, e))
        return false;
    m = view_member_by_id(&view, turn->job->id);
    return (m == NULL || !view_member_serves(&view, m) || tls_turn_begun(turn) ||
            ready_to_stop(turn, e)) &&
           tls_turn_apply(turn, e);
}

static const struct step return_step = {
    .name = "return",
    .intent = "restart %{member}, whom nobody can dial: peers by %{old} to port %{port} again",
    .field = tls_turn_field,
    .check = return_check,
    .run = return_run,
    .verify = restart_verify,
    .undo = restart_undo,
    .timeout_s = RESTART_TIMEOUT_S,
};

void
tls_switch_add_returns(struct tls_switch *s)
{
    for (size_t i = 0; i < s->job_count; i++) {
        struct tls_job *job = &s->jobs[i];

        if (job->addresses.returns)
            plan_add_step(s->live.plan, &return_step, job->name, &job->turns[TLS_PHASE_OLD]);
    }
}

/* Every other time from the end: who leads after one round is the first of it, and so the last of the next. */
void
tls_switch_add_restarts(struct tls_switch *s, enum tls_phase phase)
{
    for (size_t i = 0; i < s->job_count; i++) {
        struct tls_job *job = &s->jobs[phase == TLS_PHASE_NEW ? s->job_count - 1 - i : i];

        plan_add_step(s->live.plan, &restart_steps[phase], job->name, &job->turns[phase]);
        if (phase == TLS_PHASE_NEW && job->addresses.change == TLS_CLIENTS_FLIP)
            tls_switch_add_api_server(job);
    }
}
