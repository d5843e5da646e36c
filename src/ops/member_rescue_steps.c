/* The steps of a rescue before anything is built: a look, all down, what the survivor has, and out of the
 * way. */

#include <string.h>

#include "base/io.h"
#include "cluster/rules_joiner_host.h"
#include "node/host/host_tree.h"
#include "ops/member_rescue.h"
#include "ops/recover_take.h"

enum { STOP_TIMEOUT_S = 60 };

bool
rescue_path_exists(const struct member_job *job, const char *path, bool *ret_exists,
                   struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct host *host;
    struct host_file file;

    if (!site_host(&job->of->site, &job->member, &host, e) ||
        !host_file_look(&tmp, host, path, &file, e))
        return false;
    *ret_exists = file.kind != HOST_NOTHING;
    return true;
}

/* --- look --- */

static bool
look_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct rescue *r = op;

    *ret_progress =
        plan_step_recorded(r->site->plan, rescue_step_look.name) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
room_check(const struct member_job *survivor, const struct host *host, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct inventory_member *m = &survivor->member;
    struct host_file database;
    struct host_disk disk;

    return host_file_look(&tmp, host, path_join(&tmp, m->data_dir, "member/snap/db"), &database,
                          e) &&
           host_disk_look(&tmp, host, m->data_dir, &disk, e) &&
           rule_disk_suffices(&disk, m->name, m->data_dir, database.size_bytes, e);
}

static bool
look_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct rescue *r = op;
    struct member_job *survivor = rescue_survivor(r);
    const char *lost = rescue_lost_names(&tmp, r);
    enum service_state state;
    struct service service;

    if (!job_service(survivor, &service, e) || !service_state(&service, &state, e))
        return false;
    if (state == SERVICE_ABSENT)
        return error_set(e, ERROR_NOT_FOUND, "%s: there is no '%s' that runs member '%s'",
                         host_name(service.host), service.place, survivor->member.name);
    if (lost[0] != '\0')
        plan_note(r->site->plan, "gone, and not asked for anything: %s", lost);
    return room_check(survivor, service.host, e);
}

static bool
look_verify(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

const struct step rescue_step_look = {
    .name = "look",
    .intent = "look at %{host}: what runs %{survivor}, and whether there is room",
    .field = rescue_field,
    .check = look_check,
    .run = look_run,
    .verify = look_verify,
    .undo = step_nothing_to_undo,
};

/* --- stop --- */

static const char *
member_field(const void *op, struct arena *mem, const char *name)
{
    const struct rescue_member *m = op;

    if (strcmp(name, "before") == 0)
        return arena_text(mem, path_name(job_aside(mem, m->job, RESCUE_ASIDE)));
    return job_field(m->job, mem, name);
}

static bool
stop_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct rescue_member *m = op;
    struct service service;
    bool down = true;

    /* The survivor that this plan has started again is not one to stop. */
    if (!rescue_mark_is(m->rescue, RESCUE_MARK_STARTED, RESCUE_YES) &&
        (!job_service(m->job, &service, e) || !service_is_down(&service, &down, e)))
        return false;
    *ret_progress = down ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
stop_run(void *op, struct error *e)
{
    const struct rescue_member *m = op;

    return job_stop(m->job, e);
}

static bool
stop_undo(void *op, struct error *e)
{
    const struct rescue_member *m = op;
    struct service service;

    return job_service(m->job, &service, e) && service_start(&service, e);
}

const struct step rescue_step_stop = {
    .name = "stop",
    .intent = "stop member %{member} and keep it down",
    .field = member_field,
    .check = stop_check,
    .run = stop_run,
    .undo = stop_undo,
    .timeout_s = STOP_TIMEOUT_S,
};

/* --- take what the survivor has --- */

static bool
take_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct rescue *r = op;

    /* It gets its name when it is whole. */
    *ret_progress = path_exists(r->snapshot) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static void
take_note(void *context, const char *text)
{
    plan_note(context, "%s", text);
}

static void
take_progress(void *context, const char *what UNUSED, const char *unit UNUSED, uint64_t done,
              uint64_t total)
{
    plan_progress(context, done, total);
}

static bool
take_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct rescue *r = op;
    const struct observer observer = {
        .context = r->site->plan, .note = take_note, .progress = take_progress};
    struct inventory *inventory;

    return membership_inventory(&tmp, r->site, &inventory, e) &&
           recover_take_as(&tmp, inventory, rescue_survivor(r)->member.name, &observer, r->snapshot,
                           e);
}

static bool
take_undo(void *op, struct error *e)
{
    const struct rescue *r = op;

    if (!r->in_place)
        return !path_exists(r->folder) || tree_remove(r->folder, e);
    return recover_take_leftovers_remove(r->snapshot, e) &&
           (!path_exists(r->snapshot) || tree_remove(r->snapshot, e));
}

const struct step rescue_step_take = {
    .name = "take",
    .intent = "take all that %{survivor} has, its log to the last entry, as %{snapshot}",
    .field = rescue_field,
    .check = take_check,
    .run = take_run,
    .undo = take_undo,
};

/* --- move the directories aside --- */

static bool
tree_is_moved(const struct member_job *job, const struct job_tree *tree, bool *ret_moved,
              struct error *e)
{
    bool there = false;
    bool aside;

    if (!rescue_path_exists(job, tree->aside, &aside, e) ||
        (!aside && !rescue_path_exists(job, tree->place, &there, e)))
        return false;
    *ret_moved = aside || !there;
    return true;
}

static bool
aside_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct rescue_member *m = op;
    struct job_tree trees[JOB_TREES_MOST];
    size_t count;
    bool moved = plan_mark_get(m->rescue->site->plan, RESCUE_MARK_BUILT) != NULL;

    *ret_progress = PROGRESS_DONE;
    if (moved)
        return true;
    if (!job_trees(&tmp, m->job, RESCUE_ASIDE, trees, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!tree_is_moved(m->job, &trees[i], &moved, e))
            return false;
        if (!moved)
            *ret_progress = PROGRESS_TODO;
    }
    return true;
}

static bool
aside_guard(void *op, struct error *e)
{
    const struct rescue_member *m = op;
    struct service service;
    bool down;

    if (!job_service(m->job, &service, e) || !service_is_down(&service, &down, e))
        return false;
    return down || error_set(e, ERROR_REFUSED, "member '%s' runs again", m->job->member.name);
}

static bool
aside_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct rescue_member *m = op;
    struct job_tree trees[JOB_TREES_MOST];
    const struct host *host;
    size_t count;

    if (!site_host(&m->job->of->site, &m->job->member, &host, e) ||
        !job_trees(&tmp, m->job, RESCUE_ASIDE, trees, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        bool moved;

        if (!tree_is_moved(m->job, &trees[i], &moved, e) ||
            (!moved && !host_tree_move(host, trees[i].place, trees[i].aside, e)))
            return false;
    }
    return true;
}

static bool
aside_undo(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct rescue_member *m = op;
    struct job_tree trees[JOB_TREES_MOST];
    const struct host *host;
    size_t count;

    if (!site_host(&m->job->of->site, &m->job->member, &host, e) ||
        !job_trees(&tmp, m->job, RESCUE_ASIDE, trees, &count, e))
        return false;
    for (size_t i = count; i-- > 0;) {
        bool aside;

        if (!rescue_path_exists(m->job, trees[i].aside, &aside, e) ||
            (aside && !host_tree_move(host, trees[i].aside, trees[i].place, e)))
            return false;
    }
    return true;
}

const struct step rescue_step_move_aside = {
    .name = "move-aside",
    .intent = "move %{data_dir} aside to %{before}",
    .field = member_field,
    .check = aside_check,
    .guard = aside_guard,
    .run = aside_run,
    .undo = aside_undo,
};
