/* 'member rescue': the majority is lost for good; a cluster of one from what the survivor has. */

#include "ops/member_rescue.h"

#include <string.h>

#include "base/io.h"

static void
paths_choose(struct rescue *r)
{
    struct arena *mem = r->site->plan->mem;
    const char *stamp = r->site->stamp;

    r->in_place = r->site->lab != NULL;
    if (r->in_place) {
        r->folder = r->site->site.lab_dir;
        r->snapshot = arena_printf(mem, "%s/rescued-%s.db", r->folder, stamp);
        r->keeping = (struct inventory_keeping){
            .file = path_join(mem, r->folder, INVENTORY_LAB_FILE),
            .kept = arena_printf(mem, "%s/" INVENTORY_LAB_FILE ".before-%s", r->folder, stamp),
            .of_lab = true,
        };
        return;
    }
    r->folder = arena_printf(mem, "%s/rescue/%s", r->site->context->state_dir, stamp);
    r->snapshot = path_join(mem, r->folder, "rescued.db");
    r->keeping = (struct inventory_keeping){
        .file = r->site->cluster.config,
        .kept = path_join(mem, r->folder, "quorate.yaml"),
    };
}

static void
member_steps_add(struct rescue *r, const struct step *step)
{
    for (size_t i = 0; i < r->member_count; i++) {
        if (!r->members[i].job->lost)
            plan_add_step(r->site->plan, step, r->members[i].job->member.name, &r->members[i]);
    }
}

static void
steps_add(struct rescue *r)
{
    struct plan *plan = r->site->plan;

    if (!r->in_place)
        plan_add_step(plan, &rescue_step_look, NULL, r);
    plan_stops_cluster(plan);
    member_steps_add(r, &rescue_step_stop);
    plan_add_step(plan, &rescue_step_take, NULL, r);
    member_steps_add(r, &rescue_step_move_aside);
    plan_add_step(plan, &rescue_step_build, NULL, r);
    if (!r->in_place)
        plan_add_step(plan, &rescue_step_deliver, NULL, r);
    plan_add_step(plan, &rescue_step_configure, NULL, r);
    plan_add_step(plan, &rescue_step_start, NULL, r);
    plan_add_step(plan, &rescue_step_prove, NULL, r);
}

static bool
rescue_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct arena *mem = plan->mem;
    struct rescue *r = arena_zero(mem, sizeof(*r));

    if (!membership_of_inputs(plan, inputs, context, &r->site, e))
        return false;
    paths_choose(r);
    r->member_count = r->site->job_count;
    r->members = arena_zero(mem, (r->member_count + 1) * sizeof(*r->members));
    for (size_t i = 0; i < r->member_count; i++)
        r->members[i] = (struct rescue_member){r, &r->site->jobs[i]};
    plan->title = arena_printf(mem, "rescue cluster '%s' from member %s, the only one left of %zu",
                               plan->cluster, rescue_survivor(r)->member.name, r->member_count);
    steps_add(r);
    return true;
}

const struct plan_kind member_rescue_kind = {.name = "member-rescue", .build = rescue_build};

bool
member_rescue_inputs(struct arena *mem, const struct member_request *request,
                     struct buf *ret_inputs, struct error *e)
{
    const struct inventory *inventory = request->inventory;
    struct member_inputs inputs = {.inventory = inventory, .voters = inventory->members.count};
    bool *lost = arena_zero(mem, (inventory->members.count + 1) * sizeof(*lost));
    const struct inventory_member *survivor;

    survivor = inventory_member_by_name(inventory, request->names[0]);
    if (survivor == NULL)
        return error_set(e, ERROR_NOT_FOUND, "the inventory of '%s' has no member '%s'",
                         inventory->name, request->names[0]);
    if (!rescue_judge(mem, request, survivor, lost, e))
        return false;
    member_inputs_join(mem, &inputs, survivor, 0);
    for (size_t i = 0; i < inventory->members.count; i++) {
        if (&inventory->members.items[i] != survivor)
            *ARRAY_PUSH(mem, &inputs.jobs) = (struct member_job){
                .action = MEMBER_LEAVES, .member = inventory->members.items[i], .lost = lost[i]};
    }
    member_inputs_write(mem, &inputs, ret_inputs);
    return true;
}

/* --- what the steps share --- */

struct member_job *
rescue_survivor(const struct rescue *r)
{
    return r->members[0].job;
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
    const struct inventory_member *survivor = &rescue_survivor(r)->member;

    if (strcmp(name, "survivor") == 0)
        return arena_text(mem, survivor->name);
    if (strcmp(name, "host") == 0)
        return arena_text(mem, survivor->host != NULL ? survivor->host : "its host");
    if (strcmp(name, "snapshot") == 0)
        return arena_text(mem, path_name(r->snapshot));
    return NULL;
}

bool
rescue_snapshot_verify(struct arena *mem, const struct rescue *r,
                       struct db_snapshot_report *ret_report, struct error *e)
{
    const struct db_snapshot_options options = {0};

    return db_snapshot_verify(mem, r->snapshot, &options, ret_report, e) &&
           db_snapshot_require_good(ret_report, e);
}

const char *
rescue_lost_names(struct arena *mem, const struct rescue *r)
{
    AUTO_BUF out = BUF_INIT;

    for (size_t i = 0; i < r->member_count; i++) {
        if (r->members[i].job->lost)
            buf_printf(&out, "%s%s", out.size > 0 ? ", " : "", r->members[i].job->member.name);
    }
    return arena_text(mem, buf_text(&out));
}
