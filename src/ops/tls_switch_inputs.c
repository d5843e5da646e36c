/* The inputs of 'tls enable' and 'tls disable': where each member is now, and by which ports it goes. */

#include "base/json.h"
#include "base/json_writer.h"
#include "cluster/inventory_json.h"
#include "cluster/inventory_members.h"
#include "node/host/host_facts.h"
#include "node/kubeadm_map.h"
#include "ops/lab_ports.h"
#include "ops/plan_cluster.h"
#include "ops/tls_switch_json.h"

struct making {
    struct arena *mem;
    const struct tls_switch_request *request;
    struct site site;
    struct cluster_view view;
    struct tls_switch plan; /* its jobs */
};

static bool
member_of(const struct making *m, const struct member_view *listed,
          const struct inventory_member **ret_member, struct error *e)
{
    if (listed->member.is_learner)
        return error_set(e, ERROR_REFUSED, "'%s' is a learner: promote it or take it out first",
                         listed->member.name);
    *ret_member = inventory_member_by_name(m->request->inventory, listed->member.name);
    if (*ret_member == NULL)
        return error_set(e, ERROR_REFUSED, "the inventory of '%s' has no member '%s'",
                         m->request->inventory->name, listed->member.name) ||
               error_hint(e, "quorate cluster discover --cluster %s --write",
                          m->request->inventory->name);
    return true;
}

/* --- the spare port --- */

enum { SPARE_FIRST = 2382, SPARE_LAST = 2480 }; /* 2381 is kubeadm's for metrics */

static bool
needs_spare(const struct making *m, const struct tls_job *job, const struct tls_urls *now)
{
    return job->addresses.spare_port == NULL && !tls_peers_arrived(now, m->request->to);
}

/* A lab's are all on one host: each gets its own. */
static bool
lab_spare_choose(struct making *m, struct tls_job *job, struct error *e)
{
    AUTO_LAB_PORTS ports = LAB_PORTS_INIT;

    if (!lab_ports_choose(m->request->state_dir, 1, &ports, e))
        return false;
    job->addresses.spare_port = arena_printf(m->mem, "%u", ports.numbers[0]);
    return true;
}

static bool
host_spare_choose(struct making *m, struct tls_job *job, const struct inventory_member *member,
                  struct error *e)
{
    const struct host *host;
    struct host_facts facts;

    if (!site_host(&m->site, member, &host, e) || !host_facts_fetch(m->mem, host, &facts, e))
        return false;
    for (unsigned port = SPARE_FIRST; port <= SPARE_LAST; port++) {
        if (host_facts_port_taken(&facts, (uint16_t)port))
            continue;
        job->addresses.spare_port = arena_printf(m->mem, "%u", port);
        return true;
    }
    return error_set(e, ERROR_REFUSED, "the ports %d to %d are taken on its host", SPARE_FIRST,
                     SPARE_LAST) ||
           error_hint(e, "--spare-peer-port PORT");
}

static bool
spare_choose(struct making *m, struct tls_job *job, const struct inventory_member *member,
             const struct tls_urls *now, struct error *e)
{
    if (!needs_spare(m, job, now))
        return true;
    if (m->request->spare_port == NULL)
        return m->plan.lab != NULL ? lab_spare_choose(m, job, e)
                                   : host_spare_choose(m, job, member, e);
    job->addresses.spare_port = m->request->spare_port;
    return true;
}

static bool
clients_choose(const struct making *m, const struct member_view *listed,
               enum tls_clients *ret_change, struct error *e)
{
    const char *version = listed->known ? listed->status.version : NULL;
    bool race = tls_clients_race(version);

    if (race && m->request->keep_plain)
        return error_set(e, ERROR_REFUSED,
                         "etcd %s may not serve clients of both schemes at one port "
                         "(etcd-io/etcd issue 15495)",
                         version != NULL ? version : "of a version that is not known") ||
               error_hint(e, "upgrade to 3.4.25, 3.5.8 or later first, or leave --keep-plain out: "
                             "its client port changes the scheme at once then");
    *ret_change = race                     ? TLS_CLIENTS_FLIP
                  : m->request->keep_plain ? TLS_CLIENTS_KEEP
                                           : TLS_CLIENTS_OVERLAP;
    return true;
}

static bool
job_make(struct making *m, const struct member_view *listed, bool returns, struct tls_job *job,
         struct error *e)
{
    const struct inventory_member *member;
    struct tls_urls now = {0};

    if (!member_of(m, listed, &member, e) || !tls_member_urls(m->mem, &m->site, member, &now, e))
        return false;
    now.peers = tls_listed_urls(m->mem, listed);
    *job = (struct tls_job){0};
    if (returns ? !tls_addresses_find_returning(m->mem, &now, m->request->to, &job->addresses, e)
                : !tls_addresses_find(m->mem, &now, m->request->to, &job->addresses, e))
        return error_wrap(e, "'%s'", member->name);
    if (job->addresses.relist != NULL)
        now.peers = tls_peers_relisted(m->mem, &job->addresses);
    if (!spare_choose(m, job, member, &now, e) ||
        !clients_choose(m, listed, &job->addresses.change, e))
        return error_wrap(e, "'%s'", member->name);
    tls_job_init(job, &m->plan);
    job->id = listed->member.id;
    job->name = member->name;
    return true;
}

/* The leader is the last. */
static bool
jobs_make(struct making *m, struct error *e)
{
    struct tls_switch *s = &m->plan;

    s->jobs = arena_zero(m->mem, (m->view.member_count + 1) * sizeof(*s->jobs));
    for (int leader = 0; leader < 2; leader++) {
        for (size_t i = 0; i < m->view.member_count; i++) {
            const struct member_view *listed = &m->view.members[i];

            if ((listed->member.id == m->view.leader_id) == (leader == 1) &&
                !job_make(m, listed, false, &s->jobs[s->job_count++], e))
                return false;
        }
    }
    return true;
}

/* Whether a member that serves has its peers in the old scheme. */
static bool
way_is_ahead(const struct making *m)
{
    for (size_t i = 0; i < m->plan.job_count; i++) {
        const struct tls_job *job = &m->plan.jobs[i];

        if (job->addresses.spare_port != NULL &&
            view_member_serves(&m->view, view_member_by_id(&m->view, job->id)))
            return true;
    }
    return false;
}

/* It is asked by https from the first step on, and only the inventory outlives this call. */
static bool
trust_judge(const struct making *m, const struct tls_job *job, struct error *e)
{
    const struct inventory *inventory = m->request->inventory;

    return inventory->client_tls.ca_file != NULL ||
           error_set(e, ERROR_REFUSED,
                     "'%s' was taken to TLS and is cut off by it, and '%s' does not say which "
                     "authority it has its certificate from",
                     job->name, inventory->path) ||
           error_hint(e, "tls: {ca_file: FILE} for '%s' there", inventory->name);
}

/*
 * A member that dials others by https, since they were listed so when it last heard of the list, cannot hear that they are
 * listed by http again: it cannot dial them, nor they it, who have no certificates. On the way back those that have dial it.
 */
static bool
returns_make(struct making *m, struct error *e)
{
    struct tls_switch *s = &m->plan;

    if (s->to == TLS_PLAIN || s->lab != NULL || !way_is_ahead(m))
        return true;
    for (size_t i = 0; i < s->job_count; i++) {
        const struct member_view *listed = view_member_by_id(&m->view, s->jobs[i].id);

        if (s->jobs[i].addresses.spare_port == NULL && !view_member_serves(&m->view, listed) &&
            (!trust_judge(m, &s->jobs[i], e) || !job_make(m, listed, true, &s->jobs[i], e)))
            return false;
    }
    return true;
}

/* Endpoints that are members' change with them; quorate would lose its way by others alone. */
static bool
endpoints_judge(const struct inventory *inventory, struct error *e)
{
    for (size_t i = 0; i < inventory->endpoints.count; i++) {
        if (inventory_endpoint_is_members(inventory, inventory->endpoints.items[i]))
            return true;
    }
    return error_set(e, ERROR_REFUSED,
                     "no endpoint of '%s' is a member's own: theirs change with "
                     "the members, others do not",
                     inventory->name) ||
           error_hint(e, "have '%s' name the members' client URLs, or no endpoints",
                      inventory->path);
}

/* But those that cannot since others do not dial them, or they others, where the member list says: it is mended first. */
static bool
view_judge(const struct making *m, struct error *e)
{
    const struct cluster_view *view = &m->view;
    bool mends = false;

    for (size_t i = 0; i < m->plan.job_count; i++)
        mends |= m->plan.jobs[i].addresses.relist != NULL || m->plan.jobs[i].addresses.returns;
    return view_voters_serving(view) == view->member_count ||
           (mends && 2 * view_voters_serving(view) > view->member_count) ||
           error_set(e, ERROR_REFUSED, "%zu of %zu members serve: all have to",
                     view_voters_serving(view), view->member_count) ||
           error_hint(e, "quorate status --cluster %s", m->request->inventory->name);
}

/* On the way back nothing is lacking. */
static bool
needs_find(struct making *m, struct error *e)
{
    if (m->request->to == TLS_SECURE)
        return tls_switch_needs(m->mem, m->request, &m->site, &m->plan, e);
    for (size_t i = 0; i < m->plan.job_count; i++) {
        if (!tls_api_needs(m->mem, &m->site, m->request->inventory, &m->plan.jobs[i], e))
            return false;
    }
    return true;
}

bool
tls_switch_inputs(struct arena *mem, const struct tls_switch_request *request,
                  struct buf *ret_inputs, struct error *e)
{
    const struct inventory *inventory = request->inventory;
    struct making m = {.mem = mem, .request = request};

    m.plan = (struct tls_switch){
        .lab = inventory->lab != NULL ? inventory->name : NULL,
        .stamp = plan_stamp_new(mem),
        .to = request->to,
        .client_auth = request->client_auth,
        .stage = {.ca_cert = "", .ca_key = ""},
        .kubeadm.kubeconfig = KUBEADM_ADMIN_CONF,
    };
    site_init(&m.site, mem, inventory);
    if (!endpoints_judge(inventory, e) || !cluster_view_fetch(mem, request->etcd, &m.view, e) ||
        !jobs_make(&m, e) || !returns_make(&m, e) || !view_judge(&m, e) || !needs_find(&m, e) ||
        !tls_kubeadm_find(mem, &m.site, inventory, &m.plan, e))
        return false;
    tls_switch_encode(inventory, &m.plan, ret_inputs);
    return true;
}
