/* A manifest that joiners are laid out by, read as if it were a member's that runs already. */

#include <string.h>

#include "ops/member_state.h"

struct reading {
    struct arena *mem;
    struct service service;
    struct etcd_settings settings;
};

static const char *
value(const struct reading *r, const char *name)
{
    const struct etcd_setting *setting = settings_get(&r->settings, name);

    return setting != NULL ? setting->value : NULL;
}

/* As the host has it; what is in no volume is the image's, and stays as it is. */
static bool
path_value(const struct reading *r, const char *name, const char **ret_path, struct error *e)
{
    const char *inside = value(r, name);
    const char *path = NULL;

    if (inside != NULL && inside[0] == '/' &&
        !service_host_path(r->mem, &r->service, inside, &path, e))
        return false;
    *ret_path = path != NULL ? path : inside;
    return true;
}

static bool
tls_value(const struct reading *r, const char *ca, const char *cert, const char *key,
          struct inventory_tls *ret_tls, struct error *e)
{
    return path_value(r, ca, &ret_tls->ca_file, e) && path_value(r, cert, &ret_tls->cert_file, e) &&
           path_value(r, key, &ret_tls->key_file, e);
}

static struct inventory_urls
urls_value(const struct reading *r, const char *name)
{
    ARRAY(const char *) urls = ARRAY_INIT;
    const char *at = value(r, name);

    while (at != NULL && *at != '\0') {
        size_t size = strcspn(at, ",");

        *ARRAY_PUSH(r->mem, &urls) = arena_printf(r->mem, "%.*s", (int)size, at);
        at += size + (at[size] == ',');
    }
    return (struct inventory_urls){urls.items, urls.count};
}

static bool
member_read(const struct reading *r, struct inventory_member *ret_member, struct error *e)
{
    *ret_member = (struct inventory_member){
        .name = value(r, "name"),
        .runner = INVENTORY_RUNNER_STATIC_POD,
        .peer_urls = urls_value(r, "initial-advertise-peer-urls"),
        .client_urls = urls_value(r, "advertise-client-urls"),
    };
    return path_value(r, "data-dir", &ret_member->data_dir, e) &&
           path_value(r, "wal-dir", &ret_member->wal_dir, e) &&
           tls_value(r, "trusted-ca-file", "cert-file", "key-file", &ret_member->tls, e) &&
           tls_value(r, "peer-trusted-ca-file", "peer-cert-file", "peer-key-file",
                     &ret_member->peer_tls, e);
}

bool
manifest_member(struct arena *mem, const char *path, struct inventory_member *ret_member,
                struct service *ret_service, struct error *e)
{
    struct reading r = {
        .mem = mem,
        .service = {.class = &service_pod, .name = "manifest", .place = path},
        .settings = ETCD_SETTINGS_INIT,
    };
    struct host *local;

    if (!host_open(mem, "local:", NULL, &local, e))
        return false;
    r.service.host = local;
    if (!service_settings(mem, &r.service, &r.settings, e) || !member_read(&r, ret_member, e))
        return error_wrap(e, "manifest '%s'", path);
    if (ret_member->name == NULL || ret_member->data_dir == NULL ||
        ret_member->peer_urls.count == 0 || ret_member->client_urls.count == 0)
        return error_set(e, ERROR_REFUSED,
                         "manifest '%s' does not say all of --name, --data-dir, "
                         "--initial-advertise-peer-urls and --advertise-client-urls",
                         path);
    *ret_service = r.service;
    return true;
}
