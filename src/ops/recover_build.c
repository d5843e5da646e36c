/* The step of a recovery that builds the new data directories. */

#include <string.h>

#include "base/io.h"
#include "ops/recover_state.h"
#include "ops/restore.h"
#include "ops/restore_leftovers.h"
#include "ops/restore_proof.h"
#include "plan/state_dir.h"

struct restore_request
recover_restore_request(struct recover *r)
{
    struct restore_target *targets =
        arena_zero(r->plan->mem, (r->member_count + 1) * sizeof(*targets));

    for (size_t i = 0; i < r->member_count; i++) {
        const struct recover_member *m = &r->members[i];

        targets[i].name = m->configured->name;
        targets[i].data_dir = m->built_data;
        targets[i].wal_dir = m->configured->wal_dir != NULL ? m->built_wal : NULL;
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
    const struct initial_member *planned = initial_cluster_find(&r->cluster, m->configured->name);
    const struct restore_expectation expected = {
        .cluster = &r->cluster,
        .member_id = planned->id,
        .size_bytes = r->report.db_size,
        .revision = recover_revision_after(r),
        .no_alarms = !r->keep_alarms,
    };

    return restore_verify_dir(m->built_data, m->built_wal, &expected, e);
}

static bool
build_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct recover *r = op;

    *ret_progress = PROGRESS_DONE;
    if (recover_mark_is(r, RECOVER_MARK_BUILT, RECOVER_YES))
        return true;
    for (size_t i = 0; i < r->member_count; i++) {
        if (r->verified && path_exists(r->members[i].built_data) &&
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

/* What stands in the way is a build of ours that was cut, or, in a member's place, from where the old
 * directories were moved, not ours at all: only what is as it was built is removed there. */
static bool
tree_empty(struct recover *r, const struct recover_member *m, const struct recover_tree *tree,
           const char *kept_word, struct error *e)
{
    struct error why = ERROR_INIT;
    bool ours = path_exists(tree->built) && (!r->in_place || member_is_built(r, m, &why));

    if (ours && !tree_remove(tree->built, e))
        return false;
    return (!r->in_place || recover_tree_clear(m, tree, kept_word, e)) &&
           restore_leftovers_remove(tree->built, NULL, e);
}

static bool
place_empty(struct recover *r, const struct recover_member *m, const char *kept_word,
            struct error *e)
{
    for (size_t i = m->tree_count; i-- > 0;) {
        if (!tree_empty(r, m, &m->trees[i], kept_word, e))
            return false;
    }
    return true;
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
    if ((!r->in_place && !dir_make(r->workshop, STATE_DIR_MODE, e)) ||
        !restore_run(r->plan->mem, &request, &result, e))
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
    return r->in_place || !path_exists(r->workshop) || tree_remove(r->workshop, e);
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
