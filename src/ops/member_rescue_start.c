/* The steps of a rescue behind the new directory: the others forgotten, started, proven. */

#include <string.h>

#include "base/io.h"
#include "etcd/kv.h"
#include "etcd/maintenance.h"
#include "ops/hash_compare.h"
#include "ops/lab.h"
#include "ops/lab_programs.h"
#include "ops/member_rescue.h"
#include "plan/state_dir.h"

enum { START_TIMEOUT_S = 120, PROOF_TIMEOUT_S = 120, CONFIG_MOST = 1 << 20 };

static const char *
config_path(struct arena *mem, const struct rescue *r)
{
    return path_join(mem, r->site->site.lab_dir, INVENTORY_LAB_FILE);
}

/* --- configure --- */

static bool
configure_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct rescue *r = op;
    struct inventory *inventory;

    if (!membership_inventory(&tmp, r->site, &inventory, e))
        return false;
    *ret_progress =
        path_exists(r->old_config) && inventory->members.count == 1 ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
config_keep(struct arena *mem, const struct rescue *r, struct error *e)
{
    struct bytes text;

    return path_exists(r->old_config) ||
           (file_read_all(mem, config_path(mem, r), CONFIG_MOST, &text, e) &&
            file_replace(r->old_config, text, STATE_FILE_MODE, e));
}

static bool
configure_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct rescue *r = op;

    if (!config_keep(&tmp, r, e))
        return false;
    for (size_t i = 1; i < r->member_count; i++) {
        if (!job_forget(&r->site->jobs[i], e))
            return false;
    }
    return true;
}

/* The file is put back byte for byte, and its members are known to their host again. */
static bool
configure_undo(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct rescue *r = op;
    struct inventory *inventory;
    struct bytes text;

    if (!path_exists(r->old_config))
        return true;
    if (!file_read_all(&tmp, r->old_config, CONFIG_MOST, &text, e) ||
        !file_replace(config_path(&tmp, r), text, STATE_FILE_MODE, e) ||
        !membership_inventory(&tmp, r->site, &inventory, e))
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
    return tree_remove(r->old_config, e);
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
start_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct rescue *r = op;
    struct lab *lab;

    if (!lab_status(&tmp, r->site->context->state_dir, r->site->lab, &lab, e))
        return false;
    *ret_progress = rescue_mark_is(r, RESCUE_MARK_STARTED, RESCUE_YES) && lab->members.count == 1 &&
                            lab->members.items[0].healthy
                        ? PROGRESS_DONE
                        : PROGRESS_TODO;
    return true;
}

static bool
start_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct rescue *r = op;
    const struct lab_up_request request = {.state_dir = r->site->context->state_dir,
                                           .name = r->site->lab,
                                           .timeout_ms = (int64_t)START_TIMEOUT_S * 1000};
    struct lab *lab;

    return plan_mark(r->site->plan, RESCUE_MARK_STARTED, RESCUE_YES, e) &&
           lab_up(&tmp, &request, &lab, e);
}

static bool
start_undo(void *op, struct error *e)
{
    struct rescue *r = op;

    return job_stop(&r->site->jobs[0], e);
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
    if (!rescue_snapshot_verify(&tmp, r, &report, e))
        return false;
    for (size_t i = 0; i < view.member_count; i++) {
        const struct member_view *m = &view.members[i];

        if (m->known && m->status.header.revision > report.summary.current_revision)
            return error_set(
                e, ERROR_REFUSED, "the new cluster took writes: revision %lld, rescued were %lld",
                (long long)m->status.header.revision, (long long)report.summary.current_revision);
    }
    return true;
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
    plan_note(r->site->plan, "one may not fail yet: quorate member grow --cluster %s --to %zu",
              r->site->plan->cluster, r->member_count);
    return true;
}

const struct step rescue_step_prove = {
    .name = "prove",
    .intent = "read back from the cluster: one member, HashKV equal to that of what was taken",
    .field = rescue_field,
    .check = prove_check,
    .run = prove_run,
    .verify = prove_verify,
    .undo = member_nothing_to_undo,
    .timeout_s = PROOF_TIMEOUT_S,
};
