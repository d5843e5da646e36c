/* A member leaves: its leadership first, then out of the list, then its process and its data. */

#include <string.h>

#include "etcd/cluster.h"
#include "ops/member_state.h"

enum { CHANGE_TIMEOUT_S = 120, STOP_TIMEOUT_S = 60 };

/* --- what undoing shares with the steps --- */

static bool
listed(const struct member_job *job, uint64_t id, bool *ret_listed, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct cluster_view view;

    if (!membership_look(&tmp, job->of, &view, e))
        return false;
    *ret_listed = view_member_by_id(&view, id) != NULL;
    return true;
}

static bool
remove_call(struct member_job *job UNUSED, struct etcd_client *client, uint64_t id, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_member_list list;

    return etcd_member_remove(&tmp, client, id, &list, e);
}

bool
job_expel(struct member_job *job, uint64_t id, struct error *e)
{
    bool is_there;

    if (!listed(job, id, &is_there, e))
        return false;
    if (!is_there)
        return true;
    if (!membership_leadership_leave(job->of, id, job->member.name, e) ||
        !job_change(job, remove_call, id, e))
        return false;
    while (is_there) {
        if (!listed(job, id, &is_there, e) ||
            (is_there && !membership_wait(job->of, "it is in the member list still", e)))
            return false;
    }
    return true;
}

bool
job_stop(struct member_job *job, struct error *e)
{
    struct service service;

    return job_service(job, &service, e) && service_stop(&service, e);
}

/* --- give the leadership away --- */

static bool
lead_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    struct cluster_view view;

    if (!membership_look(&tmp, job->of, &view, e))
        return false;
    *ret_progress = view.leader_id == job->old_id ? PROGRESS_TODO : PROGRESS_DONE;
    return true;
}

static bool
lead_run(void *op, struct error *e)
{
    const struct member_job *job = op;

    return membership_leadership_leave(job->of, job->old_id, job->member.name, e);
}

static const struct step move_leader_step = {
    .name = "move-leader",
    .intent = "if %{member} leads, give the leadership to another voter",
    .field = job_field,
    .check = lead_check,
    .run = lead_run,
    .undo = step_nothing_to_undo,
    .timeout_s = CHANGE_TIMEOUT_S,
};

/* --- out of the list --- */

static bool
remove_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct member_job *job = op;
    bool is_there;

    if (!listed(job, job->old_id, &is_there, e))
        return false;
    *ret_progress = is_there ? PROGRESS_TODO : PROGRESS_DONE;
    return true;
}

static bool
remove_guard(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    struct cluster_view view;

    return membership_look(&tmp, job->of, &view, e) && rule_may_remove(&view, job->old_id, e);
}

static bool
remove_run(void *op, struct error *e)
{
    struct member_job *job = op;

    return job_expel(job, job->old_id, e);
}

static bool
remove_undo(void *op, struct error *e)
{
    struct member_job *job = op;
    bool is_there;

    if (!listed(job, job->old_id, &is_there, e))
        return false;
    return is_there || job_join_again(job, e);
}

static const struct step remove_step = {
    .name = "remove",
    .intent = "take %{member} (%{old_id}) out of the member list: %{quorum}",
    .field = job_field,
    .check = remove_check,
    .guard = remove_guard,
    .run = remove_run,
    .undo = remove_undo,
    .timeout_s = CHANGE_TIMEOUT_S,
};

/* Of one whose data is lost: what it was cannot come back. */
static const struct step remove_dead_step = {
    .name = "remove-dead",
    .intent = "take the lost %{member} (%{old_id}) out of the member list, for good: %{quorum}",
    .field = job_field,
    .check = remove_check,
    .guard = remove_guard,
    .run = remove_run,
    .undo = NULL,
    .undo_note = "a member whose data is lost cannot be what it was; from here on the plan goes "
                 "forward only, and the new member is what 'plan resume' brings",
    .timeout_s = CHANGE_TIMEOUT_S,
};

/* --- stop --- */

static bool
stop_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct member_job *job = op;
    struct service service;
    bool down = true;

    if (!job_step_recorded(job, "stop") &&
        (!job_service(job, &service, e) || !service_is_down(&service, &down, e)))
        return false;
    *ret_progress = down ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
stop_run(void *op, struct error *e)
{
    return job_stop(op, e);
}

/* One that was not removed after all has to run again. Without its data it could not: it is let go, as it was. */
static bool
stop_undo(void *op, struct error *e)
{
    struct member_job *job = op;
    struct service service;
    bool is_there;
    bool has_data;

    if (!listed(job, job->old_id, &is_there, e) || !job_has_data(job, &has_data, e))
        return false;
    if (!is_there)
        return true;
    return job_service(job, &service, e) &&
           (has_data ? service_start(&service, e) : service_release(&service, e));
}

static const struct step stop_step = {
    .name = "stop",
    .intent = "stop %{member} and keep it down",
    .field = job_field,
    .check = stop_check,
    .run = stop_run,
    .undo = stop_undo,
    .timeout_s = STOP_TIMEOUT_S,
};

/* --- its data --- */

static bool
aside_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct member_job *job = op;
    bool has_data = false;

    if (!job_step_recorded(job, "move-aside") && !job_has_data(job, &has_data, e))
        return false;
    *ret_progress = has_data ? PROGRESS_TODO : PROGRESS_DONE;
    return true;
}

static bool
aside_run(void *op, struct error *e)
{
    return job_data_aside(op, "removed", e);
}

static const struct step move_aside_step = {
    .name = "move-aside",
    .intent = "move %{data_dir} aside to %{aside}",
    .field = job_field,
    .check = aside_check,
    .run = aside_run,
    .undo = step_nothing_to_undo,
};

/* --- forget --- */

static bool
forget_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    struct inventory *inventory;

    if (!membership_inventory(&tmp, job->of, &inventory, e))
        return false;
    *ret_progress = inventory_member_by_name(inventory, job->member.name) == NULL ? PROGRESS_DONE
                                                                                  : PROGRESS_TODO;
    return true;
}

static bool
forget_run(void *op, struct error *e)
{
    return job_forget(op, e);
}

static const struct step forget_step = {
    .name = "forget",
    .intent = "take %{member} out of the inventory",
    .field = job_field,
    .check = forget_check,
    .run = forget_run,
    .undo = step_nothing_to_undo,
};

/*
 * One that serves votes on its own removal and is stopped behind it. One that is lost is stopped
 * first: what is left of its process must not come back meanwhile.
 */
void
membership_add_leave(struct member_job *job)
{
    struct plan *plan = job->of->plan;
    const char *name = job->member.name;

    if (job->lost) {
        plan_add_step(plan, &remove_dead_step, name, job);
        plan_add_step(plan, &forget_step, name, job);
        return;
    }
    if (job->of->replaces) {
        plan_add_step(plan, &stop_step, name, job);
        plan_add_step(plan, &remove_dead_step, name, job);
        plan_add_step(plan, &move_aside_step, name, job);
        return;
    }
    plan_add_step(plan, &move_leader_step, name, job);
    plan_add_step(plan, &remove_step, name, job);
    plan_add_step(plan, &stop_step, name, job);
    plan_add_step(plan, &move_aside_step, name, job);
    plan_add_step(plan, &forget_step, name, job);
}
