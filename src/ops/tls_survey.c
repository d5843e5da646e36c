#include "ops/tls_survey.h"

#include <string.h>

#include "base/io.h"
#include "node/host/host_file.h"
#include "ops/lab_certs.h"

struct surveying {
    struct arena *mem;
    struct tls_survey *survey;
    const struct host *host;
    const struct inventory_member *member;
};

static bool
certificate_take(struct surveying *s, const char *use, const char *path, struct error *e)
{
    struct certificates found;
    struct bytes pem;

    for (size_t i = 0; i < s->survey->certificates.count; i++) {
        const struct surveyed_certificate *c = &s->survey->certificates.items[i];

        if (c->member == s->member && path != NULL && strcmp(c->path, path) == 0)
            return true;
    }
    if (path == NULL)
        return true;
    if (!host_file_read(s->mem, s->host, path, CERTIFICATE_FILE_MOST_BYTES, &pem, e))
        return false;
    if (!certificates_decode(s->mem, pem, &found, e))
        return error_wrap(e, "%s: '%s'", host_name(s->host), path);
    *ARRAY_PUSH(s->mem, &s->survey->certificates) = (struct surveyed_certificate){
        .member = s->member, .use = use, .path = path, .found = found.items[0]};
    return true;
}

static bool
member_take(struct surveying *s, struct site *site, const struct inventory *inventory,
            const struct inventory_member *member, struct error *e)
{
    struct surveyed_member *one = ARRAY_PUSH(s->mem, &s->survey->members);
    struct tls_set *places = &one->places;
    struct tls_set named;

    one->member = s->member = member;
    if (!tls_places_find(s->mem, site, inventory, member, places, &named, e) ||
        !site_host(site, member, &s->host, e))
        return false;
    if (named.server.cert_file == NULL || named.peer.cert_file == NULL)
        return error_set(e, ERROR_REFUSED, "'%s' has no certificate for %s", member->name,
                         named.server.cert_file == NULL ? "clients" : "peers") ||
               error_hint(e, "quorate tls enable --cluster %s", inventory->name);
    return certificate_take(s, "server", places->server.cert_file, e) &&
           certificate_take(s, "peer", places->peer.cert_file, e) &&
           certificate_take(s, "client", places->client.cert_file, e);
}

static bool
own_take(struct surveying *s, const struct inventory *inventory, struct error *e)
{
    struct host *here;

    if (inventory->client_tls.cert_file == NULL)
        return true;
    if (!host_open(s->mem, "local:", NULL, &here, e))
        return false;
    s->host = here;
    s->member = NULL;
    return certificate_take(s, "client", inventory->client_tls.cert_file, e);
}

bool
tls_survey_fetch(struct arena *mem, struct site *site, const struct inventory *inventory,
                 struct tls_survey *ret, struct error *e)
{
    struct surveying s = {.mem = mem, .survey = ret};

    *ret = (struct tls_survey){0};
    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];

        if (!member_take(&s, site, inventory, m, e))
            return error_wrap(e, "member '%s'", m->name);
    }
    return own_take(&s, inventory, e);
}

bool
tls_authority_of(struct arena *mem, const struct inventory *inventory, const char *ca_cert,
                 const char *ca_key, const char **ret_cert, const char **ret_key, struct error *e)
{
    if (ca_cert == NULL)
        ca_cert = inventory->client_tls.ca_file;
    if (ca_key == NULL && inventory->lab != NULL)
        ca_key = lab_authority_key(mem, inventory);
    if (ca_cert == NULL || ca_key == NULL)
        return error_set(e, ERROR_USAGE, "where is the authority's %s?",
                         ca_cert == NULL ? "certificate" : "key") ||
               error_hint(e, "--ca-cert FILE --ca-key FILE");
    *ret_cert = ca_cert;
    *ret_key = ca_key;
    return true;
}
