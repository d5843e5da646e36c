#include "ops/tls_renew.h"

#include <string.h>

#include "base/time.h"
#include "ops/plan_cluster.h"
#include "ops/tls_deliver.h"
#include "ops/tls_shown.h"
#include "ops/tls_stage.h"
#include "ops/tls_survey.h"

enum { SHOW_TIMEOUT_S = 60 };

/* --- inputs --- */

static bool
is_due(const struct tls_renew_request *request, const struct certificate *c)
{
    return request->all ||
           certificate_days_left(c, time_wall_ms() / 1000) < (int64_t)request->within_days;
}

static void
places_encode(struct json_writer *w, const struct tls_survey *survey)
{
    json_key(w, "members");
    json_array_begin(w);
    for (size_t i = 0; i < survey->members.count; i++) {
        const struct surveyed_member *m = &survey->members.items[i];

        json_object_begin(w);
        json_key_text(w, "name", m->member->name);
        tls_set_encode(w, "to", &m->places);
        json_object_end(w);
    }
    json_array_end(w);
}

bool
tls_renew_inputs(struct arena *mem, const struct tls_renew_request *request, struct buf *ret_inputs,
                 struct error *e)
{
    const struct inventory *inventory = request->inventory;
    struct tls_stage stage = {.days = request->days};
    struct tls_survey survey;
    struct json_writer w;
    struct site site;

    site_init(&site, mem, inventory);
    if (!tls_authority_of(mem, inventory, request->ca_cert, request->ca_key, &stage.ca_cert,
                          &stage.ca_key, e) ||
        !tls_survey_fetch(mem, &site, inventory, &survey, e))
        return false;
    for (size_t i = 0; i < survey.certificates.count; i++) {
        const struct surveyed_certificate *c = &survey.certificates.items[i];

        if (is_due(request, &c->found))
            *ARRAY_PUSH(mem, &stage.certificates) =
                staged_like(mem, inventory, c->member, c->use, &c->found);
    }
    json_writer_init(&w, ret_inputs, 0);
    json_object_begin(&w);
    plan_cluster_encode(&w, inventory);
    tls_stage_encode(&w, &stage, tls_stamp_new(mem));
    places_encode(&w, &survey);
    json_object_end(&w);
    return true;
}

/* --- proof --- */

struct renewal {
    struct tls_stage stage;
    struct site site;
    const struct inventory *inventory;
    const char *state_dir;
    const char *stamp;
};

struct renewed {
    struct renewal *of;
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

static bool
show_undo(void *op UNUSED, struct error *e UNUSED)
{
    return true;
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
    .undo = show_undo,
    .timeout_s = SHOW_TIMEOUT_S,
};

/* --- the plan --- */

static bool
has_any(const struct tls_set *set)
{
    return set->server.cert_file != NULL || set->peer.cert_file != NULL ||
           set->client.cert_file != NULL;
}

static bool
member_add(struct renewal *r, const struct json *object, struct error *e)
{
    struct plan *plan = r->stage.plan;
    struct renewed *one = arena_zero(plan->mem, sizeof(*one));
    const char *name;

    if (!json_get_text(plan->mem, object, "name", &name, e) ||
        !tls_set_decode(plan->mem, object, "to", &one->delivery.to, e))
        return false;
    one->of = r;
    one->delivery.plan = plan;
    one->delivery.site = &r->site;
    one->delivery.from = tls_stage_set(&r->stage, name);
    one->delivery.keeping = arena_printf(plan->mem, "%s-%s", r->stamp, name);
    one->delivery.member = inventory_member_by_name(r->inventory, name);
    if (!has_any(&one->delivery.from))
        return true;
    if (one->delivery.member == NULL)
        return error_set(e, ERROR_CONFLICT, "'%s' has no member '%s' any more", r->inventory->name,
                         name);
    tls_add_delivery(&one->delivery, NULL);
    plan_add_step(plan, &show_step, name, one);
    return true;
}

static void
own_add(struct renewal *r)
{
    struct plan *plan = r->stage.plan;
    struct tls_delivery *own = arena_zero(plan->mem, sizeof(*own));
    const struct inventory_tls *tls = &r->inventory->client_tls;

    *own = (struct tls_delivery){
        .plan = plan,
        .site = &r->site,
        .from = tls_stage_set(&r->stage, ""),
        .to.client = {tls->ca_file, tls->cert_file, tls->key_file},
        .keeping = arena_printf(plan->mem, "%s-quorate", r->stamp),
        .state_dir = r->state_dir,
    };
    if (has_any(&own->from))
        tls_add_delivery(own, NULL);
}

static bool
renew_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct renewal *r = arena_zero(plan->mem, sizeof(*r));
    const struct plan_context *c = context;
    struct plan_cluster cluster;
    struct inventory *inventory;
    const struct json *members;

    if (!plan_cluster_decode(plan->mem, inputs, c, &cluster, e) ||
        !plan_cluster_inventory(plan->mem, &cluster, &inventory, e) ||
        !tls_stage_init(&r->stage, plan, inputs, c->state_dir, &r->stamp, e) ||
        !json_get_array(inputs, "members", &members, e))
        return false;
    r->inventory = inventory;
    r->state_dir = c->state_dir;
    site_init(&r->site, plan->mem, inventory);
    plan->cluster = inventory->name;
    plan->title = arena_printf(plan->mem, "renew %zu certificates of cluster '%s'",
                               r->stage.certificates.count, inventory->name);
    if (r->stage.certificates.count == 0) {
        plan->title = arena_printf(plan->mem, "renew no certificate of cluster '%s': none is due",
                                   inventory->name);
        return true;
    }
    tls_add_issue(&r->stage);
    for (size_t i = 0; i < json_array_count(members); i++) {
        if (!member_add(r, json_array_at(members, i), e))
            return false;
    }
    own_add(r);
    tls_add_forget(&r->stage);
    return true;
}

const struct plan_kind tls_renew_kind = {.name = "tls-renew", .build = renew_build};
