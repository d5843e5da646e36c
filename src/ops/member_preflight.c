/* The first step of the plans that change the membership, and what is asked of a joiner before there
 * is a plan at all: nothing is changed on the strength of hope. */

#include <string.h>

#include "base/io.h"
#include "base/number.h"
#include "format/peer_urls.h"
#include "node/host/host_file.h"
#include "node/local_address.h"
#include "ops/lab_ports.h"
#include "ops/member_host_certs.h"
#include "ops/member_state.h"

struct joiner
joiner_of(const struct inventory_member *member)
{
    return (struct joiner){.name = member->name,
                           .peer_urls = member->peer_urls.items,
                           .peer_url_count = member->peer_urls.count,
                           .data_dir = member->data_dir,
                           .state = "existing"};
}

const char *
member_initial_cluster(struct arena *mem, const struct inventory_member *member,
                       const struct cluster_view *view)
{
    AUTO_BUF out = BUF_INIT;
    const struct member_view *self = view_member_by_peer_url(view, member->peer_urls.items[0]);

    for (size_t i = 0; i < member->peer_urls.count; i++)
        buf_printf(&out, "%s%s=%s", out.size > 0 ? "," : "", member->name,
                   member->peer_urls.items[i]);
    for (size_t i = 0; i < view->member_count; i++) {
        const struct etcd_member *m = &view->members[i].member;

        for (size_t k = 0; &view->members[i] != self && k < m->peer_url_count; k++)
            buf_printf(&out, ",%s=%s", m->name, m->peer_urls[k]);
    }
    return arena_text(mem, buf_text(&out));
}

static bool
url_port(struct arena *mem, const char *url, const char **ret_host, uint16_t *ret_port,
         struct error *e)
{
    const char *port;
    uint64_t number;

    if (!peer_url_host_port(mem, url, ret_host, &port))
        return error_set(e, ERROR_USAGE, "'%s' has no host and port", url);
    if (!number_parse_u64(port, &number, e) || number == 0 || number > UINT16_MAX)
        return error_set(e, ERROR_USAGE, "'%s' has no port", url);
    *ret_port = (uint16_t)number;
    return true;
}

/* The first foreign address goes to the joiner, for its rule. */
static bool
urls_look(struct arena *mem, const struct inventory_urls *urls, const char **ret_foreign,
          struct error *e)
{
    for (size_t i = 0; i < urls->count && *ret_foreign == NULL; i++) {
        const char *host;
        uint16_t port;

        if (!url_port(mem, urls->items[i], &host, &port, e) ||
            !local_address_check(mem, host, ret_foreign, e))
            return error_wrap(e, "'%s'", urls->items[i]);
        if (*ret_foreign == NULL && !lab_port_is_free(port)) {
            error_set_(e, ERROR_CONFLICT, 0, "port %u of '%s' is taken", port, urls->items[i]);
            return error_hint(e, "see who listens there: ss -ltnp 'sport = :%u'", port);
        }
    }
    return true;
}

/* What a lab's member needs of this machine. */
static bool
lab_look(struct arena *mem, const struct inventory_member *member, struct joiner *joiner,
         struct error *e)
{
    return urls_look(mem, &member->peer_urls, &joiner->foreign_address, e) &&
           urls_look(mem, &member->client_urls, &joiner->foreign_address, e);
}

/* What a member needs of its host: its certificates, and nothing that runs under its unit or manifest already. */
static bool
host_look(struct site *site, const struct inventory_member *member, const char *pki,
          struct error *e)
{
    enum service_state state;
    struct service service;

    if (!site_service(site, member, &service, e) || !service_state(&service, &state, e))
        return false;
    if (state == SERVICE_ABSENT || state == SERVICE_STOPPED || state == SERVICE_IDLE)
        return pki != NULL || member_host_certs_check(service.host, member, e);
    error_set_(e, ERROR_CONFLICT, 0, "%s: '%s' is %s already", host_name(service.host),
               service.place, service_state_word(state));
    return error_hint(e, "stop it there first, when it is nobody's: another etcd cannot run in its "
                         "place");
}

static bool
name_is_free(const struct inventory *inventory, const struct inventory_member *member,
             struct error *e)
{
    return inventory->lab != NULL || inventory_member_by_name(inventory, member->name) == NULL ||
           error_set(e, ERROR_CONFLICT, "'%s' has a member '%s' already", inventory->path,
                     member->name) ||
           error_hint(e, "choose another name, or see 'quorate cluster check %s'", inventory->name);
}

bool
member_may_join(struct site *site, const struct inventory *inventory,
                const struct cluster_view *view, const struct inventory_member *member,
                bool in_place, const char *pki, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct joiner joiner = joiner_of(member);
    enum dir_state data = DIR_ABSENT;

    /* Of hosts, more is looked at by the first step: member_host_allows. */
    joiner.version = inventory->lab != NULL ? inventory->lab->etcd_version : inventory->version;
    joiner.initial_cluster = member_initial_cluster(&tmp, member, view);
    if (!in_place && (!name_is_free(inventory, member, e) ||
                      !rule_may_add_learner(view, &joiner, e) || !rule_endpoints_belong(view, e) ||
                      !member_dir_look(site, member, member->data_dir, &data, e) ||
                      !(inventory->lab != NULL ? lab_look(&tmp, member, &joiner, e)
                                               : host_look(site, member, pki, e))))
        return error_wrap(e, "'%s' cannot join", member->name);
    joiner.has_data = data == DIR_FULL;
    return rule_joiner_configuration(view, &joiner, e) ||
           error_wrap(e, "'%s' cannot join", member->name);
}

/* --- the step --- */

static bool
preflight_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct membership *ms = op;

    *ret_progress = plan_step_recorded(ms->plan, "preflight") ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

/* Who is to be stopped has to be reached: out of the list it would run on. */
static bool
leaver_is_reached(const struct member_job *job, struct error *e)
{
    enum service_state state;
    struct service service;

    return job->lost || job->of->lab != NULL ||
           (job_service(job, &service, e) && service_state(&service, &state, e)) ||
           error_wrap(e, "'%s' cannot leave", job->member.name);
}

static bool
leaver_judge(const struct member_job *job, const struct cluster_view *view, struct error *e)
{
    if (view_member_by_id(view, job->old_id) == NULL)
        return error_set(e, ERROR_CONFLICT, "'%s' (%llx) is in the member list no more",
                         job->member.name, (unsigned long long)job->old_id);
    return (!job->of->replaces || rule_may_replace(view, job->old_id, e)) &&
           leaver_is_reached(job, e);
}

static bool
joiner_judge(struct membership *ms, const struct inventory *inventory,
             const struct cluster_view *view, const struct member_job *job, struct error *e)
{
    return member_may_join(&ms->site, inventory, view, &job->member, ms->replaces, job->pki, e) &&
           member_host_allows(ms, inventory, view, &job->member, job_in_place(job), e) &&
           job_may_be_laid_out(job, inventory, view, e);
}

static bool
jobs_judge(struct membership *ms, const struct inventory *inventory,
           const struct cluster_view *view, struct error *e)
{
    for (size_t i = 0; i < ms->job_count; i++) {
        const struct member_job *job = &ms->jobs[i];

        if (job->action == MEMBER_LEAVES ? !leaver_judge(job, view, e)
                                         : !joiner_judge(ms, inventory, view, job, e))
            return false;
    }
    return true;
}

static bool
preflight_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct membership *ms = op;
    struct inventory *inventory;
    struct cluster_view view;

    if (!membership_inventory(&tmp, ms, &inventory, e) || !membership_look(&tmp, ms, &view, e))
        return false;
    if (view_voter_count(&view) != ms->voters)
        return error_set(e, ERROR_CONFLICT,
                         "the cluster has %zu voters, and this plan was made for %zu",
                         view_voter_count(&view), ms->voters);
    plan_note(ms->plan, "now %s; %zu serve", quorum_text(&tmp, ms->voters),
              view_voters_serving(&view));
    return jobs_judge(ms, inventory, &view, e);
}

static bool
preflight_verify(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static const char *
membership_field(const void *op, struct arena *mem, const char *name)
{
    const struct membership *ms = op;

    if (strcmp(name, "before") == 0)
        return quorum_text(mem, ms->voters);
    if (strcmp(name, "after") == 0)
        return quorum_text(mem, ms->jobs[ms->job_count - 1].voters_after);
    return NULL;
}

static const struct step preflight_step = {
    .name = "preflight",
    .intent = "look at the cluster (%{before}; afterwards %{after}), names, URLs and whether "
              "they are reached both ways, ports, directories, disks, clocks, versions, what the "
              "new ones will be started by",
    .field = membership_field,
    .check = preflight_check,
    .run = preflight_run,
    .verify = preflight_verify,
    .undo = step_nothing_to_undo,
};

void
membership_add_preflight(struct membership *ms)
{
    plan_add_step(ms->plan, &preflight_step, NULL, ms);
}
