/* The step of a recovery that builds the new data directories. */

#include <string.h>

#include "base/io.h"
#include "ops/recover_state.h"
#include "ops/restore.h"
#include "ops/restore_leftovers.h"
#include "ops/restore_proof.h"

struct restore_request
recover_restore_request(struct recover *r)
{
    struct restore_target *targets =
        arena_zero(r->plan->mem, (r->member_count + 1) * sizeof(*targets));

    for (size_t i = 0; i < r->member_count; i++) {
        targets[i].name = r->members[i].configured->name;
        targets[i].data_dir = r->members[i].configured->data_dir;
    }
    return (struct restore_request){
        .snapshot_path = r->snapshot,
        .cluster = r->cluster,
        .token = r->token,
        .targets = targets,
        .target_count = r->member_count,
        .bump_revision = r->bump_revision,
        .mark_compacted = r->bump_revision > 0,
        .keep_alarms = r->keep_alarms,
    };
}

static bool
member_is_built(const struct recover *r, const struct recover_member *m, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct initial_member *planned = initial_cluster_find(&r->cluster, m->configured->name);
    const struct restore_expectation expected = {
        .cluster = &r->cluster,
        .member_id = planned->id,
        .size_bytes = r->report.db_size,
        .revision = recover_revision_after(r),
        .no_alarms = !r->keep_alarms,
    };

    return restore_verify_dir(m->configured->data_dir,
                              path_join(&tmp, m->configured->data_dir, "member/wal"), &expected, e);
}

static bool
build_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct recover *r = op;

    *ret_progress = PROGRESS_DONE;
    if (recover_mark_is(r, RECOVER_MARK_BUILT, RECOVER_YES))
        return true;
    for (size_t i = 0; i < r->member_count; i++) {
        if (r->verified && path_exists(r->members[i].configured->data_dir) &&
            member_is_built(r, &r->members[i], e))
            continue;
        error_clear(e);
        *ret_progress = PROGRESS_TODO;
        return true;
    }
    return true;
}

static void
build_progress(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
    plan_progress(context, done_bytes, total_bytes);
}

static bool
build_guard(void *op, struct error *e)
{
    const struct recover *r = op;

    for (size_t i = 0; i < r->member_count; i++) {
        if (!recover_member_must_be_down(&r->members[i], e))
            return false;
    }
    return true;
}

/* The old directories were moved aside before this step. What stands in their place is a build of
 * ours that was cut, or not ours at all: only what is as it was built is removed. */
static bool
place_empty(struct recover *r, const struct recover_member *m, const char *kept_word,
            struct error *e)
{
    const char *data_dir = m->configured->data_dir;
    struct error why = ERROR_INIT;

    if (path_exists(data_dir) && member_is_built(r, m, &why) && !tree_remove(data_dir, e))
        return false;
    return recover_place_clear(m, kept_word, e) && restore_leftovers_remove(data_dir, NULL, e);
}

static bool
build_run(void *op, struct error *e)
{
    struct recover *r = op;
    struct restore_request request = recover_restore_request(r);
    struct restore_result result;

    request.progress = build_progress;
    request.progress_context = r->plan;
    if (!plan_mark(r->plan, RECOVER_MARK_BUILT, RECOVER_BEGUN, e))
        return false;
    for (size_t i = 0; i < r->member_count; i++) {
        if (!place_empty(r, &r->members[i], RECOVER_KEPT_FOUND, e))
            return false;
    }
    if (!restore_run(r->plan->mem, &request, &result, e))
        return false;
    for (size_t i = 0; !r->keep_alarms && i < result.alarm_count; i++)
        plan_note(r->plan, "cleared the alarm %s of member %llx, which is gone",
                  result.alarms[i].word, (unsigned long long)result.alarms[i].member_id);
    return true;
}

static bool
build_verify(void *op, struct error *e)
{
    struct recover *r = op;

    for (size_t i = 0; i < r->member_count; i++) {
        if (!member_is_built(r, &r->members[i], e))
            return false;
    }
    return plan_mark(r->plan, RECOVER_MARK_BUILT, RECOVER_YES, e);
}

/* Directories that a member has run on are kept; what was only built can be built again. */
static bool
build_undo(void *op, struct error *e)
{
    struct recover *r = op;

    if (!plan_mark(r->plan, RECOVER_MARK_BUILT, RECOVER_NO, e))
        return false;
    for (size_t i = 0; i < r->member_count; i++) {
        if (!recover_member_keep_down(&r->members[i], e) ||
            !place_empty(r, &r->members[i], RECOVER_KEPT_UNDONE, e))
            return false;
    }
    return true;
}

static const char *
build_field(const void *op, struct arena *mem, const char *name)
{
    const struct recover *r = op;

    if (strcmp(name, "count") == 0)
        return arena_printf(mem, "%zu", r->member_count);
    if (strcmp(name, "bump") != 0)
        return NULL;
    if (r->bump_revision == 0)
        return "no revision bump";
    return arena_printf(mem, "revisions bumped by %llu", (unsigned long long)r->bump_revision);
}

const struct step recover_step_build = {
    .name = "build",
    .intent =
        "build %{count} new data directories from one verified read (token %{token}, %{bump})",
    .field = build_field,
    .check = build_check,
    .guard = build_guard,
    .run = build_run,
    .verify = build_verify,
    .undo = build_undo,
};
