/* 'member grow': any number of members join, one after the other. */

#include "ops/lab.h"
#include "ops/member_state.h"

static bool
grow_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct membership *ms;

    if (!membership_of_inputs(plan, inputs, context, &ms, e))
        return false;
    plan->title = arena_printf(plan->mem, "grow cluster '%s' from %zu to %zu voters: %s",
                               plan->cluster, ms->voters, ms->jobs[ms->job_count - 1].voters_after,
                               membership_names(plan->mem, ms, MEMBER_JOINS));
    membership_add_preflight(ms);
    membership_add_certificates(ms);
    for (size_t i = 0; i < ms->job_count; i++)
        membership_add_join(&ms->jobs[i]);
    membership_add_prove(ms);
    return true;
}

const struct plan_kind member_grow_kind = {.name = "member-grow", .build = grow_build};

static bool
count_wanted(const struct member_request *request, size_t voters, size_t *ret_count,
             struct error *e)
{
    *ret_count = request->fresh_count > 0 ? request->fresh_count : 1;
    if (request->voters == 0)
        return true;
    if (request->voters <= voters) {
        error_set_(e, ERROR_USAGE, 0, "the cluster has %zu voters: growing to %zu is not possible",
                   voters, request->voters);
        return error_hint(e, "to make it smaller: quorate member shrink");
    }
    if (request->inventory->lab != NULL && request->voters > LAB_MEMBERS_MOST)
        return error_set(e, ERROR_USAGE, "a lab has %d members at most", LAB_MEMBERS_MOST);
    *ret_count = request->voters - voters;
    if (request->fresh_count > 0 && request->fresh_count != *ret_count)
        return error_set(e, ERROR_USAGE, "%zu names, and growing from %zu to %zu voters takes %zu",
                         request->fresh_count, voters, request->voters, *ret_count);
    return true;
}

bool
member_grow_inputs(struct arena *mem, const struct member_request *request, struct buf *ret_inputs,
                   struct error *e)
{
    struct member_inputs inputs;
    struct cluster_view view;
    struct inventory_member *members;
    size_t count;

    if (!member_inputs_begin(mem, request, &inputs, &view, e) ||
        !count_wanted(request, inputs.voters, &count, e))
        return false;
    if (count > 1 && (request->peer_url != NULL || request->client_url != NULL))
        return error_set(e, ERROR_USAGE, "a URL can be given for one member at a time");
    members = members_named(mem, request, count);
    if (!members_choose(mem, request, &inputs.site, &view, members, count, &inputs.layout, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!member_may_join(&inputs.site, request->inventory, &view, &members[i], false,
                             inputs.layout.pki, e))
            return false;
        member_inputs_join(mem, &inputs, &members[i], 0);
    }
    member_inputs_write(mem, &inputs, ret_inputs);
    return true;
}
