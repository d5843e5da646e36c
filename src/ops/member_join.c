/* A member joins: as a learner with a configuration and no data, and with a vote once caught up. */

#include "base/buf.h"
#include "base/evidence.h"
#include "base/io.h"
#include "base/time.h"
#include "etcd/cluster.h"
#include "etcd/maintenance.h"
#include "ops/member_host_certs.h"
#include "ops/member_life.h"
#include "ops/member_state.h"

enum {
    CHANGE_TIMEOUT_S = 60,
    START_TIMEOUT_S = 120,
    CATCH_UP_TIMEOUT_S = 3600,
    SETTLE_TIMEOUT_S = 120,
    SETTLE_MS = 5000, /* etcd asks for members connected that long (server.go, HealthInterval) */
    SILENCE_MS = 60000,
};

/* --- add as a learner --- */

static bool
add_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    struct cluster_view view;

    if (!membership_look(&tmp, job->of, &view, e))
        return false;
    *ret_progress = job_member(job, &view) != NULL ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

/* Right after another was promoted a member may still be catching its breath. */
static bool
add_guard(void *op, struct error *e)
{
    const struct member_job *job = op;
    const struct joiner joiner = joiner_of(&job->member);

    for (;;) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct cluster_view view;
        struct error refusal;

        if (!membership_look(&tmp, job->of, &view, e))
            return false;
        if (rule_may_add_learner(&view, &joiner, e))
            return true;
        refusal = *e;
        if (e->code != ERROR_REFUSED || !membership_wait(job->of, "", e)) {
            *e = refusal;
            return false;
        }
        error_clear(e);
    }
}

static bool
add_call(struct member_job *job, struct etcd_client *client, uint64_t id UNUSED, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_member_added added;

    return etcd_member_add(&tmp, client, job->member.peer_urls.items, job->member.peer_urls.count,
                           true, &added, e);
}

static bool
add_run(void *op, struct error *e)
{
    return job_change(op, add_call, 0, e);
}

/* Followers hear of a change a moment later. */
static bool
check_until_done(struct member_job *job,
                 bool (*check)(void *op, enum progress *ret_progress, struct error *e),
                 const char *what, struct error *e)
{
    for (;;) {
        enum progress progress;

        if (!check(job, &progress, e))
            return false;
        if (progress == PROGRESS_DONE)
            return true;
        if (!membership_wait(job->of, what, e))
            return false;
    }
}

static bool
add_verify(void *op, struct error *e)
{
    return check_until_done(op, add_check, "the learner is not in the member list", e);
}

static bool
join_expel(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct member_job *job = op;
    const struct member_view *m;
    struct cluster_view view;

    if (!job_look(&tmp, job, &view, &m, e))
        return false;
    return m == NULL || job_expel(job, m->member.id, e);
}

static const struct step add_learner_step = {
    .name = "add-learner",
    .intent = "add %{member} as a learner with peer URL %{peer_url}: it has no vote yet",
    .field = job_field,
    .check = add_check,
    .guard = add_guard,
    .run = add_run,
    .verify = add_verify,
    .undo = join_expel,
    .timeout_s = CHANGE_TIMEOUT_S,
};

/* --- configure --- */

static bool
configure_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct member_job *job = op;
    bool done = job_step_recorded(job, "configure");

    if (!done && !job_is_configured(job, &done, e))
        return false;
    *ret_progress = done ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
configure_run(void *op, struct error *e)
{
    return job_configure(op, e);
}

static bool
configure_undo(void *op, struct error *e)
{
    return job_unconfigure(op, e);
}

static const struct step configure_step = {
    .name = "configure",
    .intent = "write the configuration of %{member}: initial cluster as it is, state 'existing'",
    .field = job_field,
    .check = configure_check,
    .run = configure_run,
    .undo = configure_undo,
};

/* --- start --- */

static bool
start_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    const struct member_view *m;
    struct cluster_view view;

    if (!job_look(&tmp, job, &view, &m, e))
        return false;
    *ret_progress = m != NULL && m->known ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
start_guard(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    struct inventory *inventory;

    return membership_inventory(&tmp, job->of, &inventory, e) &&
           member_start_certs_check(&job->of->site, inventory, &job->member, NULL, e);
}

static bool
start_run(void *op, struct error *e)
{
    struct service service;

    return job_service(op, &service, e) && member_life_start(&service, e);
}

/* A host that cannot be asked at the moment is no reason to give up a member that may be well. */
static bool
start_lives(const struct member_job *job, unsigned *failures, struct error *e)
{
    struct service service;

    if (job_service(job, &service, e) && member_life_check(&service, failures, e))
        return true;
    if (error_is_caused_by(e, "member-ends"))
        return false;
    error_clear(e);
    return true;
}

/* The joiner's own last word says more than that it is not there. */
static bool
start_is_late(const struct member_job *job, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    struct service service;
    const char *said =
        job_service(job, &service, &ignored) ? member_last_words(&tmp, &service) : "";

    if (said[0] != '\0')
        error_hint_(e, "its log ends: %s", said);
    e->code = ERROR_VERIFY;
    return false;
}

static bool
start_verify(void *op, struct error *e)
{
    const struct member_job *job = op;
    unsigned failures = 0;

    for (;;) {
        enum progress progress;

        if (!start_check(op, &progress, e))
            return false;
        if (progress == PROGRESS_DONE)
            return true;
        if (!start_lives(job, &failures, e))
            return false;
        if (!membership_wait(job->of, "it does not answer", e))
            return e->code == ERROR_TIMEOUT ? start_is_late(job, e) : false;
    }
}

static bool
start_undo(void *op, struct error *e)
{
    return job_stop(op, e) && job_data_aside(op, "undone", e);
}

static const struct step start_step = {
    .name = "start",
    .intent = "start %{member} on an empty directory and wait until it answers",
    .field = job_field,
    .check = start_check,
    .guard = start_guard,
    .run = start_run,
    .verify = start_verify,
    .undo = start_undo,
    .timeout_s = START_TIMEOUT_S,
};

/* --- catch up --- */

struct catching_up {
    uint64_t applied;
    uint64_t most;
    bool done;
    bool answers;
    struct error silence; /* why it does not answer */
};

static bool
catch_up_look(const struct member_job *job, struct catching_up *ret_now, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error refusal = ERROR_INIT;
    const struct member_view *m;
    struct cluster_view view;

    if (!job_look(&tmp, job, &view, &m, e))
        return false;
    if (m == NULL)
        return error_set(e, ERROR_CONFLICT, "'%s' is in the member list no more", job->member.name);
    *ret_now = (struct catching_up){
        .applied = m->known ? m->status.raft_applied_index : 0,
        .most = view.applied_most,
        .done = !m->member.is_learner || rule_may_promote(&view, m->member.id, &refusal),
        .answers = m->known,
        .silence = m->unknown_because,
    };
    return true;
}

static bool
catch_up_check(void *op, enum progress *ret_progress, struct error *e)
{
    struct catching_up now;

    if (!catch_up_look(op, &now, e))
        return false;
    *ret_progress = now.done ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

/* One that takes a large database answers all the while; one that is silent takes nothing. */
static bool
catch_up_may_go_on(const struct member_job *job, const struct catching_up *now, int64_t *heard_ms,
                   struct error *e)
{
    if (now->answers)
        *heard_ms = time_monotonic_ms();
    if (time_monotonic_ms() - *heard_ms < SILENCE_MS)
        return true;
    error_set_(e, ERROR_FAILED, 0, "learner '%s' has not answered for %d s: %s", job->member.name,
               SILENCE_MS / 1000, now->silence.text);
    return error_hint(e, "see the log of '%s' on its host", job->member.name);
}

static bool
catch_up_run(void *op, struct error *e)
{
    const struct member_job *job = op;
    int64_t heard_ms = time_monotonic_ms();

    for (;;) {
        struct catching_up now;

        if (!catch_up_look(job, &now, e))
            return false;
        plan_progress(job->of->plan, now.applied, now.most);
        if (now.done)
            return true;
        if (!catch_up_may_go_on(job, &now, &heard_ms, e) ||
            !membership_wait(job->of, "the learner does not catch up", e))
            return false;
    }
}

static const struct step catch_up_step = {
    .name = "catch-up",
    .intent = "wait until %{member} has the leader's log",
    .field = job_field,
    .check = catch_up_check,
    .run = catch_up_run,
    .undo = step_nothing_to_undo,
    .timeout_s = CATCH_UP_TIMEOUT_S,
    .unit = "entries",
};

/* --- promote --- */

static bool
promote_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    const struct member_view *m;
    struct cluster_view view;

    if (!job_look(&tmp, job, &view, &m, e))
        return false;
    *ret_progress = m != NULL && !m->member.is_learner ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
promote_guard(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    const struct member_view *m;
    struct cluster_view view;

    if (!job_look(&tmp, job, &view, &m, e))
        return false;
    return rule_may_promote(&view, m != NULL ? m->member.id : 0, e);
}

static bool
promote_call(struct member_job *job UNUSED, struct etcd_client *client, uint64_t id,
             struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_member_list list;

    return etcd_member_promote(&tmp, client, id, &list, e);
}

static bool
promote_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct member_job *job = op;
    const struct member_view *m;
    struct cluster_view view;

    if (!job_look(&tmp, job, &view, &m, e))
        return false;
    if (m == NULL)
        return error_set(e, ERROR_CONFLICT, "'%s' is in the member list no more", job->member.name);
    return job_change(job, promote_call, m->member.id, e);
}

static bool
promote_verify(void *op, struct error *e)
{
    return check_until_done(op, promote_check, "it is a learner still", e);
}

/* Where others leave in the same plan, they are back before this one goes. */
static bool
promote_undo_guard(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    const struct member_view *m;
    struct cluster_view view;

    for (size_t i = 0; i < job->of->job_count; i++) {
        if (job->of->jobs[i].action == MEMBER_LEAVES)
            return true;
    }
    if (!job_look(&tmp, job, &view, &m, e))
        return false;
    return m == NULL || m->member.is_learner || rule_may_remove(&view, m->member.id, e);
}

/* While it runs: a voter that is stopped first would be missing in the vote on its removal. */
static bool
promote_undo(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct member_job *job = op;
    const struct member_view *m;
    struct cluster_view view;

    if (!job_look(&tmp, job, &view, &m, e))
        return false;
    return m == NULL || m->member.is_learner ||
           (rule_may_remove(&view, m->member.id, e) && job_expel(job, m->member.id, e));
}

static const struct step promote_step = {
    .name = "promote",
    .intent = "give %{member} its vote: %{quorum}",
    .field = job_field,
    .check = promote_check,
    .guard = promote_guard,
    .run = promote_run,
    .verify = promote_verify,
    .undo = promote_undo,
    .undo_guard = promote_undo_guard,
    .timeout_s = CHANGE_TIMEOUT_S,
};

/* --- settle --- */

static bool
settle_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct member_job *job = op;

    *ret_progress = job_step_recorded(job, "settle") ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
member_is_healthy(const struct member_job *job, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    struct etcd_health_answer *health;
    struct cluster_view view;
    const struct member_view *m;

    if (!job_look(&tmp, job, &view, &m, e))
        return false;
    if (m == NULL || !m->known || m->member.is_learner)
        return error_set(e, ERROR_VERIFY, "'%s' does not vote", job->member.name);
    if (!membership_client_of(job->of, m, &client, e))
        return false;
    etcd_health_each(&tmp, client, &health);
    if (!health[0].answer.ok)
        *e = health[0].answer.error;
    return health[0].answer.ok;
}

static bool
settle_run(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static bool
settle_verify(void *op, struct error *e)
{
    const struct member_job *job = op;

    while (!member_is_healthy(job, e)) {
        struct error last = *e;

        if (!membership_wait(job->of, last.text, e))
            return error_hint(e, "see the log of '%s' on its host", job->member.name);
        error_clear(e);
    }
    if (!job->last)
        time_sleep_ms(SETTLE_MS);
    return true;
}

static const struct step settle_step = {
    .name = "settle",
    .intent = "see that %{member} serves with its vote, before anything else changes",
    .field = job_field,
    .check = settle_check,
    .run = settle_run,
    .verify = settle_verify,
    .undo = step_nothing_to_undo,
    .timeout_s = SETTLE_TIMEOUT_S,
};

static const struct step *const join_steps[] = {&add_learner_step, &configure_step, &start_step,
                                                &catch_up_step,    &promote_step,   &settle_step};

void
membership_add_join(struct member_job *job)
{
    for (size_t i = 0; i < sizeof(join_steps) / sizeof(join_steps[0]); i++) {
        plan_add_step(job->of->plan, join_steps[i], job->member.name, job);
        /* Whose they are to be a unit says that is there only now; a pod's are root's. */
        if (join_steps[i] == &configure_step && job->pki != NULL &&
            job->member.runner == INVENTORY_RUNNER_SYSTEMD)
            job_add_delivery(job);
    }
}

/* --- all of it, for an undo --- */

/* Whether the member that comes back needs its configuration still: see bring_back. */
static bool
configure_if_down(struct member_job *job, struct error *e)
{
    struct service service;
    bool down;

    return job_service(job, &service, e) && service_is_down(&service, &down, e) &&
           (!down || configure_run(job, e));
}

static bool
step_ensure(struct member_job *job, const struct step *step, struct error *e)
{
    enum progress progress;

    if (!step->check(job, &progress, e))
        return false;
    if (progress == PROGRESS_DONE)
        return true;
    return (step->guard == NULL || step->guard(job, e)) && step->run(job, e) &&
           (step->verify == NULL || step->verify(job, e));
}

bool
job_join_again(struct member_job *job, struct error *e)
{
    enum progress listed;

    if (!add_check(job, &listed, e))
        return false;
    /* What it has of its former life makes etcd refuse it. */
    if (listed == PROGRESS_TODO && (!job_stop(job, e) || !job_data_aside(job, "removed", e)))
        return false;
    return step_ensure(job, &add_learner_step, e) && configure_if_down(job, e) &&
           step_ensure(job, &start_step, e) && step_ensure(job, &catch_up_step, e) &&
           step_ensure(job, &promote_step, e) && settle_verify(job, e) && job_settings_back(job, e);
}
