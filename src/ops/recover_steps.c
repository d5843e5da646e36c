/* The first steps of a recovery: verify the snapshot, stop the members, move their data aside. */

#include <string.h>

#include "base/io.h"
#include "ops/recover_state.h"
#include "ops/restore.h"

#define MEMBER_DIR "member" /* etcd's own folder in its data directory */

enum { STOP_TIMEOUT_S = 60 };

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
    .undo = step_nothing_to_undo,
};

/* --- stop a member --- */

static const char *
member_field(const void *op, struct arena *mem, const char *name)
{
    const struct recover_member *m = op;

    if (strcmp(name, "member") == 0)
        return arena_text(mem, m->configured->name);
    if (strcmp(name, "data_dir") == 0)
        return arena_text(mem, m->trees[0].place);
    if (strcmp(name, "aside") == 0)
        return arena_text(mem, path_name(m->trees[0].aside));
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

static bool
member_has_data(const struct recover_member *m, bool *ret_has, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return recover_path_exists(m, path_join(&tmp, m->data_dir, MEMBER_DIR), ret_has, e);
}

/* On nothing it would begin an empty cluster: one whose data was lost is let go, as it was. */
static bool
stop_undo(void *op, struct error *e)
{
    const struct recover_member *m = op;
    struct service service;
    bool has_data;

    if (!recover_member_service(m, &service, e) || !member_has_data(m, &has_data, e))
        return false;
    if (!has_data)
        return service_release(&service, e);
    if (!service_start(&service, e))
        return false;
    recover_old_cluster_wait(m->recover);
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

/* What was lost altogether needs no moving; what this plan has built must not be moved. */
static bool
tree_is_moved(const struct recover_member *m, const struct recover_tree *tree, bool *ret_moved,
              struct error *e)
{
    bool there, aside;

    if (!recover_path_exists(m, tree->aside, &aside, e) ||
        !recover_path_exists(m, tree->place, &there, e))
        return false;
    *ret_moved = aside || !there;
    return true;
}

static bool
move_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct recover_member *m = op;
    bool moved = recover_mark_is(m->recover, RECOVER_MARK_BUILT, RECOVER_BEGUN) ||
                 recover_mark_is(m->recover, RECOVER_MARK_BUILT, RECOVER_YES);

    *ret_progress = PROGRESS_DONE;
    if (moved)
        return true;
    for (size_t i = 0; i < m->tree_count; i++) {
        if (!tree_is_moved(m, &m->trees[i], &moved, e))
            return false;
        if (!moved)
            *ret_progress = PROGRESS_TODO;
    }
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

    for (size_t i = 0; i < m->tree_count; i++) {
        bool moved;

        if (!tree_is_moved(m, &m->trees[i], &moved, e) ||
            (!moved && !recover_tree_move(m, m->trees[i].place, m->trees[i].aside, e)))
            return false;
    }
    return true;
}

static bool
tree_move_back(const struct recover_member *m, const struct recover_tree *tree, struct error *e)
{
    bool aside;

    if (!recover_path_exists(m, tree->aside, &aside, e))
        return false;
    return !aside ||
           (recover_member_keep_down(m, e) && recover_tree_clear(m, tree, RECOVER_KEPT_UNDONE, e) &&
            recover_tree_move(m, tree->aside, tree->place, e));
}

static bool
move_undo(void *op, struct error *e)
{
    const struct recover_member *m = op;

    for (size_t i = m->tree_count; i-- > 0;) {
        if (!tree_move_back(m, &m->trees[i], e))
            return false;
    }
    return true;
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
