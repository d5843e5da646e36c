#include "ops/tls_rotate.h"

#include <string.h>

#include "base/io.h"
#include "base/secret.h"
#include "ops/lab_certs.h"
#include "ops/tls_renew_steps.h"
#include "ops/tls_rotate_state.h"
#include "ops/tls_trust.h"
#include "plan/state_dir.h"

enum { PROOF_TIMEOUT_S = 120, AUTHORITIES_MOST_BYTES = 1 << 20, AUTHORITIES_MODE = 0644 };

const char *
rotation_both(const struct tls_rotation *r, const char *owner, const char *use)
{
    struct arena *mem = r->live.plan->mem;

    return owner[0] != '\0' ? arena_printf(mem, "%s/both/members/%s/%s.crt", r->stage.dir,
                                           state_file_name(mem, owner), use)
                            : arena_printf(mem, "%s/both/own/%s.crt", r->stage.dir, use);
}

const char *
rotation_old(const struct tls_rotation *r, const char *ending)
{
    return arena_printf(r->live.plan->mem, "%s/old/client.%s", r->stage.dir, ending);
}

/* --- gather: what is trusted, and what quorate shows, before anything is changed --- */

static bool
both_write(struct tls_rotation *r, const struct host *host, const char *from, const char *path,
           struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF text = BUF_INIT;
    struct bytes old, new;

    if (from == NULL)
        return true;
    if (!host_file_read(&tmp, host, from, AUTHORITIES_MOST_BYTES, &old, e) ||
        !file_read_all(&tmp, r->stage.ca_cert, AUTHORITIES_MOST_BYTES, &new, e))
        return false;
    buf_append_bytes(&text, old);
    if (old.size > 0 && old.data[old.size - 1] != '\n')
        buf_append_byte(&text, '\n');
    buf_append_bytes(&text, new);
    return dir_make(path_dir(&tmp, path), STATE_DIR_MODE, e) &&
           file_replace(path, buf_bytes(&text), AUTHORITIES_MODE, e);
}

/* Then there is nothing of the old authority's to show. */
static bool
own_is_of_new(const struct tls_rotation *r)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    struct certificates own, new;

    return certificates_load(&tmp, r->inventory->client_tls.cert_file, &own, &ignored) &&
           certificates_load(&tmp, r->stage.ca_cert, &new, &ignored) &&
           certificate_signed_by(&own.items[0], &new.items[0]);
}

static bool
own_gather(struct tls_rotation *r, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct inventory_tls *tls = &r->inventory->client_tls;
    struct host *here;
    AUTO_SECRET key = SECRET_INIT;
    struct bytes cert;

    if (!host_open(&tmp, "local:", NULL, &here, e) ||
        !both_write(r, here, tls->ca_file, rotation_both(r, "", "client"), e))
        return false;
    if (tls->cert_file == NULL || tls->key_file == NULL || own_is_of_new(r))
        return true;
    if (!file_read_all(&tmp, tls->cert_file, AUTHORITIES_MOST_BYTES, &cert, e) ||
        !secret_load_whole(&key, tls->key_file, e))
        return false;
    return dir_make(path_dir(&tmp, rotation_old(r, "crt")), STATE_DIR_MODE, e) &&
           file_replace(rotation_old(r, "crt"), cert, STATE_FILE_MODE, e) &&
           file_replace(rotation_old(r, "key"), bytes_of(key.text, key.size), STATE_FILE_MODE, e);
}

static bool
gather_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct tls_rotation *r = op;

    *ret_progress = plan_step_recorded(r->live.plan, "gather") ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
gather_run(void *op, struct error *e)
{
    struct tls_rotation *r = op;

    for (size_t i = 0; i < r->member_count; i++) {
        const struct inventory_member *m = inventory_member_by_name(r->inventory, r->order[i]);
        const struct tls_set *at = &r->places[i];
        const struct host *host;

        if (!site_host(&r->live.site, m, &host, e) ||
            !both_write(r, host, at->server.ca_file, rotation_both(r, m->name, "server"), e) ||
            !both_write(r, host, at->peer.ca_file, rotation_both(r, m->name, "peer"), e))
            return false;
    }
    return own_gather(r, e);
}

static bool
nothing_to_verify(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static const struct step gather_step = {
    .name = "gather",
    .intent = "put what is trusted now and the new authority together",
    .check = gather_check,
    .run = gather_run,
    .verify = nothing_to_verify,
    .undo = nothing_to_verify, /* the stage goes with the step before it */
};

/* --- proof --- */

static bool
prove_check(void *op UNUSED, enum progress *ret_progress, struct error *e UNUSED)
{
    /* Evidence is gathered anew by each process. */
    *ret_progress = PROGRESS_TODO;
    return true;
}

static bool
prove_verify(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_rotation *r = op;
    struct cluster_view view;

    if (!live_look(&tmp, &r->live, &view, e) || !live_hashes_prove(&r->live, &view, e))
        return false;
    plan_note(r->live.plan,
              r->keep_old ? "both authorities are trusted: give the clients new certificates, then "
                            "rotate again with --drop-others"
                          : "clients with a certificate of the old authority are refused from now "
                            "on, and those that trust the old one alone refuse the members");
    return true;
}

static const struct step prove_step = {
    .name = "prove",
    .intent = "read back from the cluster that all serve and have the same data",
    .check = prove_check,
    .run = nothing_to_verify,
    .verify = prove_verify,
    .undo = nothing_to_verify,
    .timeout_s = PROOF_TIMEOUT_S,
};

/* --- quorate itself --- */

static void
own_add(struct tls_rotation *r, const char *subject, struct tls_set from)
{
    struct plan *plan = r->live.plan;
    const struct inventory_tls *tls = &r->inventory->client_tls;
    struct tls_delivery *own = arena_zero(plan->mem, sizeof(*own));

    *own = (struct tls_delivery){
        .plan = plan,
        .site = &r->live.site,
        .from = from,
        .to.client = *tls,
        .keeping = arena_printf(plan->mem, "%s-own-%zu", r->stamp, plan->steps.count),
        .state_dir = r->live.context->state_dir,
    };
    /* A lab's authority is the one that signs for members that join. */
    if (from.server.key_file != NULL)
        own->to.server.key_file = lab_authority_key(plan->mem, r->inventory);
    tls_add_delivery(own, subject);
}

static void
own_add_authorities(struct tls_rotation *r, enum trust_phase phase)
{
    struct tls_set from = {.client.ca_file = phase == TRUST_BOTH ? rotation_both(r, "", "client")
                                                                 : r->stage.ca_cert};

    if (r->inventory->client_tls.ca_file == NULL)
        return;
    if (phase == TRUST_NEW && r->inventory->lab != NULL)
        from.server.key_file = r->stage.ca_key;
    own_add(r, phase == TRUST_BOTH ? "quorate (both authorities)" : "quorate (new authority)",
            from);
}

/* --- the plan --- */

static bool
members_decode(struct tls_rotation *r, const struct json *inputs, struct error *e)
{
    struct arena *mem = r->live.plan->mem;
    const struct json *members;
    const char **order;
    struct tls_set *places;

    if (!json_get_array(inputs, "members", &members, e))
        return false;
    r->member_count = json_array_count(members);
    order = arena_zero(mem, (r->member_count + 1) * sizeof(*order));
    places = arena_zero(mem, (r->member_count + 1) * sizeof(*places));
    for (size_t i = 0; i < r->member_count; i++) {
        const struct json *one = json_array_at(members, i);

        if (!json_get_text(mem, one, "name", &order[i], e) ||
            !tls_set_decode(mem, one, "to", &places[i], e))
            return false;
        if (inventory_member_by_name(r->inventory, order[i]) == NULL)
            return error_set(e, ERROR_CONFLICT, "'%s' has no member '%s' any more",
                             r->inventory->name, order[i]);
    }
    r->order = order;
    r->places = places;
    return true;
}

static void
leaves_add(struct tls_rotation *r)
{
    for (size_t i = 0; i < r->member_count; i++)
        tls_add_renewed(&r->stage, &r->live.site,
                        inventory_member_by_name(r->inventory, r->order[i]), &r->places[i],
                        r->stamp);
    if (tls_stage_find(&r->stage, "", "client") != NULL)
        own_add(r, NULL, tls_stage_set(&r->stage, ""));
}

static bool
rotate_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct tls_rotation *r = arena_zero(plan->mem, sizeof(*r));
    const struct plan_context *c = context;
    struct inventory *inventory;

    if (!live_cluster_init(&r->live, plan, inputs, c, e) ||
        !live_inventory(plan->mem, &r->live, &inventory, e) ||
        !tls_stage_init(&r->stage, plan, inputs, c->state_dir, &r->stamp, e) ||
        !json_get_bool(inputs, "keepOld", &r->keep_old, e))
        return false;
    r->inventory = inventory;
    if (!members_decode(r, inputs, e))
        return false;
    plan->title =
        arena_printf(plan->mem, "cluster '%s' changes to the authority of '%s'%s", inventory->name,
                     r->stage.ca_cert, r->keep_old ? ", and trusts the old one still" : "");
    tls_add_issue(&r->stage);
    plan_add_step(plan, &gather_step, NULL, r);
    own_add_authorities(r, TRUST_BOTH);
    rotation_add_trust(r, TRUST_BOTH);
    leaves_add(r);
    if (!r->keep_old) {
        rotation_add_trust(r, TRUST_NEW);
        own_add_authorities(r, TRUST_NEW);
    }
    plan_add_step(plan, &prove_step, NULL, r);
    tls_add_forget(&r->stage);
    return true;
}

const struct plan_kind tls_rotate_kind = {.name = "tls-rotate-ca", .build = rotate_build};
