/* The step of a rotation that lets a member trust other authorities: files, and a restart, since etcd reads them once. */

#include <string.h>

#include "base/hash.h"
#include "base/io.h"
#include "cluster/rules.h"
#include "etcd/maintenance.h"
#include "ops/member_host_certs.h"
#include "ops/tls_rotate_state.h"
#include "ops/tls_trust.h"

enum { TRUST_TIMEOUT_S = 300, PROOFS_MOST = 20 };

static const char *const phase_words[TRUST_PHASES] = {
    [TRUST_BOTH] = "trust-both", [TRUST_NEW] = "trust-new"};

static bool
restart(const struct trust_turn *turn, struct error *e)
{
    struct service service;

    return site_service(&turn->of->live.site, turn->member, &service, e) &&
           service_stop(&service, e) && service_start(&service, e);
}

/* --- evidence --- */

/* Peers refuse one with names for its address, whoever signed it. */
static bool
has_names(const char *cert_path)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    struct certificates found;

    return !certificates_load(&tmp, cert_path, &found, &ignored) || found.items[0].names.count > 0;
}

/* The new authority's certificate is shown first, the old one's last: what of quorate's own is in the stage. */
static bool
trust_look(const struct trust_turn *turn, enum port_trust *ret_client, enum port_trust *ret_peer,
           struct error *e)
{
    const struct tls_rotation *r = turn->of;
    const struct staged_certificate *own = tls_stage_find(&r->stage, "", "probe");
    const char *cert = own != NULL ? own->cert_path : NULL;
    const char *key = own != NULL ? own->key_path : NULL;

    bool peers_tell = true;

    *ret_client = *ret_peer = PORT_ASKS_NOBODY;
    if (turn->phase == TRUST_NEW) {
        cert = rotation_old(r, "crt");
        key = rotation_old(r, "key");
        if (!path_exists(cert))
            return true;
        peers_tell = !has_names(cert);
    }
    return own == NULL ||
           (port_trust_look(&turn->member->client_urls, cert, key, ret_client, e) &&
            (!peers_tell || port_trust_look(&turn->member->peer_urls, cert, key, ret_peer, e)));
}

/* Where no port asks for certificates, only the journal can tell. */
static bool
is_seen(const struct trust_turn *turn, bool *ret_is, struct error *e)
{
    enum port_trust wanted = turn->phase == TRUST_BOTH ? PORT_LETS_IN : PORT_REFUSES;
    enum port_trust client, peer;

    if (!trust_look(turn, &client, &peer, e))
        return false;
    *ret_is = (client == wanted || client == PORT_ASKS_NOBODY) &&
              (peer == wanted || peer == PORT_ASKS_NOBODY) &&
              !(client == PORT_ASKS_NOBODY && peer == PORT_ASKS_NOBODY);
    return true;
}

/* --- the step --- */

static const char *
label_of(struct arena *mem, const struct trust_turn *turn)
{
    return arena_printf(mem, "%s %s", phase_words[turn->phase], turn->member->name);
}

static bool
is_recorded(const struct trust_turn *turn)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return plan_step_recorded(turn->of->live.plan, label_of(&tmp, turn));
}

/* From then on it may be this member that does not serve. */
static bool
is_begun(const struct trust_turn *turn)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return plan_mark_get(turn->of->live.plan, label_of(&tmp, turn)) != NULL;
}

static bool
begin(const struct trust_turn *turn, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return plan_mark(turn->of->live.plan, label_of(&tmp, turn), "begun", e);
}

static bool
trust_check(void *op, enum progress *ret_progress, struct error *e)
{
    struct trust_turn *turn = op;
    struct error ignored = ERROR_INIT;
    bool there, seen = false;

    *ret_progress = PROGRESS_DONE;
    if (is_recorded(turn))
        return true;
    if (!tls_delivery_is_there(&turn->authorities, &there, e))
        return false;
    if (!there || !is_seen(turn, &seen, &ignored) || !seen)
        *ret_progress = PROGRESS_TODO;
    return true;
}

static bool
trust_guard(void *op, struct error *e)
{
    const struct trust_turn *turn = op;

    return is_begun(turn) || (member_start_certs_check(&turn->of->live.site, turn->of->inventory,
                                                       turn->member, NULL, e) &&
                              live_serve_wait(&turn->of->live, e));
}

static bool
trust_run(void *op, struct error *e)
{
    struct trust_turn *turn = op;

    if (!is_begun(turn) &&
        (!live_leadership_away(&turn->of->live, turn->member->name, e) || !begin(turn, e)))
        return false;
    return tls_delivery_run(&turn->authorities, e) && tls_delivery_verify(&turn->authorities, e) &&
           restart(turn, e);
}

static bool
trust_is_proven(const struct trust_turn *turn, struct error *e)
{
    enum port_trust client, peer;
    bool seen;

    if (!is_seen(turn, &seen, e) || !trust_look(turn, &client, &peer, e))
        return false;
    if (seen || (client == PORT_ASKS_NOBODY && peer == PORT_ASKS_NOBODY))
        return true;
    return error_set(e, ERROR_VERIFY, "'%s' %s", turn->member->name,
                     turn->phase == TRUST_BOTH ? "refuses certificates of the new authority"
                                               : "lets certificates of the old authority in");
}

static bool
trust_verify(void *op, struct error *e)
{
    struct trust_turn *turn = op;

    if (!live_serve_again_wait(&turn->of->live, turn->member->name, e))
        return false;
    for (unsigned tries = 0; !trust_is_proven(turn, e); tries++) {
        struct error why = *e;

        error_clear(e);
        if (tries < PROOFS_MOST && live_wait(&turn->of->live, why.text, e))
            continue;
        *e = why;
        return false;
    }
    return true;
}

/* All but this one serve: it may be what is down. */
static bool
trust_undo(void *op, struct error *e)
{
    struct trust_turn *turn = op;

    if (!is_begun(turn))
        return true;
    live_leadership_away_going_back(&turn->of->live, turn->member->name);
    return tls_delivery_undo(&turn->authorities, e) && restart(turn, e) &&
           live_serve_again_wait(&turn->of->live, turn->member->name, e);
}

static const char *
trust_field(const void *op, struct arena *mem, const char *name)
{
    const struct trust_turn *turn = op;

    return strcmp(name, "member") == 0 ? arena_text(mem, turn->member->name) : NULL;
}

static const struct step trust_steps[TRUST_PHASES] = {
    [TRUST_BOTH] = {.name = "trust-both",
                    .intent =
                        "let %{member} trust the new authority beside the old one, and restart "
                        "it, without leadership, when all serve",
                    .field = trust_field,
                    .check = trust_check,
                    .guard = trust_guard,
                    .run = trust_run,
                    .verify = trust_verify,
                    .undo = trust_undo,
                    .timeout_s = TRUST_TIMEOUT_S},
    [TRUST_NEW] = {.name = "trust-new",
                   .intent = "let %{member} trust the new authority alone, and restart it, without "
                             "leadership, when all serve",
                   .field = trust_field,
                   .check = trust_check,
                   .guard = trust_guard,
                   .run = trust_run,
                   .verify = trust_verify,
                   .undo = trust_undo,
                   .timeout_s = TRUST_TIMEOUT_S},
};

static struct tls_set
authorities_from(const struct tls_rotation *r, const char *owner, enum trust_phase phase)
{
    if (phase == TRUST_NEW)
        return (struct tls_set){.server.ca_file = r->stage.ca_cert,
                                .peer.ca_file = r->stage.ca_cert};
    return (struct tls_set){.server.ca_file = rotation_both(r, owner, "server"),
                            .peer.ca_file = rotation_both(r, owner, "peer")};
}

/* Members that share their files, as a lab's do, share what was there before the first of them changed it: what the second
 * finds is not what was. */
static const char *
keeping_of(const struct tls_rotation *r, enum trust_phase phase, const struct tls_set *places)
{
    struct arena *mem = r->live.plan->mem;
    const char *server = places->server.ca_file != NULL ? places->server.ca_file : "";
    const char *peer = places->peer.ca_file != NULL ? places->peer.ca_file : "";
    const char *both = arena_printf(mem, "%s\n%s", server, peer);

    return arena_printf(mem, "%s-%s-%016llx", r->stamp, phase_words[phase],
                        (unsigned long long)hash64(both, strlen(both)));
}

void
rotation_add_trust(struct tls_rotation *r, enum trust_phase phase)
{
    struct plan *plan = r->live.plan;

    for (size_t i = 0; i < r->member_count; i++) {
        struct trust_turn *turn = arena_zero(plan->mem, sizeof(*turn));

        turn->of = r;
        turn->phase = phase;
        turn->member = inventory_member_by_name(r->inventory, r->order[i]);
        turn->authorities = (struct tls_delivery){
            .plan = plan,
            .site = &r->live.site,
            .member = turn->member,
            .from = authorities_from(r, r->order[i], phase),
            .to = r->places[i],
            .keeping = keeping_of(r, phase, &r->places[i]),
        };
        plan_add_step(plan, &trust_steps[phase], r->order[i], turn);
    }
}
