/* What a static pod's manifest needs beside other settings: its certificates' folder as a volume, and probes that do not
 * ask a port whose scheme changes. */

#include <string.h>

#include "base/io.h"
#include "cluster/inventory_host.h"
#include "format/peer_urls.h"
#include "node/service_pod.h"
#include "ops/tls_switch_state.h"

/* kubeadm's. */
#define VOLUME_NAME   "etcd-certs"
#define METRICS_URL   "http://127.0.0.1:2381"
#define PROBE_ADDRESS "127.0.0.1"

/* --- volumes --- */

static void
folder_mount(struct tls_changes *c, const char *dir)
{
    for (size_t i = 0; i < c->mount_count; i++) {
        if (strcmp(c->mounts[i].host_path, dir) == 0)
            return;
    }
    ASSERT(c->mount_count < TLS_MOUNTS_MOST);
    c->mounts[c->mount_count] = (struct pod_mount_change){
        .name = c->mount_count == 0 ? VOLUME_NAME
                                    : arena_printf(c->mem, VOLUME_NAME "-%zu", c->mount_count + 1),
        .host_path = dir,
        .mount_path = dir,
        .read_only = true,
        .type = "DirectoryOrCreate",
    };
    c->mount_count++;
}

bool
tls_change_file(struct tls_changes *c, const struct service *service, const char *name,
                const char *host_path, struct error *e)
{
    const char *own = NULL;

    if (host_path != NULL) {
        if (!service_own_path(c->mem, service, host_path, &own, e))
            return false;
        if (own == NULL) {
            folder_mount(c, path_dir(c->mem, host_path));
            own = host_path;
        }
    }
    tls_change_setting(c, name, own);
    return true;
}

/* --- probes --- */

static bool
urls_have_port(const struct tls_changes *c, const struct etcd_settings *settings, const char *name,
               const char *port)
{
    const struct etcd_setting *setting = settings_get(settings, name);
    const struct inventory_urls urls = setting != NULL
                                           ? inventory_urls_split(c->mem, setting->value)
                                           : (struct inventory_urls){NULL, 0};

    for (size_t i = 0; i < urls.count; i++) {
        const char *host, *found;

        if (peer_url_host_port(c->mem, urls.items[i], &host, &found) && strcmp(found, port) == 0)
            return true;
    }
    return false;
}

/* Where it listens for that by plain HTTP, or will. */
static const char *
metrics_url(struct tls_changes *c, const struct etcd_settings *settings)
{
    const struct etcd_setting *setting = settings_get(settings, "listen-metrics-urls");
    const struct inventory_urls urls = setting != NULL
                                           ? inventory_urls_split(c->mem, setting->value)
                                           : (struct inventory_urls){NULL, 0};

    for (size_t i = 0; i < urls.count; i++) {
        const char *host, *port;

        if (tls_url_is(urls.items[i], TLS_PLAIN) &&
            peer_url_host_port(c->mem, urls.items[i], &host, &port))
            return urls.items[i];
    }
    tls_change_setting(c, "listen-metrics-urls",
                       urls.count > 0 ? arena_printf(c->mem, "%s," METRICS_URL, setting->value)
                                      : METRICS_URL);
    return METRICS_URL;
}

static void
probe_field(struct tls_changes *c, const char *probe, const char *field, const char *old,
            const char *value)
{
    if (old != NULL && strcmp(old, value) == 0)
        return;
    ASSERT(c->probe_count < TLS_PROBES_MOST);
    c->probes[c->probe_count++] = (struct pod_probe_change){probe, field, value};
}

static bool
command_refuse(const struct service *service, const char *name, const struct pod_probe *probe,
               struct error *e)
{
    for (const struct yaml_node *word = probe->command->first; word != NULL; word = word->next) {
        if (word->text != NULL && strstr(word->text, "://") != NULL)
            return error_set(e, ERROR_REFUSED, "%s: '%s': its %s is a command that asks '%s'",
                             host_name(service->host), service->place, name, word->text) ||
                   error_hint(e, "have it be an httpGet of 127.0.0.1:2381, and etcd listen there "
                                 "for metrics (--listen-metrics-urls=" METRICS_URL ")");
    }
    return true;
}

static bool
probe_move(struct tls_changes *c, const struct service *service,
           const struct etcd_settings *settings, const char *name, const struct pod_probe *probe,
           struct error *e)
{
    const char *host, *port;

    if (probe->node == NULL)
        return true;
    if (probe->command != NULL)
        return command_refuse(service, name, probe, e);
    if (probe->scheme == NULL || probe->port == NULL ||
        !urls_have_port(c, settings, "listen-client-urls", probe->port))
        return true;
    if (probe->host == NULL || probe->host[0] == '\0')
        return error_set(e, ERROR_REFUSED,
                         "%s: '%s': its %s asks the client port, and names no host",
                         host_name(service->host), service->place, name) ||
               error_hint(e, "give its httpGet 'host: " PROBE_ADDRESS "'");
    if (!peer_url_host_port(c->mem, metrics_url(c, settings), &host, &port))
        return error_set(e, ERROR_FORMAT, "'" METRICS_URL "' has no port");
    probe_field(c, name, "host", probe->host, host);
    probe_field(c, name, "port", probe->port, port);
    probe_field(c, name, "scheme", probe->scheme, "HTTP");
    return true;
}

bool
tls_change_probes(struct tls_changes *c, const struct service *service,
                  const struct etcd_settings *settings, struct error *e)
{
    struct service_pod_file file = {0};
    const struct pod_manifest *pod = &file.pod;

    if (service->class != &service_pod)
        return true;
    return service_pod_load(c->mem, service, &file, e) &&
           probe_move(c, service, settings, "livenessProbe", &pod->liveness, e) &&
           probe_move(c, service, settings, "readinessProbe", &pod->readiness, e) &&
           probe_move(c, service, settings, "startupProbe", &pod->startup, e);
}
