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
    plan->title =
        ms->jobs[0].lost
            ? arena_printf(plan->mem,
                           "replace member %s of cluster '%s', whose host is gone, by %s",
                           ms->jobs[0].member.name, plan->cluster,
                           membership_names(plan->mem, ms, MEMBER_JOINS))
            : arena_printf(plan->mem, "replace member %s of cluster '%s', whose data is lost",
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

/* The one that comes is another, on another host: the old one is never asked, and never comes back. */
static bool
replace_elsewhere(struct arena *mem, const struct member_request *request,
                  struct member_inputs *inputs, const struct cluster_view *view, struct error *e)
{
    struct inventory_member *fresh = members_named(mem, request, 1);

    if (!member_inputs_lose(mem, inputs, view, request->names[0], e) ||
        !rule_may_replace(view, inputs->jobs.items[0].old_id, e) ||
        !members_choose(mem, request, &inputs->site, view, fresh, 1, &inputs->layout, e) ||
        !member_may_join(&inputs->site, request->inventory, view, fresh, true, inputs->layout.pki,
                         e))
        return false;
    member_inputs_join(mem, inputs, fresh, 0);
    return true;
}

static bool
replace_in_place(struct arena *mem, const struct member_request *request,
                 struct member_inputs *inputs, const struct cluster_view *view, struct error *e)
{
    struct inventory_member member;
    uint64_t id;

    if (!member_inputs_leave(mem, inputs, request->inventory, view, request->names[0], e))
        return false;
    member = inputs->jobs.items[0].member;
    id = inputs->jobs.items[0].old_id;
    if (!rule_may_replace(view, id, e) ||
        !member_may_join(&inputs->site, request->inventory, view, &member, true, NULL, e))
        return false;
    member_inputs_join(mem, inputs, &member, id);
    return true;
}

bool
member_replace_inputs(struct arena *mem, const struct member_request *request,
                      struct buf *ret_inputs, struct error *e)
{
    struct member_inputs inputs;
    struct cluster_view view;

    if (request->name_count != 1 || request->fresh_count > 1)
        return error_set(e, ERROR_USAGE, "one member is replaced at a time");
    if (!member_inputs_begin(mem, request, &inputs, &view, e))
        return false;
    if (request->fresh_count == 1 ? !replace_elsewhere(mem, request, &inputs, &view, e)
                                  : !replace_in_place(mem, request, &inputs, &view, e))
        return false;
    member_inputs_write(mem, &inputs, ret_inputs);
    return true;
}
