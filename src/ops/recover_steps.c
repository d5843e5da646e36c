/* The steps of a recovery up to the start of the new cluster; the proof is recover_proof.c. */

#include <errno.h>
#include <string.h>

#include "base/io.h"
#include "node/supervisor.h"
#include "ops/lab.h"
#include "ops/recover_state.h"
#include "ops/restore.h"
#include "ops/restore_leftovers.h"
#include "ops/restore_proof.h"

/* Parts of the names under which directories are kept that are neither the old nor the built one. */
#define KEPT_UNDONE "undone"
#define KEPT_FOUND  "found"

enum {
    STOP_TIMEOUT_S = 60,
    OLD_CLUSTER_TIMEOUT_MS = 30000,
    START_TIMEOUT_S = 120,
    START_TIMEOUT_MS = START_TIMEOUT_S * 1000
};

static bool
nothing_to_undo(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static bool
mark_is(const struct recover *r, const char *key, const char *value)
{
    const char *mark = plan_mark_get(r->plan, key);

    return mark != NULL && strcmp(mark, value) == 0;
}

/* What the build asks of restore_run. */
static struct restore_request
build_request(struct recover *r)
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

/* --- verify the snapshot --- */

bool
recover_verify_snapshot(struct recover *r, struct error *e)
{
    const struct db_snapshot_options options = {0};
    char digest[2 * SHA256_SIZE + 1];

    if (r->verified)
        return true;
    if (!db_snapshot_verify(r->plan->mem, r->snapshot, &options, &r->report, e) ||
        !db_snapshot_require_good(&r->report, e))
        return false;
    hex_encode(r->report.sha256, sizeof(r->report.sha256), digest);
    if (strcmp(digest, r->sha256) != 0 || r->report.summary.current_revision != r->revision ||
        r->report.summary.hash_kv.hash != r->hash_kv) {
        error_set_(e, ERROR_VERIFY, 0, "'%s' is not the snapshot that this plan was made for",
                   r->snapshot);
        return error_hint(e, "bring back the file with sha256 %s, or make a new plan", r->sha256);
    }
    r->verified = true;
    return true;
}

static bool
verify_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct recover *r = op;

    *ret_progress = r->verified ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

/* Room is asked for before anything is stopped; where a build began it may be taken already. */
static bool
verify_run(void *op, struct error *e)
{
    struct recover *r = op;
    struct restore_request request = build_request(r);

    return recover_verify_snapshot(r, e) && (plan_mark_get(r->plan, RECOVER_MARK_BUILT) != NULL ||
                                             restore_check_space(r->plan->mem, &request, e));
}

const struct step recover_step_verify = {
    .name = "verify-snapshot",
    .intent = "verify %{snapshot}: digest, structure, every row, HashKV; and that there is room",
    .check = verify_check,
    .run = verify_run,
    .undo = nothing_to_undo,
};

/* --- stop a member --- */

static const char *
member_field(const void *op, struct arena *mem, const char *name)
{
    const struct recover_member *m = op;

    if (strcmp(name, "member") == 0)
        return arena_text(mem, m->configured->name);
    if (strcmp(name, "data_dir") == 0)
        return arena_text(mem, m->configured->data_dir);
    if (strcmp(name, "aside") == 0)
        return arena_text(mem, path_name(m->aside));
    return NULL;
}

/* Without a supervisor there is no member either: they die with it. */
static bool
member_is_down(const struct recover_member *m, bool *ret_down, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct supervisor_status status;

    if (!supervisor_status_fetch(&tmp, m->recover->inventory->dir, &status, e)) {
        if (e->code != ERROR_NOT_FOUND)
            return false;
        error_clear(e);
        *ret_down = true;
        return true;
    }
    *ret_down = true;
    for (size_t i = 0; i < status.programs.count; i++) {
        const struct supervisor_program_status *p = &status.programs.items[i];

        if (strcmp(p->name, m->configured->name) == 0)
            *ret_down = p->state == SUPERVISOR_DOWN && p->pid == 0;
    }
    return true;
}

static bool
stop_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct recover_member *m = op;
    bool down;

    /* A member that this plan has started again is not one to stop. */
    if (mark_is(m->recover, RECOVER_MARK_STARTED, RECOVER_YES)) {
        *ret_progress = PROGRESS_DONE;
        return true;
    }
    if (!member_is_down(m, &down, e))
        return false;
    *ret_progress = down ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
stop_run(void *op, struct error *e)
{
    const struct recover_member *m = op;

    return supervisor_stop(m->recover->inventory->dir, m->configured->name, e);
}

/* When the last of the members runs again, the old cluster is waited for. What it was like before
 * is not ours to judge: an ill one comes back ill. */
static void
old_cluster_wait(const struct recover *r)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct lab_up_request request = {
        .state_dir = r->context->state_dir, .name = r->lab, .timeout_ms = OLD_CLUSTER_TIMEOUT_MS};
    struct error e = ERROR_INIT;
    struct lab *lab;

    for (size_t i = 0; i < r->member_count; i++) {
        bool down;

        if (!member_is_down(&r->members[i], &down, &e) || down)
            return;
    }
    if (!lab_up(&tmp, &request, &lab, &e))
        plan_note(r->plan, "the old cluster runs, and is not healthy: %s", e.text);
}

static bool
stop_undo(void *op, struct error *e)
{
    const struct recover_member *m = op;

    if (!supervisor_run(m->recover->inventory->dir, m->configured->name, e))
        return false;
    old_cluster_wait(m->recover);
    return true;
}

const struct step recover_step_stop = {
    .name = "stop",
    .intent = "stop member %{member} and keep it down",
    .field = member_field,
    .check = stop_check,
    .run = stop_run,
    .undo = stop_undo,
    .timeout_s = STOP_TIMEOUT_S,
};

/* --- what others did in between --- */

static bool
member_keep_down(const struct recover_member *m, struct error *e)
{
    bool down;

    return member_is_down(m, &down, e) &&
           (down || supervisor_stop(m->recover->inventory->dir, m->configured->name, e));
}

/* Makes room for the old data directory: what stands in its place was made by somebody else, as by a
 * member that was started by hand, and is kept beside it. */
static bool
place_clear(const struct recover_member *m, const char *kept_word, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *data_dir = m->configured->data_dir;
    const char *kept = arena_printf(&tmp, "%s.%s-%s", data_dir, kept_word, m->recover->stamp);

    if (!path_exists(data_dir))
        return true;
    plan_note(m->recover->plan, "keeping what is in place of %s as %s", path_name(data_dir),
              path_name(kept));
    return file_rename_new(data_dir, kept, e);
}

/* --- move a data directory aside --- */

static bool
move_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct recover_member *m = op;

    /* What was lost altogether needs no moving; what this plan has built must not be moved. */
    if (path_exists(m->aside) || !path_exists(m->configured->data_dir) ||
        mark_is(m->recover, RECOVER_MARK_BUILT, RECOVER_BEGUN) ||
        mark_is(m->recover, RECOVER_MARK_BUILT, RECOVER_YES))
        *ret_progress = PROGRESS_DONE;
    else
        *ret_progress = PROGRESS_TODO;
    return true;
}

static bool
move_guard(void *op, struct error *e)
{
    const struct recover_member *m = op;
    bool down;

    if (!member_is_down(m, &down, e))
        return false;
    if (!down)
        return error_set(e, ERROR_REFUSED, "member '%s' runs again", m->configured->name);
    return true;
}

static bool
move_run(void *op, struct error *e)
{
    const struct recover_member *m = op;

    return file_rename_new(m->configured->data_dir, m->aside, e);
}

static bool
move_undo(void *op, struct error *e)
{
    const struct recover_member *m = op;

    if (!path_exists(m->aside))
        return true;
    return member_keep_down(m, e) && place_clear(m, KEPT_UNDONE, e) &&
           file_rename_new(m->aside, m->configured->data_dir, e);
}

const struct step recover_step_move_aside = {
    .name = "move-aside",
    .intent = "move %{data_dir} aside to %{aside}",
    .field = member_field,
    .check = move_check,
    .guard = move_guard,
    .run = move_run,
    .undo = move_undo,
};

/* --- build the new data directories --- */

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
    if (mark_is(r, RECOVER_MARK_BUILT, RECOVER_YES))
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
        if (!move_guard(&r->members[i], e))
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
    return place_clear(m, kept_word, e) && restore_leftovers_remove(data_dir, NULL, e);
}

static bool
build_run(void *op, struct error *e)
{
    struct recover *r = op;
    struct restore_request request = build_request(r);
    struct restore_result result;

    request.progress = build_progress;
    request.progress_context = r->plan;
    if (!plan_mark(r->plan, RECOVER_MARK_BUILT, RECOVER_BEGUN, e))
        return false;
    for (size_t i = 0; i < r->member_count; i++) {
        if (!place_empty(r, &r->members[i], KEPT_FOUND, e))
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
        if (!member_keep_down(&r->members[i], e) || !place_empty(r, &r->members[i], KEPT_UNDONE, e))
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

/* --- start --- */

static bool
start_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct recover *r = op;
    struct lab *lab;
    size_t healthy = 0;

    if (!lab_status(&tmp, r->context->state_dir, r->lab, &lab, e))
        return false;
    for (size_t i = 0; i < lab->members.count; i++)
        healthy +=
            lab->members.items[i].state == SUPERVISOR_RUNNING && lab->members.items[i].healthy;
    *ret_progress = healthy == r->member_count ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
start_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct recover *r = op;
    const struct lab_up_request request = {
        .state_dir = r->context->state_dir, .name = r->lab, .timeout_ms = START_TIMEOUT_MS};
    struct lab *lab;

    return plan_mark(r->plan, RECOVER_MARK_STARTED, RECOVER_YES, e) &&
           lab_up(&tmp, &request, &lab, e);
}

static bool
start_undo(void *op, struct error *e)
{
    struct recover *r = op;

    for (size_t i = 0; i < r->member_count; i++) {
        if (!member_keep_down(&r->members[i], e))
            return false;
    }
    return true;
}

/* Undo is for a cluster that nobody has written to: what was written would be lost with it. */
static bool
start_undo_guard(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct recover *r = op;
    struct etcd_options options;
    struct cluster_view view;

    if (!mark_is(r, RECOVER_MARK_STARTED, RECOVER_YES))
        return true;
    recover_etcd_options(r, &options);
    if (!cluster_view_fetch(&tmp, &options, &view, e)) {
        /* Nobody answers: the directories are kept when they are undone. */
        error_clear(e);
        return true;
    }
    for (size_t i = 0; i < view.member_count; i++) {
        const struct member_view *m = &view.members[i];

        if (!m->known || m->status.header.revision <= recover_revision_after(r))
            continue;
        error_set(e, ERROR_REFUSED,
                  "the new cluster took writes: revision %lld, restored were %lld",
                  (long long)m->status.header.revision, (long long)recover_revision_after(r));
        return error_hint(e,
                          "take 'quorate backup now' first, then recover from whichever you want");
    }
    return true;
}

const struct step recover_step_start = {
    .name = "start",
    .intent = "start all members on the new directories and wait until each is healthy",
    .check = start_check,
    .run = start_run,
    .undo = start_undo,
    .undo_guard = start_undo_guard,
    .timeout_s = START_TIMEOUT_S,
};
