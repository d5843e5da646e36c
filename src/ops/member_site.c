/* How the plans of membership look at their cluster, and how they make calls that change it. */

#include <string.h>

#include "base/failpoint.h"
#include "base/io.h"
#include "base/time.h"
#include "cluster/connect.h"
#include "ops/member_state.h"

enum { AGAIN_MS = 250 };

bool
membership_inventory(struct arena *mem, const struct membership *ms,
                     struct inventory **ret_inventory, struct error *e)
{
    return plan_cluster_inventory(mem, &ms->cluster, ret_inventory, e);
}

static void
options_of(const struct membership *ms, const struct inventory *inventory,
           struct etcd_options *ret_options)
{
    inventory_etcd_options(inventory, ret_options);
    ret_options->user = ms->context->user;
    ret_options->password = ms->context->password;
}

bool
membership_look(struct arena *mem, const struct membership *ms, struct cluster_view *ret_view,
                struct error *e)
{
    struct inventory *inventory;
    struct etcd_options options;

    if (!membership_inventory(mem, ms, &inventory, e))
        return false;
    options_of(ms, inventory, &options);
    return cluster_view_fetch(mem, &options, ret_view, e);
}

static bool
client_open(const struct membership *ms, const char *const *endpoints, size_t count,
            struct etcd_client **ret_client, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory *inventory;
    struct etcd_options options;

    if (!membership_inventory(&tmp, ms, &inventory, e))
        return false;
    options_of(ms, inventory, &options);
    options.endpoints = endpoints;
    options.endpoint_count = count;
    return etcd_client_open(&options, ret_client, e);
}

bool
membership_client_of(const struct membership *ms, const struct member_view *member,
                     struct etcd_client **ret_client, struct error *e)
{
    return client_open(ms, &member->endpoint, 1, ret_client, e);
}

bool
membership_client(const struct membership *ms, const struct cluster_view *view, uint64_t but,
                  struct etcd_client **ret_client, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    ARRAY(const char *) endpoints = ARRAY_INIT;

    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (m->known && !m->member.is_learner && m->member.id != but && m->status.leader != 0)
            *ARRAY_PUSH(&tmp, &endpoints) = m->endpoint;
    }
    if (endpoints.count == 0)
        return error_set(e, ERROR_UNAVAILABLE, "no voter of '%s' serves", ms->plan->cluster);
    return client_open(ms, endpoints.items, endpoints.count, ret_client, e);
}

const struct member_view *
job_member(const struct member_job *job, const struct cluster_view *view)
{
    for (size_t i = 0; i < job->member.peer_urls.count; i++) {
        const struct member_view *m = view_member_by_peer_url(view, job->member.peer_urls.items[i]);

        if (m != NULL && m->member.id != job->old_id)
            return m;
    }
    return NULL;
}

bool
job_look(struct arena *mem, const struct member_job *job, struct cluster_view *ret_view,
         const struct member_view **ret_member, struct error *e)
{
    if (!membership_look(mem, job->of, ret_view, e))
        return false;
    *ret_member = job_member(job, ret_view);
    return true;
}

bool
job_step_recorded(const struct member_job *job, const char *step)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return plan_step_recorded(job->of->plan, arena_printf(&tmp, "%s %s", step, job->member.name));
}

bool
job_service(const struct member_job *job, struct service *ret_service, struct error *e)
{
    return site_service(&job->of->site, &job->member, ret_service, e);
}

/* What etcd refuses now and allows in a moment: see etcd/rpc_errors.list. */
static bool
passes(const struct error *e)
{
    static const char *const causes[] = {"unhealthy-cluster", "learner-not-ready",
                                         "not-enough-members", "no-leader", "leader-changed"};

    for (size_t i = 0; e->cause != NULL && i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (strcmp(e->cause, causes[i]) == 0)
            return true;
    }
    return false;
}

bool
membership_wait(const struct membership *ms, const char *what, struct error *e)
{
    if (plan_interrupted(ms->plan))
        return error_set(e, ERROR_CANCELLED, "interrupted");
    if (time_monotonic_ms() + AGAIN_MS > plan_deadline_ms(ms->plan))
        return error_set(e, ERROR_TIMEOUT, "%s", what);
    time_sleep_ms(AGAIN_MS);
    return true;
}

static bool
call_make(struct member_job *job, member_call *call, struct etcd_client *client, uint64_t id,
          struct error *e)
{
    return call(job, client, id, e) &&
           (!FAILPOINT(member_change) || error_set(e, ERROR_TIMEOUT, "the answer was lost"));
}

bool
job_change(struct member_job *job, member_call *call, uint64_t id, struct error *e)
{
    bool told = false;

    for (;;) {
        AUTO_ARENA tmp = ARENA_INIT;
        AUTO_ETCD_CLIENT client = NULL;
        struct cluster_view view;
        struct error waiting;

        if (!membership_look(&tmp, job->of, &view, e) ||
            !membership_client(job->of, &view, id, &client, e))
            return false;
        if (call_make(job, call, client, id, e))
            return true;
        if (!passes(e))
            return false;
        if (!told)
            plan_note(job->of->plan, "etcd is not ready for it yet (%s): waiting", e->text);
        told = true;
        waiting = *e;
        if (!membership_wait(job->of, waiting.text, e)) {
            if (e->code == ERROR_TIMEOUT)
                *e = waiting;
            return false;
        }
        error_clear(e);
    }
}

const char *
job_field(const void *op, struct arena *mem, const char *name)
{
    const struct member_job *job = op;

    if (strcmp(name, "member") == 0)
        return arena_text(mem, job->member.name);
    if (strcmp(name, "peer_url") == 0)
        return arena_text(mem, job->member.peer_urls.items[0]);
    if (strcmp(name, "data_dir") == 0)
        return arena_text(mem, job->member.data_dir);
    if (strcmp(name, "aside") == 0)
        return arena_text(mem, path_name(job_aside(mem, job, "removed")));
    if (strcmp(name, "quorum") == 0)
        return quorum_text(mem, job->voters_after);
    if (strcmp(name, "pki") == 0 && job->pki != NULL)
        return arena_text(mem, job->pki);
    if (strcmp(name, "old_id") == 0)
        return arena_printf(mem, "%llx", (unsigned long long)job->old_id);
    return NULL;
}

bool
member_nothing_to_undo(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}
