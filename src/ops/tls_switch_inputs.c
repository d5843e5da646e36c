/* The inputs of 'tls enable' and 'tls disable': where each member is now, and by which ports it goes. */

#include "base/hash.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "cluster/inventory_json.h"
#include "ops/lab_certs.h"
#include "ops/lab_ports.h"
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

static bool
spare_choose(struct making *m, struct tls_job *job, const struct tls_urls *now, struct error *e)
{
    AUTO_LAB_PORTS ports = LAB_PORTS_INIT;
    struct tls_addresses *a = &job->addresses;

    if (a->spare_port != NULL || tls_peers_arrived(now, m->request->to))
        return true;
    if (m->request->spare_port != NULL) {
        a->spare_port = m->request->spare_port;
        return true;
    }
    if (!lab_ports_choose(m->request->state_dir, 1, &ports, e))
        return false;
    a->spare_port = arena_printf(m->mem, "%u", ports.numbers[0]);
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
job_make(struct making *m, const struct member_view *listed, struct tls_job *job, struct error *e)
{
    const struct inventory_member *member;
    struct tls_urls now = {0};

    if (!member_of(m, listed, &member, e) || !tls_member_urls(m->mem, &m->site, member, &now, e))
        return false;
    now.peers = tls_listed_urls(m->mem, listed);
    if (!tls_addresses_find(m->mem, &now, m->request->to, &job->addresses, e) ||
        !spare_choose(m, job, &now, e))
        return error_wrap(e, "'%s'", member->name);
    if (!clients_choose(m, listed, &job->addresses.change, e))
        return error_wrap(e, "'%s'", member->name);
    job->id = listed->member.id;
    job->name = member->name;
    job->tls = member->tls;
    job->peer_tls = member->peer_tls;
    if (job->tls.cert_file == NULL && m->request->inventory->lab != NULL)
        job->tls = job->peer_tls = lab_member_certs(m->mem, m->request->inventory, job->name);
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
                !job_make(m, listed, &s->jobs[s->job_count++], e))
                return false;
        }
    }
    return true;
}

bool
tls_switch_inputs(struct arena *mem, const struct tls_switch_request *request,
                  struct buf *ret_inputs, struct error *e)
{
    struct making m = {.mem = mem, .request = request};
    uint16_t random;

    if (request->inventory->lab == NULL)
        return error_set(e, ERROR_REFUSED, "'%s' is no lab: its hosts are switched by hand so far",
                         request->inventory->name) ||
               error_hint(e, "'quorate tls deliver' brings the certificates; the order of the "
                             "settings is in the guide \"TLS on and off\"");
    site_init(&m.site, mem, request->inventory);
    if (!cluster_view_fetch(mem, request->etcd, &m.view, e))
        return false;
    if (view_voters_serving(&m.view) != m.view.member_count)
        return error_set(e, ERROR_REFUSED, "%zu of %zu members serve: all have to",
                         view_voters_serving(&m.view), m.view.member_count) ||
               error_hint(e, "quorate status --cluster %s", request->inventory->name);
    if (!jobs_make(&m, e))
        return false;
    random_bytes(&random, sizeof(random));
    m.plan.stamp = arena_printf(mem, "%s-%04x", time_compact(mem, time_wall_ms()), random);
    m.plan.to = request->to;
    m.plan.client_auth = request->client_auth;
    tls_switch_encode(request->inventory, &m.plan, ret_inputs);
    return true;
}
