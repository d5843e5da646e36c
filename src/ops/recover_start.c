/* The step of a recovery that starts the new cluster, and says how long it may still be undone. */

#include "base/io.h"
#include "base/time.h"
#include "cluster/inventory_lab.h"
#include "ops/lab.h"
#include "ops/member_life.h"
#include "ops/recover_state.h"
#include "ops/writes_since.h"

#include <string.h>

enum {
    START_TIMEOUT_S = 180,
    START_POLL_MS = 500,
    OLD_CLUSTER_TIMEOUT_MS = 30000,
    LAB_TIMEOUT = 120 * 1000,
};

enum which_cluster { THE_OLD_CLUSTER, THE_NEW_CLUSTER };

/* Members that answer and know a leader. When nobody answers it is 0. */
static size_t
serving_count(const struct recover *r, enum which_cluster which)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    struct etcd_options options;
    struct cluster_view view;
    size_t count = 0;

    recover_etcd_options(r, &options);
    if (!cluster_view_fetch(&tmp, &options, &view, &ignored))
        return 0;
    if (which == THE_NEW_CLUSTER && view.cluster_id != r->cluster.cluster_id)
        return 0;
    for (size_t i = 0; i < view.member_count; i++)
        count += view.members[i].known && view.members[i].status.leader != 0;
    return count;
}

/* --- waiting for members on hosts --- */

static bool
members_live(struct recover *r, unsigned *failures, struct error *e)
{
    for (size_t i = 0; i < r->member_count; i++) {
        struct service service;

        if (!recover_member_service(&r->members[i], &service, e) ||
            !member_life_check(&service, &failures[i], e))
            return false;
    }
    return true;
}

static bool
members_wait(struct recover *r, enum which_cluster which, int64_t deadline_ms, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    unsigned *failures = arena_zero(&tmp, (r->member_count + 1) * sizeof(*failures));
    size_t serving;

    while ((serving = serving_count(r, which)) < r->member_count) {
        if (plan_interrupted(r->plan))
            return error_set(e, ERROR_CANCELLED, "interrupted");
        if (!members_live(r, failures, e))
            return false;
        if (time_monotonic_ms() + START_POLL_MS > deadline_ms)
            return error_set(e, ERROR_TIMEOUT, "%zu of %zu members serve", serving,
                             r->member_count);
        time_sleep_ms(START_POLL_MS);
    }
    return true;
}

static bool
members_start(struct recover *r, struct error *e)
{
    for (size_t i = 0; i < r->member_count; i++) {
        struct service service;

        if (!recover_member_service(&r->members[i], &service, e) || !member_life_start(&service, e))
            return false;
    }
    return true;
}

/* --- all of them --- */

/* A lab's supervisor may be gone, too, with all its members. */
static bool
lab_start(const struct recover *r, int64_t timeout_ms, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct lab_up_request request = {
        .state_dir = r->context->state_dir,
        .name = r->inventory->name + strlen(INVENTORY_LAB_PREFIX),
        .timeout_ms = timeout_ms,
    };
    struct lab *lab;

    return lab_up(&tmp, &request, &lab, e);
}

/* What the old cluster was like before is not ours to judge: an ill one comes back ill. */
void
recover_old_cluster_wait(struct recover *r)
{
    struct error e = ERROR_INIT;
    int64_t deadline_ms = time_monotonic_ms() + OLD_CLUSTER_TIMEOUT_MS;

    for (size_t i = 0; i < r->member_count; i++) {
        bool down;

        if (!recover_member_is_down(&r->members[i], &down, &e) || down)
            return;
    }
    if (r->in_place ? !lab_start(r, OLD_CLUSTER_TIMEOUT_MS, &e)
                    : !members_wait(r, THE_OLD_CLUSTER, deadline_ms, &e))
        plan_note(r->plan, "the old cluster runs, and is not healthy: %s", e.text);
}

static bool
start_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct recover *r = op;

    *ret_progress = PROGRESS_TODO;
    for (size_t i = 0; i < r->member_count; i++) {
        bool down;

        if (!recover_member_is_down(&r->members[i], &down, e))
            return false;
        if (down)
            return true;
    }
    if (serving_count(r, THE_NEW_CLUSTER) == r->member_count)
        *ret_progress = PROGRESS_DONE;
    return true;
}

static bool
start_run(void *op, struct error *e)
{
    struct recover *r = op;

    if (!plan_mark(r->plan, RECOVER_MARK_STARTED, RECOVER_YES, e))
        return false;
    if (r->in_place)
        return lab_start(r, LAB_TIMEOUT, e);
    /* What was built here is on its hosts now. */
    if (path_exists(r->workshop) && !tree_remove(r->workshop, e))
        return false;
    return members_start(r, e) && members_wait(r, THE_NEW_CLUSTER, plan_deadline_ms(r->plan), e);
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

static bool
writes_refuse(const struct recover *r, const struct etcd_options *options, int64_t now,
              struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;
    int64_t restored = recover_revision_after(r);
    bool took;

    if (now <= restored)
        return true;
    if (!etcd_client_open(options, &client, e) ||
        !cluster_took_writes(client, restored, now, &took, e))
        return false;
    if (!took)
        return true;
    error_set(e, ERROR_REFUSED, "the new cluster took writes: revision %lld, restored were %lld",
              (long long)now, (long long)restored);
    return error_hint(e, "take 'quorate backup now' first, then recover from whichever you want");
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
    return writes_refuse(r, &options, view_revision(&view), e);
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
