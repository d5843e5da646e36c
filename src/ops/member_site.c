/* How the plans of membership look at their cluster, and how they make calls that change it. */

#include <string.h>

#include "base/failpoint.h"
#include "base/io.h"
#include "ops/live_cluster.h"
#include "ops/member_state.h"

/* What all plans on a cluster that serves do alike; its hosts are not asked for it. */
static struct live_cluster
live_of(const struct membership *ms)
{
    return (struct live_cluster){.plan = ms->plan, .context = ms->context, .cluster = ms->cluster};
}

bool
membership_inventory(struct arena *mem, const struct membership *ms,
                     struct inventory **ret_inventory, struct error *e)
{
    return plan_cluster_inventory(mem, &ms->cluster, ret_inventory, e);
}

bool
membership_look(struct arena *mem, const struct membership *ms, struct cluster_view *ret_view,
                struct error *e)
{
    struct live_cluster live = live_of(ms);

    return live_look(mem, &live, ret_view, e);
}

bool
membership_client_of(const struct membership *ms, const struct member_view *member,
                     struct etcd_client **ret_client, struct error *e)
{
    struct live_cluster live = live_of(ms);

    return live_client_of(&live, member, ret_client, e);
}

bool
membership_client(const struct membership *ms, const struct cluster_view *view, uint64_t but,
                  struct etcd_client **ret_client, struct error *e)
{
    struct live_cluster live = live_of(ms);

    return live_client(&live, view, but, ret_client, e);
}

bool
membership_leadership_leave(const struct membership *ms, uint64_t id, const char *name,
                            struct error *e)
{
    struct live_cluster live = live_of(ms);

    return live_leadership_leave(&live, id, name, e);
}

bool
membership_hashes_prove(const struct membership *ms, const struct cluster_view *view,
                        struct error *e)
{
    struct live_cluster live = live_of(ms);

    return live_hashes_prove(&live, view, e);
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
    struct live_cluster live = live_of(ms);

    return live_wait(&live, what, e);
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
