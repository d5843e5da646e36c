#include "ops/member_peer_certs.h"

#include <string.h>

#include "base/evidence.h"

/* A member's certificate as a peer that dials, and its authorities. */
struct party {
    const char *name;
    struct cert_looking looking;
    struct cert_file cert;
    struct cert_file ca;
    struct certificates chain;
    struct certificates authorities;
};

static bool
party_read(struct party *p, const struct member_tls_side *side, struct error *e)
{
    bool own_client = side->client_cert_file != NULL;
    const char *setting = own_client ? "client-cert-file" : "cert-file";

    p->cert = (struct cert_file){
        .setting = member_tls_setting(p->looking.mem, side, setting),
        .path = own_client ? side->client_cert_file : side->files.cert_file,
    };
    p->ca = (struct cert_file){
        .setting = member_tls_setting(p->looking.mem, side, "trusted-ca-file"),
        .path = side->files.ca_file,
    };
    if (!cert_file_certificates(&p->looking, &p->cert, &p->chain, e))
        return false;
    ASSERT(p->chain.items != NULL); /* a file without any is damaged */
    return cert_file_certificates(&p->looking, &p->ca, &p->authorities, e);
}

/* Without an authority peers are verified by what the system trusts. */
static bool
speaks_tls(const struct member_tls_side *side)
{
    return side->files.cert_file != NULL && side->files.ca_file != NULL && !side->makes_own;
}

/* False, too, when there is nothing to compare with. */
static bool
other_read(const struct cert_looking *l, struct site *site, const struct inventory_member *other,
           struct party *ret)
{
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    struct service *service = arena_zero(l->mem, sizeof(*service));
    struct error ignored = ERROR_INIT;
    enum service_state state;
    struct member_tls tls;

    if (!site_service(site, other, service, &ignored) ||
        !service_state(service, &state, &ignored) || state != SERVICE_RUNNING ||
        !service_settings(l->mem, service, &settings, &ignored))
        return false;
    tls = member_tls_of(l->mem, other, &settings, NULL, 0);
    *ret = (struct party){.name = other->name, .looking = *l};
    ret->looking.host = service->host;
    ret->looking.service = service;
    ret->looking.account = (struct service_account){0};
    ret->looking.changes = &no_start_changes;
    return tls.peers.listens && speaks_tls(&tls.peers) && party_read(ret, &tls.peers, &ignored);
}

static bool
believes(struct party *who, struct party *whom, int64_t now_s)
{
    return certificate_is_trusted(&whom->chain.items[0], &who->authorities, &whom->chain, now_s);
}

static bool
disbelief(struct party *own, struct cert_file *file, struct party *other, const char *text,
          struct error *e)
{
    error_set_(e, ERROR_TLS, 0, "%s", text);
    evidence_begin(e, "certificate-wrong-ca");
    evidence_text(e, "field", "issuer");
    evidence_text(e, "peer", other->name);
    error_hint_(e, "issue it by the authority of the others, or have both authorities trusted "
                   "everywhere first");
    return cert_file_about(&own->looking, file, "certificate-wrong-ca", e);
}

static bool
pair_agrees(struct party *own, struct party *other, struct error *e)
{
    struct arena *mem = own->looking.mem;

    if (!believes(other, own, own->looking.now_s))
        return disbelief(own, &own->cert, other,
                         arena_printf(mem,
                                      "'%s' would refuse it: '%s' issued it, and '%s' there has "
                                      "no such authority",
                                      other->name, own->chain.items[0].issuer, other->ca.on_host),
                         e);
    if (!believes(own, other, own->looking.now_s))
        return disbelief(own, &own->ca, other,
                         arena_printf(mem,
                                      "with it '%s' would be refused, whose certificate '%s' "
                                      "issued",
                                      other->name, other->chain.items[0].issuer),
                         e);
    return true;
}

bool
member_peer_certs_agree(const struct cert_looking *l, struct site *site,
                        const struct inventory *inventory, const struct inventory_member *member,
                        const struct member_tls_side *own, struct error *e)
{
    struct party self = {.name = member->name, .looking = *l};

    if (!speaks_tls(own))
        return true;
    if (!party_read(&self, own, e))
        return false;
    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];
        struct party other;

        if (strcmp(m->name, member->name) != 0 && m->host != NULL &&
            other_read(l, site, m, &other) && !pair_agrees(&self, &other, e))
            return false;
    }
    return true;
}
