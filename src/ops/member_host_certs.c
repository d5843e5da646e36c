#include "ops/member_host_certs.h"

#include <string.h>

#include "base/evidence.h"
#include "base/time.h"
#include "cluster/member_tls.h"
#include "node/host/host_facts.h"
#include "node/host/host_reach.h"
#include "ops/member_cert_files.h"
#include "ops/member_peer_certs.h"

static const char *
setting_of(const struct cert_looking *l, const struct member_tls_side *side, const char *name)
{
    return member_tls_setting(l->mem, side, name);
}

static bool
pair_is_named(const struct cert_looking *l, const char *cert_setting, const char *cert,
              const char *key_setting, const char *key, struct error *e)
{
    if ((cert == NULL) == (key == NULL))
        return true;
    error_set_(e, ERROR_REFUSED, 0, "%s: --%s is set and --%s is not: etcd does not start",
               host_name(l->host), cert != NULL ? cert_setting : key_setting,
               cert != NULL ? key_setting : cert_setting);
    evidence_begin(e, "file-not-named");
    return error_hint(e, "set both, or neither");
}

/* Asks for addresses of its names where it matters. */
static bool
sources_prepare(const struct cert_looking *l, const struct certificate *c,
                struct certificate_wanted *wanted, struct error *e)
{
    struct member_tls_texts names = {0};

    for (size_t i = 0; wanted->sources != NULL && i < c->names.count; i++) {
        if (strcmp(c->names.items[i].kind, "DNS") == 0 && c->names.items[i].text[0] != '*')
            *ARRAY_PUSH(l->mem, &names) = c->names.items[i].text;
    }
    return names.count == 0 || host_name_addresses(l->mem, l->host, names.items, names.count,
                                                   &wanted->name_addresses, e);
}

static bool
has_a_certificate(const struct cert_looking *l, const struct member_tls_side *side, struct error *e)
{
    if (!side->listens || side->makes_own || side->files.cert_file != NULL)
        return true;
    error_set_(e, ERROR_REFUSED, 0,
               "%s: it is to listen at https URLs and has no --%s: etcd does not start",
               host_name(l->host), setting_of(l, side, "cert-file"));
    evidence_begin(e, "file-not-named");
    return error_hint(e, "name certificate and key, or listen at http URLs");
}

static bool
authorities_read(const struct cert_looking *l, const struct member_tls_side *side,
                 struct certificates *room, const struct certificates **ret, struct error *e)
{
    struct cert_file ca = {setting_of(l, side, "trusted-ca-file"), side->files.ca_file, NULL};

    *ret = ca.path != NULL ? room : NULL;
    return ca.path == NULL || cert_file_certificates(l, &ca, room, e);
}

/* A certificate of a side, its key, and what it is wanted for. */
struct pair {
    struct cert_file cert;
    struct cert_file key;
    struct certificate_wanted wanted;
};

enum { PAIRS = 2 };

/* The side's own, and the one that it shows as a client in place of that. */
static void
pairs_of(const struct cert_looking *l, const struct member_tls_side *side, struct pair pairs[PAIRS])
{
    const char *sources = side->asks_clients && !side->skips_source ? l->sources : NULL;
    bool own_client = side->client_cert_file != NULL;

    pairs[0] = (struct pair){
        .cert = {setting_of(l, side, "cert-file"), side->files.cert_file, NULL},
        .key = {setting_of(l, side, "key-file"), side->files.key_file, NULL},
        .wanted = {.hosts = side->hosts.items,
                   .host_count = side->hosts.count,
                   .server = true,
                   .client = side->is_client,
                   .common_names = side->common_names.items,
                   .common_name_count = side->common_names.count,
                   .allowed_hosts = side->allowed_hosts.items,
                   .allowed_host_count = side->allowed_hosts.count,
                   .sources = side->is_peer && !own_client ? sources : NULL,
                   .days = l->days,
                   .now_s = l->now_s},
    };
    pairs[1] = (struct pair){
        .cert = {setting_of(l, side, "client-cert-file"), side->client_cert_file, NULL},
        .key = {setting_of(l, side, "client-key-file"), side->client_key_file, NULL},
        .wanted = {.client = true,
                   .sources = side->is_peer ? sources : NULL,
                   .days = l->days,
                   .now_s = l->now_s},
    };
}

/* By the CA file of its side. */
static bool
pair_check(const struct cert_looking *l, struct pair *p, const struct certificates *authorities,
           struct error *e)
{
    struct certificate_wanted wanted = p->wanted;
    struct certificates found;
    bool has_key;

    if (!pair_is_named(l, p->cert.setting, p->cert.path, p->key.setting, p->key.path, e))
        return false;
    if (p->cert.path == NULL)
        return true;
    if (!cert_file_certificates(l, &p->cert, &found, e) ||
        !cert_file_key(l, &p->key, &found.items[0], &has_key, e) ||
        !sources_prepare(l, &found.items[0], &wanted, e))
        return false;
    wanted.has_key = &has_key;
    wanted.authorities = authorities;
    wanted.chain = &found;
    return rule_certificate_fits(&found.items[0], &wanted, e) ||
           cert_file_about(l, &p->cert, "certificate-unfit", e);
}

static bool
side_check(struct cert_looking *l, const struct member_tls_side *side, struct error *e)
{
    const struct certificates *authorities;
    struct pair pairs[PAIRS];
    struct certificates room;

    if (!has_a_certificate(l, side, e) || !authorities_read(l, side, &room, &authorities, e))
        return false;
    pairs_of(l, side, pairs);
    for (size_t i = 0; i < PAIRS; i++) {
        if (!pair_check(l, &pairs[i], authorities, e))
            return false;
    }
    return true;
}

static bool
is_without_tls(const struct member_tls *tls)
{
    const struct member_tls_side *sides[] = {&tls->clients, &tls->peers};

    for (size_t i = 0; i < 2; i++) {
        if (sides[i]->listens || sides[i]->files.ca_file != NULL ||
            sides[i]->files.cert_file != NULL || sides[i]->files.key_file != NULL)
            return false;
    }
    return true;
}

/* Both clocks may be seconds off what was measured; a certificate that begins now has begun. */
static bool
clock_read(struct cert_looking *l, struct error *e)
{
    struct host_facts facts;

    if (!host_facts_fetch(l->mem, l->host, &facts, e))
        return false;
    l->now_s = (time_wall_ms() + facts.clock_offset_ms) / 1000;
    return true;
}

static bool
sides_check(struct cert_looking *l, const struct member_tls *tls, struct error *e)
{
    return is_without_tls(tls) ||
           (clock_read(l, e) && side_check(l, &tls->clients, e) && side_check(l, &tls->peers, e));
}

/* --- whose --- */

const struct member_start_changes no_start_changes = {0};

bool
member_host_certs_check(const struct host *host, const struct inventory_member *member,
                        struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct cert_looking l = {.mem = &tmp, .host = host, .changes = &no_start_changes};
    const struct member_tls tls = member_tls_of(&tmp, member, NULL, NULL, 0);

    return sides_check(&l, &tls, e);
}

/* A lab's members are this user's own processes, with the files that the lab names. */
static bool
lab_check(const struct inventory_member *member, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host *local;

    return host_open(&tmp, "local:", NULL, &local, e) && member_host_certs_check(local, member, e);
}

/* By the routes to the hosts of all other members' peer URLs. */
static bool
sources_find(struct cert_looking *l, const struct inventory *inventory,
             const struct inventory_member *member, struct error *e)
{
    struct member_hosts others = {0};

    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];

        if (strcmp(m->name, member->name) != 0)
            member_hosts_add_urls(l->mem, &others, &m->peer_urls);
    }
    return others.count == 0 ||
           host_source_addresses(l->mem, l->host, others.items, others.count, &l->sources, e);
}

/* Reads what the member's settings say, and what is the same for both sides. */
static bool
start_prepare(struct cert_looking *l, struct site *site, const struct inventory *inventory,
              const struct inventory_member *member, struct member_tls *ret_tls, struct error *e)
{
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    struct service *service = arena_zero(l->mem, sizeof(*service));

    if (!site_service(site, member, service, e) ||
        !service_settings(l->mem, service, &settings, e) ||
        !service_account(l->mem, service, &l->account, e))
        return false;
    l->host = service->host;
    l->service = service;
    *ret_tls =
        member_tls_of(l->mem, member, &settings, l->changes->settings, l->changes->setting_count);
    return is_without_tls(ret_tls) || sources_find(l, inventory, member, e);
}

bool
member_start_certs_check(struct site *site, const struct inventory *inventory,
                         const struct inventory_member *member,
                         const struct member_start_changes *changes, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct cert_looking l = {.mem = &tmp, .changes = changes != NULL ? changes : &no_start_changes};
    struct member_tls tls;

    if (site->lab_dir != NULL)
        return lab_check(member, e);
    return start_prepare(&l, site, inventory, member, &tls, e) && sides_check(&l, &tls, e) &&
           member_peer_certs_agree(&l, site, inventory, member, &tls.peers, e);
}

/* --- all of them, for people --- */

static void
problem_take(struct arena *mem, struct member_cert_seen *seen, struct error *e)
{
    seen->problem = arena_text(mem, e->text);
    error_clear(e);
}

/* A key that cannot be read is the certificate's flaw. */
static void
key_look(const struct cert_looking *l, struct pair *p, struct member_cert_seen *seen)
{
    struct error e = ERROR_INIT;
    bool *has_key = arena_zero(l->mem, sizeof(*has_key));

    if (p->key.path == NULL)
        return;
    if (cert_file_key(l, &p->key, &seen->chain.items[0], has_key, &e)) {
        seen->has_key = has_key;
        p->wanted.has_key = has_key;
    } else {
        *ARRAY_PUSH(l->mem, &seen->flaws) =
            (struct certificate_flaw){.word = e.cause != NULL ? e.cause : "key-unreadable",
                                      .field = "key",
                                      .text = arena_text(l->mem, e.text),
                                      .remedy = arena_text(l->mem, error_hint_text(&e))};
    }
    seen->key_path = p->key.on_host;
}

static void
pair_look(const struct cert_looking *l, struct pair *p, const struct certificates *authorities,
          struct member_certs_seen *ret)
{
    struct error e = ERROR_INIT;
    struct certificate_flaws flaws;
    struct member_cert_seen *seen;

    if (p->cert.path == NULL)
        return;
    seen = ARRAY_PUSH(l->mem, ret);
    *seen = (struct member_cert_seen){.setting = p->cert.setting, .path = p->cert.path};
    if (!cert_file_certificates(l, &p->cert, &seen->chain, &e)) {
        seen->path = p->cert.on_host;
        problem_take(l->mem, seen, &e);
        return;
    }
    seen->path = p->cert.on_host;
    key_look(l, p, seen);
    if (!sources_prepare(l, &seen->chain.items[0], &p->wanted, &e))
        problem_take(l->mem, seen, &e);
    p->wanted.authorities = authorities;
    p->wanted.chain = &seen->chain;
    certificate_judge(l->mem, &seen->chain.items[0], &p->wanted, &flaws);
    for (size_t i = 0; i < flaws.count; i++)
        *ARRAY_PUSH(l->mem, &seen->flaws) = flaws.items[i];
}

/* Its authorities are told when they are none that could be read. */
static void
side_look(const struct cert_looking *l, const struct member_tls_side *side,
          struct member_certs_seen *ret)
{
    struct error e = ERROR_INIT;
    const struct certificates *authorities;
    struct pair pairs[PAIRS];
    struct certificates *room = arena_zero(l->mem, sizeof(*room));

    if (!authorities_read(l, side, room, &authorities, &e)) {
        struct member_cert_seen *seen = ARRAY_PUSH(l->mem, ret);

        *seen = (struct member_cert_seen){.setting = setting_of(l, side, "trusted-ca-file"),
                                          .path = side->files.ca_file};
        problem_take(l->mem, seen, &e);
        authorities = NULL;
    }
    pairs_of(l, side, pairs);
    for (size_t i = 0; i < PAIRS; i++)
        pair_look(l, &pairs[i], authorities, ret);
}

bool
member_start_certs_look(struct arena *mem, struct site *site, const struct inventory *inventory,
                        const struct inventory_member *member, int64_t days,
                        struct member_certs_seen *ret, struct error *e)
{
    struct cert_looking l = {.mem = mem, .changes = &no_start_changes, .days = days};
    struct member_tls tls;

    *ret = (struct member_certs_seen){0};
    if (!start_prepare(&l, site, inventory, member, &tls, e))
        return false;
    if (is_without_tls(&tls))
        return true;
    if (!clock_read(&l, e))
        return false;
    side_look(&l, &tls.clients, ret);
    side_look(&l, &tls.peers, ret);
    return true;
}
