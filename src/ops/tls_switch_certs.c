/* Certificates of a cluster that gets TLS: issued into the plan's stage, brought to the members' hosts and to this one;
 * and an inventory that names quorate's own, or forgets them. A lab's authority is made on the way. */

#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "cluster/inventory_json.h"
#include "ops/lab_certs.h"
#include "ops/tls_switch_state.h"

#define OWN_BEFORE "own before"

enum { JUDGE_TIMEOUT_S = 300 };

/* --- a lab's authority --- */

static bool
authority_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct tls_switch *s = op;

    *ret_progress = path_exists(s->stage.ca_cert) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
authority_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_switch *s = op;
    struct inventory *inventory;

    return live_inventory(&tmp, &s->live, &inventory, e) && lab_authority_make(inventory, e);
}

static const struct step authority_step = {
    .name = "authority",
    .intent = "make a certificate authority, whose key stays in the lab's folder",
    .check = authority_check,
    .run = authority_run,
    .undo = step_nothing_to_undo,
};

/* --- what quorate itself shows --- */

static bool
text_equal(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
tls_equal(const struct inventory_tls *a, const struct inventory_tls *b)
{
    return text_equal(a->ca_file, b->ca_file) && text_equal(a->cert_file, b->cert_file) &&
           text_equal(a->key_file, b->key_file);
}

static bool
own_is(const struct tls_switch *s, const struct inventory_tls *wanted, enum progress *ret_progress,
       struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory *inventory;

    if (!live_inventory(&tmp, &s->live, &inventory, e))
        return false;
    *ret_progress = tls_equal(&inventory->client_tls, wanted) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
own_keep(const struct tls_switch *s, const struct inventory_tls *before, struct error *e)
{
    AUTO_BUF text = BUF_INIT;
    struct json_writer w;

    if (plan_mark_get(s->live.plan, OWN_BEFORE) != NULL)
        return true;
    json_writer_init(&w, &text, 0);
    json_object_begin(&w);
    inventory_tls_encode(&w, "tls", before);
    json_object_end(&w);
    return plan_mark(s->live.plan, OWN_BEFORE, buf_text(&text), e);
}

static bool
own_set(const struct tls_switch *s, const struct inventory_tls *wanted, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory *inventory;

    if (!live_inventory(&tmp, &s->live, &inventory, e) || !own_keep(s, &inventory->client_tls, e))
        return false;
    inventory->client_tls = *wanted;
    return tls_switch_save(s, inventory, e);
}

static bool
own_put_back(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_switch *s = op;
    const char *text = plan_mark_get(s->live.plan, OWN_BEFORE);
    const struct json *json;
    struct inventory_tls before;

    return text == NULL ||
           (json_parse(&tmp, bytes_of_text(text), &json, e) &&
            inventory_tls_decode(&tmp, json, "tls", &before, e) && own_set(s, &before, e));
}

static bool
own_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct tls_switch *s = op;

    return own_is(s, &s->own, ret_progress, e);
}

static bool
own_run(void *op, struct error *e)
{
    const struct tls_switch *s = op;

    return own_set(s, &s->own, e);
}

static const char *
own_field(const void *op, struct arena *mem, const char *name)
{
    const struct tls_switch *s = op;

    if (strcmp(name, "authority") == 0)
        return arena_text(mem, s->own.ca_file);
    return NULL;
}

static const struct step own_step = {
    .name = "client-certificate",
    .intent = "have the inventory name what quorate itself trusts and shows: '%{authority}'",
    .field = own_field,
    .check = own_check,
    .run = own_run,
    .undo = own_put_back,
};

/* --- bringing them --- */

static bool
member_delivery_add(struct tls_switch *s, const struct inventory *inventory, struct tls_job *job,
                    struct error *e)
{
    const struct inventory_member *member = inventory_member_by_name(inventory, job->name);
    struct tls_set from = tls_stage_set(&s->stage, job->name);
    struct tls_delivery *d;

    if (member == NULL)
        return error_set(e, ERROR_CONFLICT, "'%s' has no member '%s' any more", inventory->name,
                         job->name);
    tls_api_add_delivery(job, member);
    if (from.server.cert_file == NULL)
        return true;
    d = arena_zero(s->live.plan->mem, sizeof(*d));
    if (job->ca_is_new)
        from.server.ca_file = from.peer.ca_file = s->stage.ca_cert;
    /* What etcd shows as a client is for etcd as a client, too. */
    if (job->places.client.cert_file != NULL)
        from.client = (struct inventory_tls){.cert_file = from.server.cert_file,
                                             .key_file = from.server.key_file};
    *d = (struct tls_delivery){
        .plan = s->live.plan,
        .site = &s->live.site,
        .member = member,
        .from = from,
        .to = job->places,
        .keeping = arena_printf(s->live.plan->mem, "%s-%s", s->stamp, job->name),
    };
    tls_add_delivery(d, NULL);
    return true;
}

static void
own_delivery_add(struct tls_switch *s)
{
    struct tls_delivery *d = arena_zero(s->live.plan->mem, sizeof(*d));
    struct tls_set from = tls_stage_set(&s->stage, "");

    if (from.client.cert_file == NULL)
        return;
    from.client.ca_file = s->own_ca_is_new ? s->stage.ca_cert : NULL;
    /* A lab's authority is in its place as soon as it is made. */
    if (text_equal(s->stage.ca_cert, s->own.ca_file))
        from.client.ca_file = NULL;
    *d = (struct tls_delivery){
        .plan = s->live.plan,
        .site = &s->live.site,
        .from = from,
        .to.client = s->own,
        .keeping = arena_printf(s->live.plan->mem, "%s-quorate", s->stamp),
        .state_dir = s->state_dir,
    };
    tls_add_delivery(d, NULL);
}

/* --- all of them, before the first restart --- */

static bool
judge_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct tls_switch *s = op;

    *ret_progress = plan_step_recorded(s->live.plan, "judge") ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

/* By what each will have in the end, which is all that it has on the way, and more. */
static bool
judge_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_switch *s = op;

    for (size_t i = 0; i < s->job_count; i++) {
        struct tls_job *job = &s->jobs[i];
        const struct inventory_member *now;
        struct inventory *inventory;

        if (!tls_job_member(&tmp, job, &inventory, &now, e) ||
            !tls_turn_judge(&job->turns[TLS_PHASE_END], &s->live.site, inventory, now, e))
            return error_wrap(e, "'%s'", job->name);
        job->is_judged = true;
    }
    return true;
}

static bool
judge_verify(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static const struct step judge_step = {
    .name = "judge",
    .intent =
        "see that each member would start with its certificates, as its user reads them there",
    .check = judge_check,
    .run = judge_run,
    .verify = judge_verify,
    .undo = step_nothing_to_undo,
    .timeout_s = JUDGE_TIMEOUT_S,
};

bool
tls_switch_add_certificates(struct tls_switch *s, struct error *e)
{
    struct inventory *inventory;

    if (s->stage.certificates.count > 0) {
        if (!live_inventory(s->live.plan->mem, &s->live, &inventory, e))
            return false;
        if (s->lab != NULL)
            plan_add_step(s->live.plan, &authority_step, NULL, s);
        tls_add_issue(&s->stage);
        for (size_t i = 0; i < s->job_count; i++) {
            if (!member_delivery_add(s, inventory, &s->jobs[i], e))
                return false;
        }
        own_delivery_add(s);
    }
    plan_add_step(s->live.plan, &own_step, NULL, s);
    plan_add_step(s->live.plan, &judge_step, NULL, s);
    return true;
}

/* --- in the end --- */

static const struct inventory_tls nothing = {0};

static bool
forget_check(void *op, enum progress *ret_progress, struct error *e)
{
    return own_is(op, &nothing, ret_progress, e);
}

static bool
forget_run(void *op, struct error *e)
{
    return own_set(op, &nothing, e);
}

static const struct step forget_step = {
    .name = "forget-certificates",
    .intent = "take the certificates out of the inventory; their files stay",
    .check = forget_check,
    .run = forget_run,
    .undo = own_put_back,
};

void
tls_switch_add_forget(struct tls_switch *s)
{
    if (s->to == TLS_PLAIN)
        plan_add_step(s->live.plan, &forget_step, NULL, s);
    else if (s->stage.certificates.count > 0)
        tls_add_forget(&s->stage);
}
