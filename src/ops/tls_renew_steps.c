#include "ops/tls_renew_steps.h"

#include <string.h>

#include "ops/tls_shown.h"

enum { SHOW_TIMEOUT_S = 60 };

struct renewed {
    struct tls_delivery delivery;
};

static bool
show_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct renewed *r = op;
    const char *label = arena_printf(&tmp, "show %s", r->delivery.member->name);

    *ret_progress = plan_step_recorded(r->delivery.plan, label) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
show_run(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static bool
show_verify(void *op, struct error *e)
{
    const struct renewed *r = op;
    const struct tls_set *from = &r->delivery.from;
    const struct tls_set *to = &r->delivery.to;
    const struct inventory_member *m = r->delivery.member;
    int64_t deadline_ms = plan_deadline_ms(r->delivery.plan);
    bool is_one = strcmp(to->server.cert_file, to->peer.cert_file) == 0;
    const char *peer = is_one ? from->server.cert_file : from->peer.cert_file;

    return (from->server.cert_file == NULL ||
            tls_shown_wait(&m->client_urls, from->server.cert_file, deadline_ms, e)) &&
           (peer == NULL || tls_shown_wait(&m->peer_urls, peer, deadline_ms, e));
}

static const char *
show_field(const void *op, struct arena *mem, const char *name)
{
    const struct renewed *r = op;

    return strcmp(name, "member") == 0 ? arena_text(mem, r->delivery.member->name) : NULL;
}

static const struct step show_step = {
    .name = "show",
    .intent = "see that the ports of %{member} show what was delivered, in new handshakes",
    .field = show_field,
    .check = show_check,
    .run = show_run,
    .verify = show_verify,
    .undo = step_nothing_to_undo,
    .timeout_s = SHOW_TIMEOUT_S,
};

static bool
has_any(const struct tls_set *set)
{
    return set->server.cert_file != NULL || set->peer.cert_file != NULL ||
           set->client.cert_file != NULL;
}

void
tls_add_renewed(struct tls_stage *stage, struct site *site, const struct inventory_member *member,
                const struct tls_set *to, const char *stamp)
{
    struct plan *plan = stage->plan;
    struct renewed *one = arena_zero(plan->mem, sizeof(*one));

    one->delivery = (struct tls_delivery){
        .plan = plan,
        .site = site,
        .member = member,
        .from = tls_stage_set(stage, member->name),
        .to = *to,
        .keeping = arena_printf(plan->mem, "%s-%s", stamp, member->name),
    };
    if (!has_any(&one->delivery.from))
        return;
    tls_add_delivery(&one->delivery, NULL);
    plan_add_step(plan, &show_step, member->name, one);
}
