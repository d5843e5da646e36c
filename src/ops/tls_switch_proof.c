/* The first and the last step: the picture before, and the evidence behind, read back from the cluster. */

#include <string.h>

#include "cluster/rules_membership.h"
#include "etcd/maintenance.h"
#include "ops/tls_switch_state.h"

enum { PROOF_TIMEOUT_S = 120, REFUSAL_TIMEOUT_MS = 2000 };

/* --- look --- */

static bool
look_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct tls_switch *s = op;

    *ret_progress = plan_step_recorded(s->live.plan, "look") ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
look_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_switch *s = op;
    struct cluster_view view;

    if (!live_serve_wait(&s->live, e) || !live_look(&tmp, &s->live, &view, e) ||
        !tls_switch_reach(s, e))
        return false;
    if (view_voter_count(&view) != s->job_count)
        return error_set(e, ERROR_CONFLICT, "the cluster has %zu voters, and the plan is for %zu",
                         view_voter_count(&view), s->job_count);
    plan_note(s->live.plan, "%s; restarted one at a time%s", quorum_text(&tmp, s->job_count),
              s->job_count < 3 ? ", and clients wait meanwhile" : "");
    return true;
}

static bool
look_verify(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static const struct step look_step = {
    .name = "look",
    .intent = "see that all members serve and none lags, and that peers reach the spare port",
    .check = look_check,
    .run = look_run,
    .verify = look_verify,
    .undo = step_nothing_to_undo,
    .timeout_s = PROOF_TIMEOUT_S,
};

void
tls_switch_add_look(struct tls_switch *s)
{
    plan_add_step(s->live.plan, &look_step, NULL, s);
}

/* --- prove --- */

static bool
peers_prove(const struct tls_switch *s, const struct member_view *m, struct error *e)
{
    for (size_t i = 0; i < m->member.peer_url_count; i++) {
        if (!tls_url_is(m->member.peer_urls[i], s->to))
            return error_set(e, ERROR_VERIFY, "peers dial '%s' at %s still", m->member.name,
                             m->member.peer_urls[i]);
    }
    return true;
}

/* What no client may do any more. */
static bool
refusal_prove(const struct tls_switch *s, const struct tls_job *job, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    struct inventory_urls urls =
        tls_urls_of(&tmp, tls_scheme_other(s->to), &job->addresses.clients);
    const struct member_view at = {.endpoint = urls.items[0]};
    struct etcd_status_answer *answer;

    if (job->addresses.change == TLS_CLIENTS_KEEP)
        return true;
    if (!live_client_of(&s->live, &at, &client, e))
        return false;
    etcd_client_set_command_timeout(client, REFUSAL_TIMEOUT_MS);
    etcd_status_each(&tmp, client, &answer);
    return !answer[0].answer.ok ||
           error_set(e, ERROR_VERIFY, "'%s' takes clients at %s still", job->name, urls.items[0]);
}

static bool
members_prove(const struct tls_switch *s, const struct cluster_view *view, struct error *e)
{
    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (!peers_prove(s, m, e))
            return false;
        if (m->known && !tls_url_is(m->endpoint, s->to))
            return error_set(e, ERROR_VERIFY, "the inventory has '%s' at %s", m->member.name,
                             m->endpoint);
    }
    for (size_t i = 0; i < s->job_count; i++) {
        if (!refusal_prove(s, &s->jobs[i], e))
            return false;
    }
    return true;
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
    const struct tls_switch *s = op;

    return live_serve_wait(&s->live, e);
}

static bool
prove_verify(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_switch *s = op;
    struct cluster_view view;

    if (!live_look(&tmp, &s->live, &view, e) || !members_prove(s, &view, e) ||
        !live_hashes_prove(&s->live, &view, e))
        return false;
    tls_kubeadm_note(s);
    return true;
}

static const struct step prove_step = {
    .name = "prove",
    .intent = "read back from the cluster: all serve, listed by %{to}, nothing else is taken, "
              "HashKV equal on each",
    .check = prove_check,
    .run = prove_run,
    .verify = prove_verify,
    .undo = step_nothing_to_undo,
    .timeout_s = PROOF_TIMEOUT_S,
};

void
tls_switch_add_prove(struct tls_switch *s)
{
    plan_add_step(s->live.plan, &prove_step, NULL, s);
}
