/* The steps that change the member list: where peers dial a member. */

#include <string.h>

#include "cluster/inventory_host.h"
#include "etcd/cluster.h"
#include "ops/tls_switch_state.h"

enum { CHANGE_TIMEOUT_S = 120 };

static const char *
mark_of(struct arena *mem, const struct tls_turn *turn)
{
    return arena_printf(mem, "listed %d %s", (int)turn->phase, turn->job->name);
}

static bool
listed_urls(struct arena *mem, const struct tls_job *job, struct inventory_urls *ret_urls,
            struct error *e)
{
    const struct member_view *m;
    struct cluster_view view;

    if (!live_look(mem, &job->of->live, &view, e))
        return false;
    m = view_member_by_id(&view, job->id);
    if (m == NULL || m->member.peer_url_count == 0)
        return error_set(e, ERROR_CONFLICT, "'%s' is not in the member list", job->name);
    *ret_urls = tls_listed_urls(mem, m);
    return true;
}

/* Of an earlier step also what a later one brings. */
static bool
listed_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_turn *turn = op;
    const struct tls_job *job = turn->job;
    struct inventory_urls now;

    if (!listed_urls(&tmp, job, &now, e))
        return false;
    *ret_progress = PROGRESS_TODO;
    for (enum tls_phase phase = turn->phase; phase <= TLS_PHASE_END; phase++) {
        struct inventory_urls wanted =
            tls_phase_peers_after(&tmp, &job->addresses, job->of->to, phase);

        if (inventory_urls_equal(&now, &wanted))
            *ret_progress = PROGRESS_DONE;
    }
    return true;
}

static bool
inventory_set(const struct tls_job *job, const struct inventory_urls *urls, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct inventory_member *member;
    struct inventory *inventory;

    if (!tls_job_member(&tmp, job, &inventory, &member, e))
        return false;
    for (size_t i = 0; i < inventory->members.count; i++) {
        if (&inventory->members.items[i] == member)
            inventory->members.items[i].peer_urls = *urls;
    }
    return tls_switch_save(job->of, inventory, e);
}

static bool
list_set(const struct tls_job *job, const struct inventory_urls *urls, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    struct etcd_member_list list;
    struct cluster_view view;

    return live_look(&tmp, &job->of->live, &view, e) &&
           live_client(&job->of->live, &view, 0, &client, e) &&
           etcd_member_update(&tmp, client, job->id, urls->items, urls->count, &list, e);
}

static bool
listed_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_turn *turn = op;
    const struct tls_job *job = turn->job;
    struct inventory_urls wanted =
        tls_phase_peers_after(&tmp, &job->addresses, job->of->to, turn->phase);
    struct inventory_urls now;

    if (!live_serve_wait(&job->of->live, e) || !listed_urls(&tmp, job, &now, e))
        return false;
    if (plan_mark_get(job->of->live.plan, mark_of(&tmp, turn)) == NULL &&
        !plan_mark(job->of->live.plan, mark_of(&tmp, turn), tls_urls_text(&tmp, &now), e))
        return false;
    return list_set(job, &wanted, e) && inventory_set(job, &wanted, e);
}

/* Followers hear of it a moment later. */
static bool
listed_verify(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_turn *turn = op;
    const struct tls_job *job = turn->job;
    struct inventory_urls wanted =
        tls_phase_peers_after(&tmp, &job->addresses, job->of->to, turn->phase);
    enum progress progress;

    for (;;) {
        if (!listed_check(op, &progress, e))
            return false;
        if (progress == PROGRESS_DONE)
            return inventory_set(job, &wanted, e) && live_serve_wait(&job->of->live, e);
        if (!live_wait(&job->of->live, "the member list has it where it was", e))
            return false;
    }
}

static bool
listed_undo(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_turn *turn = op;
    const char *text = plan_mark_get(turn->job->of->live.plan, mark_of(&tmp, turn));
    struct inventory_urls before;

    if (text == NULL)
        return true;
    before = inventory_urls_split(&tmp, text);
    return list_set(turn->job, &before, e) && inventory_set(turn->job, &before, e) &&
           live_serve_wait(&turn->job->of->live, e);
}

static const struct step listed_steps[] = {
    [TLS_PHASE_BOTH] =
        {
            .name = "list",
            .intent = "let peers dial %{member} at %{peer_urls}",
            .field = tls_turn_field,
            .check = listed_check,
            .run = listed_run,
            .verify = listed_verify,
            .undo = listed_undo,
            .timeout_s = CHANGE_TIMEOUT_S,
        },
    [TLS_PHASE_NEW] =
        {
            .name = "list-again",
            .intent = "let peers dial %{member} at its own port again: %{peer_urls}",
            .field = tls_turn_field,
            .check = listed_check,
            .run = listed_run,
            .verify = listed_verify,
            .undo = listed_undo,
            .timeout_s = CHANGE_TIMEOUT_S,
        },
};

/* --- a way that was begun by hand --- */

static bool
relist_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_job *job = op;
    const struct plan *plan = job->of->live.plan;
    struct inventory_urls wanted = tls_peers_relisted(&tmp, &job->addresses);
    struct inventory_urls now;

    if (!listed_urls(&tmp, job, &now, e))
        return false;
    *ret_progress = plan_step_recorded(plan, arena_printf(&tmp, "relist %s", job->name)) ||
                            inventory_urls_equal(&now, &wanted)
                        ? PROGRESS_DONE
                        : PROGRESS_TODO;
    return true;
}

/* Before members are waited for: one may serve no more, since nobody can dial another. */
static bool
relist_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_job *job = op;
    struct inventory_urls wanted = tls_peers_relisted(&tmp, &job->addresses);

    return list_set(job, &wanted, e) && inventory_set(job, &wanted, e);
}

static bool
relist_verify(void *op, struct error *e)
{
    enum progress progress;

    for (;;) {
        if (!relist_check(op, &progress, e))
            return false;
        if (progress == PROGRESS_DONE)
            return true;
        if (!live_wait(&((const struct tls_job *)op)->of->live,
                       "the member list has it where it was", e))
            return false;
    }
}

/* Where most were listed before they could not be dialled: nobody wants that back. One that returned is by now where it
 * was, and listed there. */
static bool
relist_undo(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_job *job = op;
    struct inventory_urls before;

    if (!job->addresses.returns)
        return true;
    before = tls_peers_relisted(&tmp, &job->addresses);
    before = tls_urls_by(&tmp, job->of->to, &before);
    return list_set(job, &before, e) && inventory_set(job, &before, e);
}

static const char *
relist_field(const void *op, struct arena *mem, const char *name)
{
    const struct tls_job *job = op;

    if (strcmp(name, "peer_urls") == 0) {
        struct inventory_urls urls = tls_peers_relisted(mem, &job->addresses);

        return tls_urls_text(mem, &urls);
    }
    if (strcmp(name, "listens") == 0)
        return job->addresses.returns ? "is going to listen" : "listens";
    return tls_job_field(job, mem, name);
}

static const struct step relist_step = {
    .name = "relist",
    .intent = "let peers dial %{member} where it %{listens}: %{peer_urls}",
    .field = relist_field,
    .check = relist_check,
    .run = relist_run,
    .verify = relist_verify,
    .undo = relist_undo,
    .timeout_s = CHANGE_TIMEOUT_S,
};

void
tls_switch_add_relist(struct tls_switch *s)
{
    for (size_t i = 0; i < s->job_count; i++) {
        if (s->jobs[i].addresses.relist != NULL)
            plan_add_step(s->live.plan, &relist_step, s->jobs[i].name, &s->jobs[i]);
    }
}

void
tls_switch_add_peer_urls(struct tls_switch *s, enum tls_phase phase)
{
    for (size_t i = 0; i < s->job_count; i++)
        plan_add_step(s->live.plan, &listed_steps[phase], s->jobs[i].name,
                      &s->jobs[i].turns[phase]);
}
