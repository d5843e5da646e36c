/* 'member shrink': members leave, one after the other, the dead ones first and the leader last. */

#include <string.h>

#include "ops/member_state.h"

static bool
shrink_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct membership *ms;

    if (!membership_of_inputs(plan, inputs, context, &ms, e))
        return false;
    plan->title = arena_printf(plan->mem, "shrink cluster '%s' from %zu to %zu voters: %s leave",
                               plan->cluster, ms->voters, ms->jobs[ms->job_count - 1].voters_after,
                               membership_names(plan->mem, ms, MEMBER_LEAVES));
    membership_add_preflight(ms);
    for (size_t i = 0; i < ms->job_count; i++)
        membership_add_leave(&ms->jobs[i]);
    membership_add_prove(ms);
    return true;
}

const struct plan_kind member_shrink_kind = {.name = "member-shrink", .build = shrink_build};

/* The dead first, the leader last; among equals the youngest in the list. */
static unsigned
leaves_late(const struct cluster_view *view, const struct member_view *m)
{
    if (!m->known)
        return 0;
    return m->member.id == view->leader_id ? 2 : 1;
}

/* Who leaves next of those that are named, or of all. */
static const struct member_view *
next_of(const struct cluster_view *view, const struct member_request *request)
{
    const struct member_view *next = NULL;

    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];
        bool wanted = request->name_count == 0;

        for (size_t k = 0; k < request->name_count; k++)
            wanted |= strcmp(request->names[k], m->member.name) == 0;
        if (!wanted || m->member.is_learner)
            continue;
        if (next == NULL || leaves_late(view, m) < leaves_late(view, next) ||
            (leaves_late(view, m) == leaves_late(view, next) &&
             strcmp(m->member.name, next->member.name) > 0))
            next = m;
    }
    return next;
}

static void
view_drop(struct cluster_view *view, uint64_t id)
{
    size_t kept = 0;

    for (size_t i = 0; i < view->member_count; i++) {
        if (view->members[i].member.id != id)
            view->members[kept++] = view->members[i];
    }
    view->member_count = kept;
    if (view->leader_id == id)
        view->leader_id = rule_next_leader(view, id);
    for (size_t i = 0; i < kept; i++) {
        if (view->members[i].known)
            view->members[i].status.leader = view->leader_id;
    }
}

static bool
count_wanted(const struct member_request *request, size_t voters, size_t *ret_count,
             struct error *e)
{
    *ret_count = request->name_count > 0 ? request->name_count : 1;
    if (request->voters == 0)
        return true;
    if (request->voters >= voters)
        return error_set(e, ERROR_USAGE,
                         "the cluster has %zu voters: shrinking to %zu is not possible", voters,
                         request->voters);
    *ret_count = voters - request->voters;
    if (request->name_count > 0 && request->name_count != *ret_count)
        return error_set(e, ERROR_USAGE,
                         "%zu names, and shrinking from %zu to %zu voters takes %zu",
                         request->name_count, voters, request->voters, *ret_count);
    return true;
}

static bool
names_are_voters(const struct member_request *request, const struct cluster_view *view,
                 struct error *e)
{
    for (size_t i = 0; i < request->name_count; i++) {
        const struct member_view *m = view_member_by_name(view, request->names[i]);

        if (m == NULL || m->member.is_learner)
            return error_set(e, ERROR_NOT_FOUND, "the cluster has no voter '%s'",
                             request->names[i]);
    }
    return true;
}

/* Each departure is judged in the cluster that those before it leave behind. */
bool
member_shrink_inputs(struct arena *mem, const struct member_request *request,
                     struct buf *ret_inputs, struct error *e)
{
    struct member_inputs inputs;
    struct cluster_view view;
    size_t count;

    if (!member_inputs_begin(mem, request, &inputs, &view, e) ||
        !names_are_voters(request, &view, e) || !count_wanted(request, inputs.voters, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct member_view *next = next_of(&view, request);

        if (next == NULL)
            return error_set(e, ERROR_USAGE, "a member is named twice");
        if (!rule_may_remove(&view, next->member.id, e) ||
            !member_inputs_leave(mem, &inputs, request->inventory, &view, next->member.name, e))
            return error_wrap(e, "'%s' cannot leave", next->member.name);
        view_drop(&view, next->member.id);
    }
    member_inputs_write(mem, &inputs, ret_inputs);
    return true;
}
