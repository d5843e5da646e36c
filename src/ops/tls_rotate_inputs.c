/* What a rotation looks at before there is a plan: who trusts whom, who leads, and whom it would shut out. */

#include <string.h>

#include "base/io.h"
#include "node/api_server.h"
#include "node/host/host_file.h"
#include "ops/member_host_certs.h"
#include "ops/plan_cluster.h"
#include "ops/tls_rotate_state.h"
#include "ops/tls_survey.h"

#define API_SERVER_CERT "/etc/kubernetes/pki/apiserver-etcd-client.crt" /* kubeadm's */

struct looking {
    struct arena *mem;
    const struct tls_rotate_request *request;
    struct certificates new; /* the first is the authority; what else is to be trusted */
    struct tls_survey survey;
    struct site site;
};

static bool
is_of_new(const struct looking *l, const struct certificate *c)
{
    return certificate_signed_by(c, &l->new.items[0]);
}

static bool
signed_any(const struct looking *l, const struct certificate *authority)
{
    for (size_t i = 0; i < l->survey.certificates.count; i++) {
        if (certificate_signed_by(&l->survey.certificates.items[i].found, authority))
            return true;
    }
    return false;
}

static bool
is_among_new(const struct looking *l, const struct certificate *c)
{
    for (size_t i = 0; i < l->new.count; i++) {
        if (strcmp(l->new.items[i].fingerprint, c->fingerprint) == 0)
            return true;
    }
    return false;
}

static bool
pem_read(struct looking *l, const struct host *host, const char *path, struct certificates *ret,
         struct error *e)
{
    struct bytes pem;

    if (!host_file_read(l->mem, host, path, CERTIFICATE_FILE_MOST_BYTES, &pem, e))
        return false;
    return certificates_decode(l->mem, pem, ret, e) ||
           error_wrap(e, "%s: '%s'", host_name(host), path);
}

/* One that signed nothing we know of has clients that we do not know of. */
static bool
authorities_check(struct looking *l, const struct host *host, const char *path, struct error *e)
{
    struct certificates trusted;

    if (path == NULL || l->request->drop_others)
        return true;
    if (!pem_read(l, host, path, &trusted, e))
        return false;
    for (size_t i = 0; i < trusted.count; i++) {
        const struct certificate *c = &trusted.items[i];

        if (signed_any(l, c) || is_among_new(l, c))
            continue;
        error_set_(e, ERROR_REFUSED, 0,
                   "%s: '%s' trusts '%s' as well, which signed no certificate of the members: its "
                   "clients would be shut out",
                   host_name(host), path, c->subject);
        return error_hint(
            e,
            "when it has no clients any more: --drop-others; else put its certificate behind the "
            "new one in '%s'",
            l->request->ca_cert);
    }
    return true;
}

static bool
api_server_check(struct looking *l, const struct host *host, struct error *e)
{
    enum api_server_state state;
    struct certificates found;
    struct host_file there;

    if (!api_server_look(host, &state, e) ||
        !host_file_look(l->mem, host, API_SERVER_CERT, &there, e))
        return false;
    if (state == API_SERVER_ABSENT || there.kind == HOST_NOTHING)
        return true;
    if (!pem_read(l, host, API_SERVER_CERT, &found, e))
        return false;
    if (is_of_new(l, &found.items[0]))
        return true;
    error_set_(
        e, ERROR_REFUSED, 0,
        "%s: the API server shows '%s', a certificate of the old authority: it would be shut "
        "out",
        host_name(host), API_SERVER_CERT);
    return error_hint(e, "rotate with --keep-old; 'quorate tls issue --layout kubeadm' by the new "
                         "authority; put apiserver-etcd-client there and restart the API servers; "
                         "rotate again");
}

/* Who would be shut out when the old one is not trusted any more. */
static bool
member_check(struct looking *l, const struct surveyed_member *m, struct error *e)
{
    const struct host *host;

    if (l->request->keep_old)
        return true;
    return site_host(&l->site, m->member, &host, e) &&
           authorities_check(l, host, m->places.server.ca_file, e) &&
           authorities_check(l, host, m->places.peer.ca_file, e) &&
           (m->member->runner != INVENTORY_RUNNER_STATIC_POD || api_server_check(l, host, e));
}

static bool
members_check(struct looking *l, struct error *e)
{
    for (size_t i = 0; i < l->survey.members.count; i++) {
        if (!member_check(l, &l->survey.members.items[i], e))
            return false;
    }
    return true;
}

static void
member_encode(struct json_writer *w, const struct surveyed_member *m)
{
    json_object_begin(w);
    json_key_text(w, "name", m->member->name);
    tls_set_encode(w, "to", &m->places);
    json_object_end(w);
}

/* The leader last. */
static void
members_encode(const struct looking *l, struct json_writer *w, const char *leader)
{
    const struct surveyed_member *last = NULL;

    json_key(w, "members");
    json_array_begin(w);
    for (size_t i = 0; i < l->survey.members.count; i++) {
        const struct surveyed_member *m = &l->survey.members.items[i];

        if (leader != NULL && strcmp(m->member->name, leader) == 0)
            last = m;
        else
            member_encode(w, m);
    }
    if (last != NULL)
        member_encode(w, last);
    json_array_end(w);
}

/* To see whom ports trust. A certificate with names is let in by peers from an address among them only
 * (client/pkg/transport/listener_tls.go, checkCertSAN, 3.4 to 3.7). */
static struct staged_certificate
probe_of(const struct certificate *own)
{
    return (struct staged_certificate){
        .owner = "", .use = "probe", .common_name = own->common_name, .key = KEY_P256};
}

static void
inputs_write(struct looking *l, const char *leader, struct buf *ret_inputs)
{
    const struct tls_rotate_request *request = l->request;
    struct tls_stage stage = {
        .ca_cert = request->ca_cert, .ca_key = request->ca_key, .days = request->days};
    struct json_writer w;

    for (size_t i = 0; i < l->survey.certificates.count; i++) {
        const struct surveyed_certificate *c = &l->survey.certificates.items[i];

        if (c->member == NULL || !is_of_new(l, &c->found))
            *ARRAY_PUSH(l->mem, &stage.certificates) =
                staged_like(l->mem, request->inventory, c->member, c->use, &c->found);
        if (c->member == NULL)
            *ARRAY_PUSH(l->mem, &stage.certificates) = probe_of(&c->found);
    }
    json_writer_init(&w, ret_inputs, 0);
    json_object_begin(&w);
    plan_cluster_encode(&w, request->inventory);
    json_key_bool(&w, "keepOld", request->keep_old);
    tls_stage_encode(&w, &stage, plan_stamp_new(l->mem));
    members_encode(l, &w, leader);
    json_object_end(&w);
}

/* Each is going to be started anew. Before anybody is asked: one whose files are no good may not be talked to. */
static bool
starts_check(struct looking *l, struct error *e)
{
    const struct inventory *inventory = l->request->inventory;

    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];

        if (!member_start_certs_check(&l->site, inventory, m, NULL, e))
            return error_wrap(e, "member '%s'", m->name);
    }
    return true;
}

bool
tls_rotate_inputs(struct arena *mem, const struct tls_rotate_request *request,
                  struct buf *ret_inputs, struct error *e)
{
    struct looking l = {.mem = mem, .request = request};
    const struct member_view *leader;
    struct cluster_view view;

    site_init(&l.site, mem, request->inventory);
    if (!certificates_load(mem, request->ca_cert, &l.new, e) || !starts_check(&l, e) ||
        !cluster_view_fetch(mem, request->etcd, &view, e) ||
        !tls_survey_fetch(mem, &l.site, request->inventory, &l.survey, e) || !members_check(&l, e))
        return false;
    leader = view_member_by_id(&view, view.leader_id);
    inputs_write(&l, leader != NULL ? leader->member.name : NULL, ret_inputs);
    return true;
}
