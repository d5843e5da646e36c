/* The steps of a rescue behind the new directory: the others forgotten, started, proven. */

#include <string.h>

#include "base/io.h"
#include "cluster/inventory_save.h"
#include "etcd/kv.h"
#include "etcd/maintenance.h"
#include "ops/hash_compare.h"
#include "ops/lab.h"
#include "ops/lab_programs.h"
#include "ops/member_life.h"
#include "ops/member_rescue.h"
#include "ops/writes_since.h"
#include "plan/state_dir.h"

enum { START_TIMEOUT_S = 120, PROOF_TIMEOUT_S = 120 };

/* --- configure --- */

static bool
configure_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct rescue *r = op;
    struct inventory *inventory;

    if (!membership_inventory(&tmp, r->site, &inventory, e))
        return false;
    *ret_progress = inventory_is_kept(&r->keeping) && inventory->members.count == 1 ? PROGRESS_DONE
                                                                                    : PROGRESS_TODO;
    return true;
}

static bool
configure_run(void *op, struct error *e)
{
    struct rescue *r = op;

    if (!inventory_keep(&r->keeping, e))
        return false;
    for (size_t i = 1; i < r->member_count; i++) {
        if (!job_forget(&r->site->jobs[i], e))
            return false;
    }
    return true;
}

/* A lab's members are known to its supervisor again. */
static bool
lab_members_install(const struct rescue *r, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory *inventory;

    if (!membership_inventory(&tmp, r->site, &inventory, e))
        return false;
    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];
        struct service service;
        enum service_state state;

        if (!site_service(&r->site->site, m, &service, e) || !service_state(&service, &state, e) ||
            (state == SERVICE_ABSENT &&
             !service_install(&service, lab_member_argv(&tmp, inventory, m), e)))
            return false;
    }
    return true;
}

/* The file is put back byte for byte. */
static bool
configure_undo(void *op, struct error *e)
{
    struct rescue *r = op;

    if (!inventory_is_kept(&r->keeping))
        return true;
    return inventory_put_back(&r->keeping, e) && (!r->in_place || lab_members_install(r, e)) &&
           inventory_forget_kept(&r->keeping, e);
}

const struct step rescue_step_configure = {
    .name = "configure",
    .intent = "take the others out of the inventory: %{survivor} is the cluster",
    .field = rescue_field,
    .check = configure_check,
    .run = configure_run,
    .undo = configure_undo,
};

/* --- start --- */

static bool
lab_serves(const struct rescue *r, bool *ret_serves, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct lab *lab;

    if (!lab_status(&tmp, r->site->context->state_dir, r->site->lab, &lab, e))
        return false;
    *ret_serves = lab->members.count == 1 && lab->members.items[0].healthy;
    return true;
}

/* Nobody who answers is an answer, too. */
static bool
host_serves(const struct rescue *r)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    struct cluster_view view;

    return membership_look(&tmp, r->site, &view, &ignored) && view.member_count == 1 &&
           view_voters_serving(&view) == 1;
}

static bool
start_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct rescue *r = op;
    bool serves = false;

    if (!r->in_place)
        serves = host_serves(r);
    else if (!lab_serves(r, &serves, e))
        return false;
    *ret_progress = serves && rescue_mark_is(r, RESCUE_MARK_STARTED, RESCUE_YES) ? PROGRESS_DONE
                                                                                 : PROGRESS_TODO;
    return true;
}

static bool
lab_start(const struct rescue *r, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct lab_up_request request = {.state_dir = r->site->context->state_dir,
                                           .name = r->site->lab,
                                           .timeout_ms = (int64_t)START_TIMEOUT_S * 1000};
    struct lab *lab;

    return lab_up(&tmp, &request, &lab, e);
}

static bool
host_start(const struct rescue *r, struct error *e)
{
    struct service service;
    unsigned failures = 0;

    if (!job_service(rescue_survivor(r), &service, e) || !member_life_start(&service, e))
        return false;
    while (!host_serves(r)) {
        if (!member_life_check(&service, &failures, e) ||
            !membership_wait(r->site, "it does not serve", e))
            return false;
    }
    return true;
}

static bool
start_run(void *op, struct error *e)
{
    struct rescue *r = op;

    return plan_mark(r->site->plan, RESCUE_MARK_STARTED, RESCUE_YES, e) &&
           (r->in_place || rescue_workshop_remove(r, e)) &&
           (r->in_place ? lab_start(r, e) : host_start(r, e));
}

static bool
start_undo(void *op, struct error *e)
{
    return job_stop(rescue_survivor(op), e);
}

static bool
writes_refuse(const struct rescue *r, const struct cluster_view *view, int64_t rescued,
              struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;
    int64_t now = view_revision(view);
    bool took;

    if (now <= rescued)
        return true;
    if (!membership_client(r->site, view, 0, &client, e) ||
        !cluster_took_writes(client, rescued, now, &took, e))
        return false;
    return !took || error_set(e, ERROR_REFUSED,
                              "the new cluster took writes: revision %lld, rescued were %lld",
                              (long long)now, (long long)rescued);
}

/* Undo is for a cluster that nobody has written to: what was written would be lost with it. */
static bool
start_undo_guard(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct rescue *r = op;
    struct db_snapshot_report report;
    struct cluster_view view;

    if (!rescue_mark_is(r, RESCUE_MARK_STARTED, RESCUE_YES) || !path_exists(r->snapshot))
        return true;
    if (!membership_look(&tmp, r->site, &view, e)) {
        error_clear(e); /* nobody answers: the directory is kept when it is undone */
        return true;
    }
    return rescue_snapshot_verify(&tmp, r, &report, e) &&
           writes_refuse(r, &view, report.summary.current_revision, e);
}

const struct step rescue_step_start = {
    .name = "start",
    .intent = "start %{survivor} on the new directory and wait until it is healthy",
    .field = rescue_field,
    .check = start_check,
    .run = start_run,
    .undo = start_undo,
    .undo_guard = start_undo_guard,
    .timeout_s = START_TIMEOUT_S,
};

/* --- prove --- */

static bool
prove_check(void *op UNUSED, enum progress *ret_progress, struct error *e UNUSED)
{
    *ret_progress = PROGRESS_TODO;
    return true;
}

static bool
prove_run(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static bool
hash_prove(struct rescue *r, const struct db_snapshot_report *report,
           const struct cluster_view *view, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    const struct hash_reference reference = {
        .path = r->snapshot, .info = &report->info, .summary = &report->summary};
    struct hash_comparison comparison;
    struct etcd_hash_kv hash;

    if (!membership_client_of(r->site, &view->members[0], &client, e) ||
        !etcd_hash_kv_at(&tmp, client, 0, hash_reference_revision(&reference), &hash, e) ||
        !hash_compare(&tmp, &reference, &hash, &comparison, e))
        return false;
    if (comparison.match != HASH_EQUAL)
        return error_set(e, ERROR_VERIFY, "%s", comparison.note);
    plan_note(r->site->plan, "HashKV %u at revision %lld, equal to what the survivor had; now %s",
              comparison.expected, (long long)hash_reference_revision(&reference),
              quorum_text(&tmp, view_voter_count(view)));
    return true;
}

static bool
proof_once(struct rescue *r, const struct db_snapshot_report *report, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct cluster_view view;

    if (!membership_look(&tmp, r->site, &view, e))
        return false;
    if (view.member_count != 1 || view_voters_serving(&view) != 1)
        return error_set(e, ERROR_VERIFY, "the cluster has %zu members, %zu serve",
                         view.member_count, view_voters_serving(&view));
    return hash_prove(r, report, &view, e);
}

/* A file that knows ids knows the new ones. */
static bool
ids_note(const struct rescue *r, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory *inventory;
    struct inventory_member *survivor;
    struct cluster_view view;

    if (r->in_place)
        return true;
    if (!membership_inventory(&tmp, r->site, &inventory, e) ||
        !membership_look(&tmp, r->site, &view, e))
        return false;
    survivor = &inventory->members.items[0];
    inventory->id = inventory->id != 0 ? view.cluster_id : 0;
    survivor->id = survivor->id != 0 ? view.members[0].member.id : 0;
    return inventory_save(inventory, e);
}

static void
what_is_next(const struct rescue *r)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *lost = rescue_lost_names(&tmp, r);

    if (lost[0] != '\0')
        plan_note(
            r->site->plan,
            "keep etcd from running on the hosts of %s should they come back: they are members "
            "of the old cluster, and the quorum of it",
            lost);
    plan_note(r->site->plan, "one may not fail yet: quorate member grow --cluster %s %s",
              r->site->plan->cluster,
              r->in_place ? arena_printf(&tmp, "--to %zu", r->member_count)
                          : "NAME=ssh://root@HOST ...");
}

static bool
prove_verify(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct rescue *r = op;
    struct db_snapshot_report report;

    if (!rescue_snapshot_verify(&tmp, r, &report, e))
        return false;
    while (!proof_once(r, &report, e)) {
        struct error last = *e;

        if (!membership_wait(r->site, "", e)) {
            *e = last;
            return false;
        }
        error_clear(e);
    }
    what_is_next(r);
    return ids_note(r, e);
}

const struct step rescue_step_prove = {
    .name = "prove",
    .intent = "read back from the cluster: one member, HashKV equal to that of what was taken",
    .field = rescue_field,
    .check = prove_check,
    .run = prove_run,
    .verify = prove_verify,
    .undo = step_nothing_to_undo,
    .timeout_s = PROOF_TIMEOUT_S,
};
