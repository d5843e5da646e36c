/* The steps of a rescue that make the new directory: built here, and brought to the survivor's host. */

#include <string.h>

#include "base/io.h"
#include "node/host/host_tree.h"
#include "ops/member_rescue.h"
#include "ops/restore.h"
#include "ops/restore_leftovers.h"
#include "ops/restore_site.h"
#include "plan/state_dir.h"

static const char *
workshop(struct arena *mem, const struct rescue *r)
{
    return path_join(mem, r->folder, "built");
}

/* A place of the member's host, as it is built here. */
static const char *
built_path(struct arena *mem, const struct rescue *r, const char *place)
{
    const char *data = restore_path_trim(mem, rescue_survivor(r)->member.data_dir);
    size_t size = strlen(data);

    if (r->in_place)
        return place;
    if (strncmp(place, data, size) != 0 || (place[size] != '/' && place[size] != '\0'))
        return path_join(mem, workshop(mem, r), "log");
    return arena_printf(mem, "%s/data%s", workshop(mem, r), place + size);
}

static struct restore_target
target_of(struct arena *mem, const struct rescue *r)
{
    const struct inventory_member *m = &rescue_survivor(r)->member;
    struct restore_target target = {.name = m->name};

    target.data_dir = built_path(mem, r, restore_path_trim(mem, m->data_dir));
    if (m->wal_dir != NULL)
        target.wal_dir = built_path(mem, r, restore_path_trim(mem, m->wal_dir));
    return target;
}

static bool
trees_of(struct arena *mem, const struct rescue *r, struct rescue_tree *ret_trees,
         size_t *ret_count, struct error *e)
{
    struct job_tree trees[JOB_TREES_MOST];

    if (!job_trees(mem, rescue_survivor(r), RESCUE_ASIDE, trees, ret_count, e))
        return false;
    for (size_t i = 0; i < *ret_count; i++)
        ret_trees[i] = (struct rescue_tree){trees[i], built_path(mem, r, trees[i].place)};
    return true;
}

/* --- build --- */

static bool
build_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct rescue *r = op;

    *ret_progress =
        rescue_mark_is(r, RESCUE_MARK_BUILT, RESCUE_YES) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

bool
rescue_workshop_remove(const struct rescue *r, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = workshop(&tmp, r);

    return !path_exists(path) || tree_remove(path, e);
}

/* What stands in a lab's place was built by a run that was cut: the old one has been moved aside. */
static bool
built_remove(const struct rescue *r, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *place = rescue_survivor(r)->member.data_dir;

    if (!r->in_place)
        return rescue_workshop_remove(r, e);
    if (path_exists(place) && path_exists(job_aside(&tmp, rescue_survivor(r), RESCUE_ASIDE)) &&
        !tree_remove(place, e))
        return false;
    return restore_leftovers_remove(place, NULL, e);
}

static bool
build_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct rescue *r = op;
    const struct inventory_member *survivor = &rescue_survivor(r)->member;
    const struct restore_target target = target_of(&tmp, r);
    struct restore_request request = {
        .snapshot_path = r->snapshot, .targets = &target, .target_count = 1};
    struct restore_result result;

    if (!plan_mark(r->site->plan, RESCUE_MARK_BUILT, RESCUE_NO, e) || !built_remove(r, e) ||
        (!r->in_place && !dir_make(workshop(&tmp, r), STATE_DIR_MODE, e)) ||
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
    struct member_job *survivor = rescue_survivor(r);

    if (!r->in_place || !rescue_mark_is(r, RESCUE_MARK_STARTED, RESCUE_YES))
        return built_remove(r, e);
    if (!path_exists(job_aside(&tmp, survivor, RESCUE_ASIDE)) ||
        path_exists(job_aside(&tmp, survivor, "undone")))
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

/* --- deliver --- */

static bool
deliver_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct rescue *r = op;

    *ret_progress =
        rescue_mark_is(r, RESCUE_MARK_ARRIVED, RESCUE_YES) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
deliver_guard(void *op, struct error *e)
{
    const struct rescue *r = op;
    struct member_job *survivor = rescue_survivor(r);
    struct service service;
    bool down;

    if (!job_service(survivor, &service, e) || !service_is_down(&service, &down, e))
        return false;
    return down || error_set(e, ERROR_REFUSED, "member '%s' runs again", survivor->member.name);
}

static void
deliver_progress(void *context, const char *what UNUSED, const char *unit UNUSED, uint64_t done,
                 uint64_t total)
{
    plan_progress(context, done, total);
}

/* Owner, mode and label are those of the old directory. */
static bool
tree_deliver(const struct rescue *r, const struct host *host, const struct rescue_tree *tree,
             struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct observer observer = {.context = r->site->plan, .progress = deliver_progress};
    struct host_file like;

    if (!host_file_look(&tmp, host, tree->on_host.aside, &like, e))
        return false;
    if (like.kind != HOST_DIR)
        return error_set(e, ERROR_NOT_FOUND, "%s: '%s' is not there any more", host_name(host),
                         tree->on_host.aside);
    return host_tree_send(host, tree->built, tree->on_host.place, &like, r->site->stamp, &observer,
                          e);
}

/* The log first: a directory without its database is no member's. What is there was delivered by a run
 * that was cut, since the old one was moved away. */
static bool
deliver_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct rescue *r = op;
    struct member_job *survivor = rescue_survivor(r);
    struct rescue_tree trees[JOB_TREES_MOST];
    const struct host *host;
    size_t count;

    if (!site_host(&r->site->site, &survivor->member, &host, e) ||
        !trees_of(&tmp, r, trees, &count, e) || !job_data_aside(survivor, "found", e))
        return false;
    for (size_t i = count; i-- > 0;) {
        if (!tree_deliver(r, host, &trees[i], e))
            return false;
    }
    return plan_mark(r->site->plan, RESCUE_MARK_ARRIVED, RESCUE_YES, e);
}

static bool
trees_take_back(struct rescue *r, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct rescue_tree trees[JOB_TREES_MOST];
    const struct host *host;
    size_t count;

    if (!site_host(&r->site->site, &rescue_survivor(r)->member, &host, e) ||
        !trees_of(&tmp, r, trees, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        bool aside;

        if (!host_tree_send_clear(host, trees[i].on_host.place, r->site->stamp, e) ||
            !rescue_path_exists(rescue_survivor(r), trees[i].on_host.aside, &aside, e) ||
            (aside && !host_tree_remove(host, trees[i].on_host.place, e)))
            return false;
    }
    return true;
}

/* The same of what is on the host. An undo that was cut must not take the old one, which is back, for the
 * new: the mark says what is there. */
static bool
deliver_undo(void *op, struct error *e)
{
    struct rescue *r = op;
    struct member_job *survivor = rescue_survivor(r);
    bool has_run = rescue_mark_is(r, RESCUE_MARK_STARTED, RESCUE_YES);
    bool arrived = rescue_mark_is(r, RESCUE_MARK_ARRIVED, RESCUE_YES);

    if (rescue_mark_is(r, RESCUE_MARK_ARRIVED, RESCUE_NO))
        return true;
    if (!job_stop(survivor, e) ||
        (has_run || !arrived ? !job_data_aside(survivor, "undone", e) : !trees_take_back(r, e)))
        return false;
    return plan_mark(r->site->plan, RESCUE_MARK_ARRIVED, RESCUE_NO, e);
}

const struct step rescue_step_deliver = {
    .name = "deliver",
    .intent = "bring the new directory of %{survivor} to %{host}, its SHA-256 compared at both "
              "ends, with owner, mode and label of the old one",
    .field = rescue_field,
    .check = deliver_check,
    .guard = deliver_guard,
    .run = deliver_run,
    .undo = deliver_undo,
};
