/* The steps of a rescue up to the new directory: all down, what the survivor has, and out of the way. */

#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "ops/member_rescue.h"
#include "ops/restore.h"
#include "ops/restore_leftovers.h"
#include "ops/salvage.h"

enum { STOP_TIMEOUT_S = 60 };

static const char *
member_field(const void *op, struct arena *mem, const char *name)
{
    const struct rescue_member *m = op;

    if (strcmp(name, "member") == 0)
        return arena_text(mem, m->configured->name);
    if (strcmp(name, "data_dir") == 0)
        return arena_text(mem, m->configured->data_dir);
    if (strcmp(name, "aside") == 0)
        return arena_text(mem, path_name(m->aside));
    return NULL;
}

/* --- stop --- */

static bool
stop_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct rescue_member *m = op;
    struct service service;
    bool down = true;

    /* The survivor that this plan has started again is not one to stop. */
    if (!rescue_mark_is(m->rescue, RESCUE_MARK_STARTED, RESCUE_YES) &&
        (!rescue_service(m, &service, e) || !service_is_down(&service, &down, e)))
        return false;
    *ret_progress = down ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
stop_run(void *op, struct error *e)
{
    struct service service;

    return rescue_service(op, &service, e) && service_stop(&service, e);
}

static bool
stop_undo(void *op, struct error *e)
{
    struct service service;

    return rescue_service(op, &service, e) && service_start(&service, e);
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

static bool
taken_whole(const struct salvage_result *result, struct error *e)
{
    if (!result->log.applied)
        return error_set(e, ERROR_REFUSED, "the survivor's log cannot be taken: %s",
                         result->log.why_not);
    if (result->log.damage.kind == WAL_INTACT && result->complete)
        return true;
    error_set_(e, ERROR_REFUSED, 0, "the survivor's data is damaged: not all of it can be taken");
    return error_hint(e, "quorate salvage tells what is lost; then quorate recover --file");
}

static bool
take_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct rescue *r = op;
    const char *draft = arena_printf(&tmp, "%s.draft", r->snapshot);
    const struct salvage_request request = {
        .data_dir = r->members[0].configured->data_dir, .output = draft, .take_undecided = true};
    const struct observer nobody = {0};
    struct salvage_result result;

    if (path_exists(draft) && !tree_remove(draft, e))
        return false;
    if (!salvage(&tmp, &request, &nobody, &result, e) || !taken_whole(&result, e))
        return false;
    plan_note(r->site->plan, "revision %lld, %llu entries of the log among it",
              (long long)result.snapshot.summary.current_revision,
              (unsigned long long)result.log.entries);
    return file_rename_new(draft, r->snapshot, e);
}

static bool
take_undo(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct rescue *r = op;
    const char *draft = arena_printf(&tmp, "%s.draft", r->snapshot);

    return (!path_exists(draft) || tree_remove(draft, e)) &&
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
aside_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct rescue_member *m = op;

    *ret_progress = path_exists(m->aside) || !path_exists(m->configured->data_dir) ||
                            plan_mark_get(m->rescue->site->plan, RESCUE_MARK_BUILT) != NULL
                        ? PROGRESS_DONE
                        : PROGRESS_TODO;
    return true;
}

static bool
aside_guard(void *op, struct error *e)
{
    const struct rescue_member *m = op;
    struct service service;
    bool down;

    if (!rescue_service(m, &service, e) || !service_is_down(&service, &down, e))
        return false;
    return down || error_set(e, ERROR_REFUSED, "member '%s' runs again", m->configured->name);
}

static bool
aside_run(void *op, struct error *e)
{
    const struct rescue_member *m = op;

    return file_rename_new(m->configured->data_dir, m->aside, e);
}

static bool
aside_undo(void *op, struct error *e)
{
    const struct rescue_member *m = op;

    return !path_exists(m->aside) || file_rename_new(m->aside, m->configured->data_dir, e);
}

const struct step rescue_step_move_aside = {
    .name = "move-aside",
    .intent = "move %{data_dir} aside to %{aside}",
    .field = member_field,
    .check = aside_check,
    .guard = aside_guard,
    .run = aside_run,
    .undo = aside_undo,
};

/* --- build --- */

static bool
build_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct rescue *r = op;

    *ret_progress =
        rescue_mark_is(r, RESCUE_MARK_BUILT, RESCUE_YES) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

/* What stands there was built by a run that was cut: the old one has been moved aside. */
static bool
built_remove(const struct rescue *r, struct error *e)
{
    const char *data_dir = r->members[0].configured->data_dir;

    if (path_exists(data_dir) && path_exists(r->members[0].aside) && !tree_remove(data_dir, e))
        return false;
    return restore_leftovers_remove(data_dir, NULL, e);
}

static bool
build_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct rescue *r = op;
    const struct inventory_member *survivor = r->members[0].configured;
    const struct restore_target target = {.name = survivor->name, .data_dir = survivor->data_dir};
    struct restore_request request = {
        .snapshot_path = r->snapshot, .targets = &target, .target_count = 1};
    struct restore_result result;

    if (!plan_mark(r->site->plan, RESCUE_MARK_BUILT, RESCUE_NO, e) || !built_remove(r, e) ||
        !initial_cluster_parse(
            &tmp, arena_printf(&tmp, "%s=%s", survivor->name, survivor->peer_urls.items[0]),
            &request.cluster, e))
        return false;
    return restore_run(&tmp, &request, &result, e) &&
           plan_mark(r->site->plan, RESCUE_MARK_BUILT, RESCUE_YES, e);
}

/* What a member has run on is kept. */
static bool
build_undo(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct rescue *r = op;
    struct member_job *survivor = &r->site->jobs[0];

    if (!rescue_mark_is(r, RESCUE_MARK_STARTED, RESCUE_YES))
        return built_remove(r, e);
    if (!path_exists(r->members[0].aside) || path_exists(job_aside(&tmp, survivor, "undone")))
        return true;
    return job_data_aside(survivor, "undone", e);
}

const struct step rescue_step_build = {
    .name = "build",
    .intent = "build a cluster of %{survivor} alone, under a fresh token",
    .field = rescue_field,
    .check = build_check,
    .run = build_run,
    .undo = build_undo,
};
