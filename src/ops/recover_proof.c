/* The last step of a recovery: the evidence, read back from the new cluster. */

#include <string.h>

#include "base/time.h"
#include "cluster/rules.h"
#include "etcd/kv.h"
#include "etcd/maintenance.h"
#include "ops/recover_state.h"

enum {
    PROOF_TIMEOUT_S = 120,
    PROOF_PAUSE_MS = 200,
    PROOF_CALL_TIMEOUT_MS = 60000, /* HashKV reads the whole history */
};

static bool
members_prove(const struct recover *r, const struct cluster_view *view, struct error *e)
{
    if (view->member_count != r->cluster.count)
        return error_set(e, ERROR_VERIFY, "the cluster has %zu members, planned were %zu",
                         view->member_count, r->cluster.count);
    for (size_t i = 0; i < r->cluster.count; i++) {
        const struct initial_member *planned = &r->cluster.members[i];
        const struct member_view *m = view_member_by_id(view, planned->id);

        if (m == NULL)
            return error_set(e, ERROR_VERIFY, "member '%s' (%llx) is not in the member list",
                             planned->name, (unsigned long long)planned->id);
        if (!m->known) {
            *e = m->unknown_because;
            return error_wrap(e, "member '%s'", planned->name);
        }
        if (m->status.leader == 0 || m->status.leader != view->leader_id)
            return error_set(e, ERROR_VERIFY, "member '%s' does not know the leader yet",
                             planned->name);
    }
    if (view->cluster_id != r->cluster.cluster_id)
        return error_set(e, ERROR_VERIFY, "the cluster's id is %llx, planned was %llx",
                         (unsigned long long)view->cluster_id,
                         (unsigned long long)r->cluster.cluster_id);
    if (view->alarm_count > 0 && !r->keep_alarms)
        return error_set(e, ERROR_VERIFY, "there is an alarm in the new cluster");
    return true;
}

/*
 * A bump leaves the cluster at the revision it is compacted at, and etcd before 3.4.27 and 3.5.10
 * refuses to hash just that one. There the count of keys has to do.
 */
static bool
hash_is_refused(const struct recover *r, const struct error *e)
{
    return r->bump_revision > 0 && e->code == ERROR_NOT_FOUND &&
           strstr(e->text, "has been compacted") != NULL;
}

static bool
hashes_prove(struct recover *r, struct etcd_client *client, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct hash_reference reference = {
        .path = r->snapshot,
        .info = &r->report.info,
        .summary = &r->report.summary,
        .bumped_revision = r->bump_revision > 0 ? recover_revision_after(r) : 0,
    };
    struct etcd_hash_kv_answer *answers;

    etcd_hash_kv_each(&tmp, client, hash_reference_revision(&reference), &answers);
    for (size_t i = 0; i < r->member_count; i++) {
        const char *name = r->members[i].configured->name;
        struct hash_comparison comparison;

        if (!answers[i].answer.ok) {
            *e = answers[i].answer.error;
            if (!hash_is_refused(r, e))
                return error_wrap(e, "HashKV of member '%s'", name);
            plan_note(r->plan,
                      "member %s: this etcd does not hash the revision it has compacted at", name);
            continue;
        }
        if (!hash_compare(&tmp, &reference, &answers[i].hash_kv, &comparison, e))
            return false;
        if (comparison.match != HASH_EQUAL)
            return error_set(e, ERROR_VERIFY, "member '%s': %s", name, comparison.note);
        plan_note(r->plan, "member %s: HashKV %u at revision %lld, equal to the snapshot's", name,
                  comparison.expected, (long long)hash_reference_revision(&reference));
    }
    return true;
}

/* A linearizable count: it needs the quorum, so it proves that too. */
static bool
keys_prove(struct recover *r, struct etcd_client *client, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_range_request all = {
        .key = bytes_of("", 1), .range_end = bytes_of("", 1), .count_only = true};
    struct etcd_range_response response;

    if (!etcd_range(&tmp, client, &all, &response, e))
        return error_wrap(e, "counting the keys");
    if ((uint64_t)response.count != r->keys)
        return error_set(e, ERROR_VERIFY, "the cluster has %lld keys, the snapshot has %llu",
                         (long long)response.count, (unsigned long long)r->keys);
    plan_note(r->plan, "%llu keys, read with quorum", (unsigned long long)r->keys);
    return true;
}

static bool
proof_once(struct recover *r, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    struct etcd_options options;
    struct cluster_view view;

    recover_etcd_options(r, &options);
    if (!cluster_view_fetch(&tmp, &options, &view, e) || !members_prove(r, &view, e))
        return false;
    options.command_timeout_ms = PROOF_CALL_TIMEOUT_MS;
    return etcd_client_open(&options, &client, e) && hashes_prove(r, client, e) &&
           keys_prove(r, client, e);
}

static bool
prove_check(void *op UNUSED, enum progress *ret_progress, struct error *e UNUSED)
{
    /* Evidence is gathered anew by each process. */
    *ret_progress = PROGRESS_TODO;
    return true;
}

static bool
prove_run(void *op, struct error *e)
{
    return recover_verify_snapshot(op, e);
}

/* Right after the start members may still elect, or finish the compaction that a bump brings. */
static bool
prove_verify(void *op, struct error *e)
{
    struct recover *r = op;

    while (!proof_once(r, e)) {
        if (time_monotonic_ms() + PROOF_PAUSE_MS > plan_deadline_ms(r->plan) ||
            plan_interrupted(r->plan))
            return false;
        time_sleep_ms(PROOF_PAUSE_MS);
        error_clear(e);
    }
    return true;
}

const struct step recover_step_prove = {
    .name = "prove",
    .intent = "read back from the cluster: its members, one leader, HashKV on each equal to the "
              "snapshot's, "
              "%{keys} keys",
    .check = prove_check,
    .run = prove_run,
    .verify = prove_verify,
    .undo = step_nothing_to_undo,
    .timeout_s = PROOF_TIMEOUT_S,
};
