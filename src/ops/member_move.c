/* 'member move': to another address; the new member joins before the old one leaves. */

#include "ops/member_state.h"

static bool
move_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct membership *ms;

    if (!membership_of_inputs(plan, inputs, context, &ms, e))
        return false;
    plan->title = arena_printf(plan->mem, "move in cluster '%s': %s join, %s leave", plan->cluster,
                               membership_names(plan->mem, ms, MEMBER_JOINS),
                               membership_names(plan->mem, ms, MEMBER_LEAVES));
    membership_add_preflight(ms);
    membership_add_certificates(ms);
    for (size_t i = 0; i < ms->job_count; i++) {
        if (ms->jobs[i].action == MEMBER_JOINS)
            membership_add_join(&ms->jobs[i]);
        else
            membership_add_leave(&ms->jobs[i]);
    }
    membership_add_prove(ms);
    return true;
}

const struct plan_kind member_move_kind = {.name = "member-move", .build = move_build};

static bool
move_one(struct arena *mem, const struct member_request *request, const struct cluster_view *view,
         const struct inventory_member *fresh, const char *name, struct member_inputs *inputs,
         struct error *e)
{
    size_t at = inputs->jobs.count + 1;

    if (!member_may_join(&inputs->site, request->inventory, view, fresh, false, inputs->layout.pki,
                         e))
        return false;
    member_inputs_join(mem, inputs, fresh, 0);
    return member_inputs_leave(mem, inputs, request->inventory, view, name, e) &&
           rule_may_move(view, inputs->jobs.items[at].old_id, e);
}

bool
member_move_inputs(struct arena *mem, const struct member_request *request, struct buf *ret_inputs,
                   struct error *e)
{
    struct member_inputs inputs;
    struct cluster_view view;
    struct inventory_member *fresh = members_named(mem, request, request->name_count);

    if (request->name_count == 0)
        return error_set(e, ERROR_USAGE, "which member is to move?");
    if (request->fresh_count > 0 && request->fresh_count != request->name_count)
        return error_set(e, ERROR_USAGE, "%zu members move, and %zu come in their places",
                         request->name_count, request->fresh_count);
    if (request->name_count > 1 && (request->peer_url != NULL || request->client_url != NULL))
        return error_set(e, ERROR_USAGE, "a URL can be given for one member at a time");
    if (!member_inputs_begin(mem, request, &inputs, &view, e) ||
        !members_choose(mem, request, &inputs.site, &view, fresh, request->name_count,
                        &inputs.layout, e))
        return false;
    for (size_t i = 0; i < request->name_count; i++) {
        if (!move_one(mem, request, &view, &fresh[i], request->names[i], &inputs, e))
            return error_wrap(e, "'%s' cannot be moved", request->names[i]);
    }
    member_inputs_write(mem, &inputs, ret_inputs);
    return true;
}
