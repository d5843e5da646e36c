/* Which certificates a cluster lacks that is to get TLS: what its members and quorate itself have and may keep is looked
 * at where it lies, the rest is issued. */

#include <string.h>

#include "base/io.h"
#include "cluster/member_hosts.h"
#include "ops/lab_certs.h"
#include "ops/tls_switch_state.h"

#define OWN_NAME "quorate"

struct needs {
    struct arena *mem;
    const struct tls_switch_request *request;
    struct site *site;
    struct tls_switch *s;
    struct error lacking; /* the first reason to issue one */
};

/* --- members --- */

/* What says something of certificates and their files, and not of the way to them. */
static bool
is_about_certificates(const struct error *e)
{
    return e->code == ERROR_TLS || e->code == ERROR_NOT_FOUND || e->code == ERROR_PERMISSION ||
           e->code == ERROR_FORMAT;
}

/* By what it will have in the end, which is all that it has on the way, and more. */
static bool
has_what_it_needs(struct needs *n, const struct tls_job *job, const struct inventory_member *member,
                  bool *ret_has, struct error *e)
{
    struct error why = ERROR_INIT;

    *ret_has =
        tls_turn_judge(&job->turns[TLS_PHASE_END], n->site, n->request->inventory, member, &why);
    if (*ret_has)
        return true;
    if (!is_about_certificates(&why)) {
        *e = why;
        return false;
    }
    if (n->lacking.code == ERROR_NONE)
        n->lacking = why;
    return true;
}

static void
certificate_stage(struct needs *n, const char *owner, const char *use, const char *common_name,
                  const struct member_hosts *names)
{
    struct staged_certificate *c = ARRAY_PUSH(n->mem, &n->s->stage.certificates);

    *c = (struct staged_certificate){
        .owner = owner, .use = use, .common_name = common_name, .key = KEY_P256};
    for (size_t i = 0; names != NULL && i < names->count; i++)
        *ARRAY_PUSH(n->mem, &c->names) = names->items[i];
}

/* kubeadm's have the node's name as well. */
static void
member_stage(struct needs *n, const struct tls_job *job, const struct inventory_member *member)
{
    struct member_hosts names = member_hosts_of(n->mem, n->request->inventory, member);
    const char *server = job->places.server.cert_file;

    if (member->runner == INVENTORY_RUNNER_STATIC_POD)
        member_hosts_add(n->mem, &names, member->name);
    certificate_stage(n, job->name, "server", job->name, &names);
    if (strcmp(server, job->places.peer.cert_file) != 0)
        certificate_stage(n, job->name, "peer", job->name, &names);
}

/* A host keeps the authority that it has: another one is a rotation's. */
static bool
authority_look(struct needs *n, struct tls_job *job, const struct inventory_member *member,
               struct error *e)
{
    const char *const paths[] = {job->places.server.ca_file, job->places.peer.ca_file};
    const struct host *host;

    if (n->s->lab != NULL)
        return true;
    if (!site_host(n->site, member, &host, e))
        return false;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct host_file there;

        if (paths[i] == NULL)
            continue;
        if (!host_file_look(n->mem, host, paths[i], &there, e))
            return false;
        job->ca_is_new |= there.kind == HOST_NOTHING;
    }
    return true;
}

static bool
member_needs(struct needs *n, struct tls_job *job, struct error *e)
{
    const struct inventory *inventory = n->request->inventory;
    const struct inventory_member *member = inventory_member_by_name(inventory, job->name);
    bool has;

    if (!tls_places_find(n->mem, n->site, inventory, member, &job->places, NULL, e) ||
        !has_what_it_needs(n, job, member, &has, e))
        return error_wrap(e, "'%s'", job->name);
    if (has)
        return true;
    member_stage(n, job, member);
    return authority_look(n, job, member, e);
}

/* --- quorate itself --- */

static struct inventory_tls
own_places(struct arena *mem, const struct inventory *inventory)
{
    const char *dir;

    if (inventory->lab != NULL)
        return lab_member_certs(mem, inventory, "client");
    dir = arena_printf(mem, "%s/tls/%s", path_dir(mem, inventory->path), inventory->name);
    return (struct inventory_tls){path_join(mem, dir, "ca.crt"), path_join(mem, dir, "client.crt"),
                                  path_join(mem, dir, "client.key")};
}

static bool
absolute(struct arena *mem, const char *path, const char **ret_path, struct error *e)
{
    *ret_path = NULL;
    return path == NULL || path[0] == '\0' || path_absolute(mem, path, ret_path, e);
}

/* What the inventory names, else what this call was given. */
static bool
own_needs(struct needs *n, struct error *e)
{
    const struct tls_switch_request *request = n->request;
    struct inventory_tls *own = &n->s->own;

    *own = request->inventory->client_tls;
    if (own->ca_file == NULL && (!absolute(n->mem, request->etcd->ca_file, &own->ca_file, e) ||
                                 !absolute(n->mem, request->etcd->cert_file, &own->cert_file, e) ||
                                 !absolute(n->mem, request->etcd->key_file, &own->key_file, e)))
        return false;
    if (own->ca_file != NULL && (own->cert_file != NULL || !request->client_auth))
        return true;
    *own = own_places(n->mem, request->inventory);
    n->s->own_ca_is_new = !path_exists(own->ca_file);
    certificate_stage(n, "", "client", OWN_NAME, NULL);
    return true;
}

/* --- who issues --- */

static bool
authority_lacks(const struct needs *n, struct error *e)
{
    const struct tls_switch_request *request = n->request;
    const struct staged_certificate *first = &n->s->stage.certificates.items[0];

    if (n->lacking.code != ERROR_NONE) {
        *e = n->lacking;
        return error_hint(e, "--ca-cert FILE --ca-key FILE issue what is missing ('quorate tls "
                             "init' makes both), or bring it there: quorate tls deliver");
    }
    return error_set(e, ERROR_USAGE,
                     "%s has no certificate%s, and no authority is given that could issue one",
                     first->owner[0] != '\0' ? first->owner : "quorate itself",
                     first->owner[0] != '\0' ? " for its API server" : " to trust and to show") ||
           error_hint(e,
                      "--ca-cert FILE --ca-key FILE, or name quorate's own in '%s': tls: "
                      "{ca_file: FILE, cert_file: FILE, key_file: FILE}",
                      request->inventory->path);
}

static bool
authority_find(struct needs *n, struct error *e)
{
    const struct tls_switch_request *request = n->request;
    struct tls_stage *stage = &n->s->stage;
    const char *cert = request->ca_cert;
    const char *key = request->ca_key;

    if (n->s->lab != NULL && key == NULL) {
        cert = lab_member_certs(n->mem, request->inventory, "ca").ca_file;
        key = lab_authority_key(n->mem, request->inventory);
    }
    stage->days = request->days;
    stage->ca_cert = cert != NULL ? cert : "";
    stage->ca_key = key != NULL ? key : "";
    return stage->certificates.count == 0 || (cert != NULL && key != NULL) || authority_lacks(n, e);
}

bool
tls_switch_needs(struct arena *mem, const struct tls_switch_request *request, struct site *site,
                 struct tls_switch *s, struct error *e)
{
    struct needs n = {.mem = mem, .request = request, .site = site, .s = s};

    for (size_t i = 0; i < s->job_count; i++) {
        if (!member_needs(&n, &s->jobs[i], e) ||
            !tls_api_needs(mem, site, request->inventory, &s->jobs[i], e))
            return false;
    }
    return own_needs(&n, e) && authority_find(&n, e);
}
