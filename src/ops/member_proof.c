/* The last step of the plans that change the membership: the evidence, read back from the cluster. */

#include <string.h>

#include "ops/member_state.h"

enum { PROOF_TIMEOUT_S = 120 };

static bool
job_prove(const struct member_job *job, const struct cluster_view *view, struct error *e)
{
    const struct member_view *m = job_member(job, view);

    if (job->action == MEMBER_LEAVES)
        return view_member_by_id(view, job->old_id) == NULL ||
               error_set(e, ERROR_VERIFY, "'%s' is in the member list still", job->member.name);
    if (m == NULL || m->member.is_learner || strcmp(m->member.name, job->member.name) != 0)
        return error_set(e, ERROR_VERIFY, "'%s' is no voting member", job->member.name);
    return true;
}

static bool
members_prove(const struct membership *ms, const struct cluster_view *view, struct error *e)
{
    size_t voters = ms->jobs[ms->job_count - 1].voters_after;

    for (size_t i = 0; i < ms->job_count; i++) {
        if (!job_prove(&ms->jobs[i], view, e))
            return false;
    }
    if (view_voter_count(view) != voters || view->leader_id == 0)
        return error_set(e, ERROR_VERIFY, "the cluster has %zu voters, planned were %zu",
                         view_voter_count(view), voters);
    if (rule_voters_serve(view, e))
        return true;
    e->code = ERROR_VERIFY;
    return false;
}

static bool
prove_check(void *op UNUSED, enum progress *ret_progress, struct error *e UNUSED)
{
    /* Evidence is gathered anew by each process. */
    *ret_progress = PROGRESS_TODO;
    return true;
}

static bool
prove_run(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static bool
prove_verify(void *op, struct error *e)
{
    const struct membership *ms = op;

    for (;;) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct cluster_view view;
        struct error last;

        if (membership_look(&tmp, ms, &view, e) && members_prove(ms, &view, e) &&
            membership_hashes_prove(ms, &view, e))
            return true;
        last = *e;
        if (!membership_wait(ms, last.text, e)) {
            if (e->code == ERROR_TIMEOUT)
                *e = last;
            return false;
        }
        error_clear(e);
    }
}

static const struct step prove_step = {
    .name = "prove",
    .intent = "read back from the cluster: its members, all serving, HashKV equal on each",
    .check = prove_check,
    .run = prove_run,
    .verify = prove_verify,
    .undo = step_nothing_to_undo,
    .timeout_s = PROOF_TIMEOUT_S,
};

void
membership_add_prove(struct membership *ms)
{
    plan_add_step(ms->plan, &prove_step, NULL, ms);
}
