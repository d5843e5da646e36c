/* 'member replace': one that is dead, or whose data is, starts anew under its own name and URLs. */

#include "ops/member_state.h"

/* First out, then in: adding before removing would ask for a quorum of one more with one less. */
static bool
replace_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct membership *ms;

    if (!membership_of_inputs(plan, inputs, context, &ms, e))
        return false;
    ms->replaces = true;
    plan->title = arena_printf(plan->mem, "replace member %s of cluster '%s', whose data is lost",
                               membership_names(plan->mem, ms, MEMBER_JOINS), plan->cluster);
    membership_add_preflight(ms);
    membership_add_certificates(ms);
    membership_add_leave(&ms->jobs[0]);
    for (size_t i = 1; i < ms->job_count; i++)
        membership_add_join(&ms->jobs[i]);
    membership_add_prove(ms);
    return true;
}

const struct plan_kind member_replace_kind = {.name = "member-replace", .build = replace_build};

bool
member_replace_inputs(struct arena *mem, const struct member_request *request,
                      struct buf *ret_inputs, struct error *e)
{
    struct member_inputs inputs;
    struct cluster_view view;
    const struct member_job *job;

    if (request->name_count != 1)
        return error_set(e, ERROR_USAGE, "one member is replaced at a time");
    if (!member_inputs_begin(mem, request, &inputs, &view, e) ||
        !member_inputs_leave(mem, &inputs, request->inventory, &view, request->names[0], e))
        return false;
    job = &inputs.jobs.items[0];
    if (!rule_may_replace(&view, job->old_id, e) ||
        !member_may_join(request->inventory, &view, &job->member, true, e))
        return false;
    member_inputs_join(mem, &inputs, &(struct inventory_member){0}, job->old_id);
    inputs.jobs.items[1].member = inputs.jobs.items[0].member;
    member_inputs_write(mem, &inputs, ret_inputs);
    return true;
}
