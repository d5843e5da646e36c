/* 'tls enable' and 'tls disable': the same way, in both directions. */

#include "ops/tls_switch.h"

#include "ops/tls_switch_json.h"

static bool
switch_of_inputs(struct plan *plan, const struct json *inputs, void *context,
                 struct tls_switch **ret_switch, struct error *e)
{
    struct tls_switch *s = arena_zero(plan->mem, sizeof(*s));
    const struct plan_context *c = context;

    s->state_dir = c->state_dir;
    if (!live_cluster_init(&s->live, plan, inputs, c, e) ||
        !tls_stage_init(&s->stage, plan, inputs, c->state_dir, &s->stamp, e) ||
        !tls_switch_decode(plan->mem, inputs, s, e))
        return false;
    s->lab = plan_cluster_lab(&s->live.cluster);
    *ret_switch = s;
    return true;
}

static void
add_way(struct tls_switch *s)
{
    tls_switch_add_restarts(s, TLS_PHASE_BOTH);
    tls_switch_add_peer_urls(s, TLS_PHASE_BOTH);
    for (size_t i = 0; i < s->job_count; i++) {
        if (s->jobs[i].addresses.change != TLS_CLIENTS_FLIP)
            tls_switch_add_api_server(&s->jobs[i]);
    }
    tls_switch_add_restarts(s, TLS_PHASE_NEW);
    tls_switch_add_peer_urls(s, TLS_PHASE_NEW);
    tls_switch_add_restarts(s, TLS_PHASE_END);
    tls_switch_add_kubeadm(s);
}

static bool
enable_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct tls_switch *s;

    if (!switch_of_inputs(plan, inputs, context, &s, e))
        return false;
    plan->title = arena_printf(plan->mem, "switch cluster '%s' to TLS%s", plan->cluster,
                               s->client_auth ? ", with certificates of clients" : "");
    tls_switch_add_relist(s);
    tls_switch_add_returns(s);
    tls_switch_add_look(s);
    if (!tls_switch_add_certificates(s, e))
        return false;
    add_way(s);
    tls_switch_add_prove(s);
    tls_switch_add_forget(s);
    return true;
}

const struct plan_kind tls_enable_kind = {.name = "tls-enable", .build = enable_build};

static bool
disable_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct tls_switch *s;

    if (!switch_of_inputs(plan, inputs, context, &s, e))
        return false;
    plan->title = arena_printf(plan->mem, "switch cluster '%s' to plain HTTP", plan->cluster);
    tls_switch_add_relist(s);
    tls_switch_add_look(s);
    add_way(s);
    tls_switch_add_prove(s);
    tls_switch_add_forget(s);
    return true;
}

const struct plan_kind tls_disable_kind = {.name = "tls-disable", .build = disable_build};
