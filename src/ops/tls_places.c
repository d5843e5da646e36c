#include "ops/tls_places.h"

#include <string.h>

#include "base/io.h"
#include "cluster/inventory_json.h"
#include "ops/lab_certs.h"

#define SYSTEMD_DIR "/etc/etcd/pki"
#define POD_DIR     "/etc/kubernetes/pki/etcd" /* kubeadm's: constants.go, CertificatesDir */

/* --- on hosts --- */

struct looking {
    struct arena *mem;
    struct service service;
    struct etcd_settings settings;
};

/* NULL for one that is not set, or set to nothing. */
static bool
setting_path(const struct looking *l, const char *name, const char **ret_path, struct error *e)
{
    const struct etcd_setting *setting = settings_get(&l->settings, name);

    *ret_path = NULL;
    if (setting == NULL || setting->value[0] == '\0')
        return true;
    if (!service_host_path(l->mem, &l->service, setting->value, ret_path, e))
        return false;
    return *ret_path != NULL ||
           error_set(e, ERROR_REFUSED, "%s: '%s' of '%s' is in no volume of the host",
                     host_name(l->service.host), setting->value, l->service.place);
}

static bool
named_look(const struct looking *l, struct tls_set *ret_named, struct error *e)
{
    struct tls_set *s = ret_named;
    const struct {
        const char *name;
        const char **path;
    } all[] = {
        {"trusted-ca-file", &s->server.ca_file},    {"cert-file", &s->server.cert_file},
        {"key-file", &s->server.key_file},          {"peer-trusted-ca-file", &s->peer.ca_file},
        {"peer-cert-file", &s->peer.cert_file},     {"peer-key-file", &s->peer.key_file},
        {"client-cert-file", &s->client.cert_file}, {"client-key-file", &s->client.key_file},
    };

    *s = (struct tls_set){0};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (!setting_path(l, all[i].name, all[i].path, e))
            return false;
    }
    return true;
}

static bool
host_look(struct arena *mem, struct site *site, const struct inventory_member *member,
          struct tls_set *ret_named, struct error *e)
{
    struct looking l = {.mem = mem, .settings = ETCD_SETTINGS_INIT};

    return site_service(site, member, &l.service, e) &&
           service_settings(mem, &l.service, &l.settings, e) && named_look(&l, ret_named, e);
}

/* --- defaults --- */

static struct inventory_tls
tls_in(struct arena *mem, const char *dir, const char *name)
{
    return (struct inventory_tls){
        .ca_file = path_join(mem, dir, "ca.crt"),
        .cert_file = arena_printf(mem, "%s/%s.crt", dir, name),
        .key_file = arena_printf(mem, "%s/%s.key", dir, name),
    };
}

static const char *
dir_of_set(struct arena *mem, const struct tls_set *named, enum inventory_runner runner)
{
    const char *certificate =
        named->server.cert_file != NULL ? named->server.cert_file : named->peer.cert_file;

    if (certificate != NULL)
        return path_dir(mem, certificate);
    return runner == INVENTORY_RUNNER_STATIC_POD ? POD_DIR : SYSTEMD_DIR;
}

/* A port that shows a certificate and trusts nobody needs no authority: that is left as it is. */
static void
defaults_fill(struct arena *mem, const struct inventory_member *member, struct tls_set *set)
{
    const struct tls_set named = *set;
    const char *dir = dir_of_set(mem, &named, member->runner);

    if (named.server.cert_file == NULL)
        set->server = tls_in(mem, dir, "server");
    if (named.peer.cert_file == NULL)
        set->peer = tls_in(mem, dir, "peer");
    if (named.server.cert_file == NULL && named.peer.ca_file != NULL)
        set->server.ca_file = named.peer.ca_file;
    if (named.peer.cert_file == NULL && named.server.ca_file != NULL)
        set->peer.ca_file = named.server.ca_file;
}

bool
tls_places_find(struct arena *mem, struct site *site, const struct inventory *inventory,
                const struct inventory_member *member, struct tls_set *ret_places,
                struct tls_set *ret_named, struct error *e)
{
    struct tls_set named = {.server = member->tls, .peer = member->peer_tls};
    struct tls_set places;

    if (inventory->lab == NULL && !host_look(mem, site, member, &named, e))
        return false;
    places = named;
    if (inventory->lab == NULL)
        defaults_fill(mem, member, &places);
    else if (named.server.cert_file == NULL)
        places.server = places.peer = lab_member_certs(mem, inventory, member->name);
    *ret_places = places;
    if (ret_named != NULL)
        *ret_named = named;
    return true;
}

/* --- here --- */

bool
tls_issued_find(struct arena *mem, const char *dir, const char *member_name,
                struct tls_set *ret_files, struct error *e)
{
    const char *own = path_join(mem, dir, member_name);
    const char *kubeadm = path_join(mem, own, "etcd");
    const char *found = path_exists(path_join(mem, kubeadm, "server.crt")) ? kubeadm : own;
    const struct tls_set files = {.server = tls_in(mem, found, "server"),
                                  .peer = tls_in(mem, found, "peer")};

    if (!path_exists(files.server.cert_file))
        return error_set(e, ERROR_NOT_FOUND, "there is no certificate '%s'",
                         files.server.cert_file) ||
               error_hint(e, "quorate tls issue '%s' --member %s", dir, member_name);
    *ret_files = files;
    return true;
}

/* --- in the inputs of plans --- */

void
tls_set_encode(struct json_writer *w, const char *key, const struct tls_set *set)
{
    json_key(w, key);
    json_object_begin(w);
    inventory_tls_encode(w, "server", &set->server);
    inventory_tls_encode(w, "peer", &set->peer);
    inventory_tls_encode(w, "client", &set->client);
    json_object_end(w);
}

bool
tls_set_decode(struct arena *mem, const struct json *object, const char *key,
               struct tls_set *ret_set, struct error *e)
{
    const struct json *set = json_get(object, key);

    if (set == NULL || !json_is_object(set))
        return error_set(e, ERROR_FORMAT, "'%s' is missing", key);
    return inventory_tls_decode(mem, set, "server", &ret_set->server, e) &&
           inventory_tls_decode(mem, set, "peer", &ret_set->peer, e) &&
           inventory_tls_decode(mem, set, "client", &ret_set->client, e);
}
