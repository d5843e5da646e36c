#include "ops/tls_renew.h"

#include <string.h>

#include "base/time.h"
#include "ops/plan_cluster.h"
#include "ops/tls_renew_steps.h"
#include "ops/tls_survey.h"

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
    tls_stage_encode(&w, &stage, plan_stamp_new(mem));
    places_encode(&w, &survey);
    json_object_end(&w);
    return true;
}

/* --- the plan --- */

struct renewal {
    struct tls_stage stage;
    struct site site;
    const struct inventory *inventory;
    const char *state_dir;
    const char *stamp;
};

static bool
member_add(struct renewal *r, const struct json *object, struct error *e)
{
    struct arena *mem = r->stage.plan->mem;
    const struct inventory_member *member;
    struct tls_set to;
    const char *name;

    if (!json_get_text(mem, object, "name", &name, e) || !tls_set_decode(mem, object, "to", &to, e))
        return false;
    member = inventory_member_by_name(r->inventory, name);
    if (member == NULL)
        return error_set(e, ERROR_CONFLICT, "'%s' has no member '%s' any more", r->inventory->name,
                         name);
    tls_add_renewed(&r->stage, &r->site, member, &to, r->stamp);
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
    if (own->from.client.cert_file != NULL)
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
