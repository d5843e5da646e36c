/* The step of a recovery that starts the new cluster, and says how long it may still be undone. */

#include "cluster/view.h"
#include "node/supervisor.h"
#include "ops/lab.h"
#include "ops/recover_state.h"

enum { START_TIMEOUT_S = 120, START_TIMEOUT_MS = START_TIMEOUT_S * 1000 };

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
        if (!recover_member_keep_down(&r->members[i], e))
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

    if (!recover_mark_is(r, RECOVER_MARK_STARTED, RECOVER_YES))
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
