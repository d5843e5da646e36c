#include "node/etcd_looking.h"

#include "base/io.h"
#include "format/settings/config_file.h"
#include "format/settings/etcd_flag.h"
#include "node/host/host_file.h"

/* A path that the process uses, as a path of the host; relative ones count from its directory. */
static const char *
host_path(const struct etcd_looking *l, const char *path)
{
    const char *on_host;

    if (path == NULL || path[0] == '\0')
        return NULL;
    path = path_join(l->mem, l->cwd, path);
    if (l->manifest != NULL && pod_manifest_mount_of(l->mem, &l->pod, path, &on_host) != NULL)
        return on_host;
    return path;
}

static bool
config_file_add(struct etcd_looking *l, struct error *e)
{
    struct bytes text;
    const char *path;

    if (l->settings.config_file == NULL)
        return true;
    path = host_path(l, l->settings.config_file);
    if (!host_file_read(l->mem, l->host, path, YAML_MAX_BYTES, &text, e) ||
        !config_file_read(l->mem, path, text, &l->settings, e))
        return false;
    settings_resolve(&l->settings);
    return true;
}

static const char *
value(const struct etcd_looking *l, const char *name)
{
    return settings_value(l->mem, &l->settings, name, FLAG_MINOR_NEWEST);
}

static struct found_tls
tls_found(const struct etcd_looking *l, const char *prefix)
{
    return (struct found_tls){
        .ca_file = host_path(l, value(l, arena_printf(l->mem, "%strusted-ca-file", prefix))),
        .cert_file = host_path(l, value(l, arena_printf(l->mem, "%scert-file", prefix))),
        .key_file = host_path(l, value(l, arena_printf(l->mem, "%skey-file", prefix))),
    };
}

bool
etcd_looking_found(struct etcd_looking *l, struct found_etcd *ret_found, struct error *e)
{
    if (!config_file_add(l, e))
        return false;
    *ret_found = (struct found_etcd){
        .pid = (pid_t)l->pid,
        .by = l->manifest != NULL ? ETCD_BY_STATIC_POD
              : l->unit != NULL   ? ETCD_BY_SYSTEMD
                                  : ETCD_BY_HAND,
        .starter = l->manifest != NULL ? l->manifest : l->unit,
        .name = value(l, "name"),
        .data_dir = host_path(l, value(l, "data-dir")),
        .wal_dir = host_path(l, value(l, "wal-dir")),
        .tls = tls_found(l, ""),
        .peer_tls = tls_found(l, "peer-"),
        .client_urls = value(l, "advertise-client-urls"),
        .peer_urls = value(l, "initial-advertise-peer-urls"),
    };
    return true;
}
