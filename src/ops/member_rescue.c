/* 'member rescue': the majority is lost for good; a cluster of one from what the survivor has. */

#include "ops/member_rescue.h"

#include <string.h>

#include "base/io.h"

static bool
rescue_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct arena *mem = plan->mem;
    struct rescue *r = arena_zero(mem, sizeof(*r));
    const char *dir;

    if (!membership_of_inputs(plan, inputs, context, &r->site, e))
        return false;
    dir = r->site->site.lab_dir;
    r->snapshot = arena_printf(mem, "%s/rescued-%s.db", dir, r->site->stamp);
    r->old_config = arena_printf(mem, "%s/" INVENTORY_LAB_FILE ".before-%s", dir, r->site->stamp);
    r->member_count = r->site->job_count;
    r->members = arena_zero(mem, (r->member_count + 1) * sizeof(*r->members));
    for (size_t i = 0; i < r->member_count; i++) {
        const struct inventory_member *m = &r->site->jobs[i].member;

        r->members[i] = (struct rescue_member){
            r, m, arena_printf(mem, "%s.before-%s", m->data_dir, r->site->stamp)};
    }
    plan->title = arena_printf(mem, "rescue cluster '%s' from member %s, the only one left of %zu",
                               plan->cluster, r->members[0].configured->name, r->member_count);
    plan_stops_cluster(plan);
    for (size_t i = 0; i < r->member_count; i++)
        plan_add_step(plan, &rescue_step_stop, r->members[i].configured->name, &r->members[i]);
    plan_add_step(plan, &rescue_step_take, NULL, r);
    for (size_t i = 0; i < r->member_count; i++)
        plan_add_step(plan, &rescue_step_move_aside, r->members[i].configured->name,
                      &r->members[i]);
    plan_add_step(plan, &rescue_step_build, NULL, r);
    plan_add_step(plan, &rescue_step_configure, NULL, r);
    plan_add_step(plan, &rescue_step_start, NULL, r);
    plan_add_step(plan, &rescue_step_prove, NULL, r);
    return true;
}

const struct plan_kind member_rescue_kind = {.name = "member-rescue", .build = rescue_build};

static bool
rescue_judge(struct arena *mem, const struct member_request *request,
             const struct inventory_member *survivor, struct error *e)
{
    const struct inventory *inventory = request->inventory;
    struct error silence = ERROR_INIT;
    struct cluster_view view;
    size_t have_data = 0;
    bool answers = cluster_view_fetch(mem, request->etcd, &view, &silence);

    for (size_t i = 0; i < inventory->members.count; i++)
        have_data += path_exists(inventory->members.items[i].data_dir);
    if (!path_exists(survivor->data_dir))
        return error_set(e, ERROR_NOT_FOUND, "'%s' has no data: '%s' is not there", survivor->name,
                         survivor->data_dir);
    return rule_may_rescue(answers ? &view : NULL, inventory->members.count, have_data, e);
}

bool
member_rescue_inputs(struct arena *mem, const struct member_request *request,
                     struct buf *ret_inputs, struct error *e)
{
    const struct inventory *inventory = request->inventory;
    struct member_inputs inputs = {.inventory = inventory, .voters = inventory->members.count};
    const struct inventory_member *survivor;

    if (inventory->lab == NULL)
        return error_set(e, ERROR_REFUSED, "'%s' is not a lab", inventory->name);
    survivor = inventory_member_by_name(inventory, request->names[0]);
    if (survivor == NULL)
        return error_set(e, ERROR_NOT_FOUND, "the inventory of '%s' has no member '%s'",
                         inventory->name, request->names[0]);
    if (!rescue_judge(mem, request, survivor, e))
        return false;
    member_inputs_join(mem, &inputs, survivor, 0);
    for (size_t i = 0; i < inventory->members.count; i++) {
        if (&inventory->members.items[i] != survivor)
            *ARRAY_PUSH(mem, &inputs.jobs) =
                (struct member_job){.action = MEMBER_LEAVES, .member = inventory->members.items[i]};
    }
    member_inputs_write(mem, &inputs, ret_inputs);
    return true;
}

bool
rescue_mark_is(const struct rescue *r, const char *key, const char *value)
{
    const char *mark = plan_mark_get(r->site->plan, key);

    return mark != NULL && strcmp(mark, value) == 0;
}

const char *
rescue_field(const void *op, struct arena *mem, const char *name)
{
    const struct rescue *r = op;

    if (strcmp(name, "survivor") == 0)
        return arena_text(mem, r->members[0].configured->name);
    if (strcmp(name, "snapshot") == 0)
        return arena_text(mem, path_name(r->snapshot));
    return NULL;
}

bool
rescue_service(const struct rescue_member *m, struct service *ret_service, struct error *e)
{
    return site_service(&m->rescue->site->site, m->configured, ret_service, e);
}

bool
rescue_snapshot_verify(struct arena *mem, const struct rescue *r,
                       struct db_snapshot_report *ret_report, struct error *e)
{
    const struct db_snapshot_options options = {0};

    return db_snapshot_verify(mem, r->snapshot, &options, ret_report, e) &&
           db_snapshot_require_good(ret_report, e);
}
