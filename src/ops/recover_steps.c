/* The first steps of a recovery: verify the snapshot, stop the members, move their data aside. */

#include <string.h>

#include "base/io.h"
#include "ops/lab.h"
#include "ops/recover_state.h"
#include "ops/restore.h"

enum { STOP_TIMEOUT_S = 60, OLD_CLUSTER_TIMEOUT_MS = 30000 };

static bool
nothing_to_undo(void *op UNUSED, struct error *e UNUSED)
{
    return true;
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
    struct restore_request request = recover_restore_request(r);

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

static bool
stop_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct recover_member *m = op;
    bool down;

    /* A member that this plan has started again is not one to stop. */
    if (recover_mark_is(m->recover, RECOVER_MARK_STARTED, RECOVER_YES)) {
        *ret_progress = PROGRESS_DONE;
        return true;
    }
    if (!recover_member_is_down(m, &down, e))
        return false;
    *ret_progress = down ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
stop_run(void *op, struct error *e)
{
    return recover_member_keep_down(op, e);
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

        if (!recover_member_is_down(&r->members[i], &down, &e) || down)
            return;
    }
    if (!lab_up(&tmp, &request, &lab, &e))
        plan_note(r->plan, "the old cluster runs, and is not healthy: %s", e.text);
}

static bool
stop_undo(void *op, struct error *e)
{
    const struct recover_member *m = op;
    struct service service;

    if (!recover_member_service(m, &service, e) || !service_start(&service, e))
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

/* --- move a data directory aside --- */

static bool
move_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct recover_member *m = op;

    /* What was lost altogether needs no moving; what this plan has built must not be moved. */
    if (path_exists(m->aside) || !path_exists(m->configured->data_dir) ||
        recover_mark_is(m->recover, RECOVER_MARK_BUILT, RECOVER_BEGUN) ||
        recover_mark_is(m->recover, RECOVER_MARK_BUILT, RECOVER_YES))
        *ret_progress = PROGRESS_DONE;
    else
        *ret_progress = PROGRESS_TODO;
    return true;
}

static bool
move_guard(void *op, struct error *e)
{
    return recover_member_must_be_down(op, e);
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
    return recover_member_keep_down(m, e) && recover_place_clear(m, RECOVER_KEPT_UNDONE, e) &&
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
