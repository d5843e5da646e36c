/*
 * The Kubernetes API server on a member's host, etcd's most important client: it changes its scheme while both are taken,
 * one host after the other, so that the API stays up. Where a client port cannot take both (TLS_CLIENTS_FLIP), right
 * behind the member on its host.
 */
#include <string.h>

#include "base/io.h"
#include "cluster/inventory_host.h"
#include "cluster/inventory_members.h"
#include "node/api_server.h"
#include "node/host/host_reach.h"
#include "node/service_pod.h"
#include "ops/tls_switch_state.h"

#define API_USE      "apiserver"
#define SERVERS      "etcd-servers"
#define DEFAULT_PORT "6443"
/* kubeadm's. Source: kubernetes cmd/kubeadm/app/phases/certs/certlist.go, constants.go. */
#define PKI_DIR     "/etc/kubernetes/pki"
#define COMMON_NAME "kube-apiserver-etcd-client"

enum { API_TIMEOUT_S = 300 };

/* --- what it is started with --- */

struct api_look {
    struct arena *mem;
    const struct host *host;
    struct service service;
    struct etcd_settings settings;
    struct inventory_urls servers;
};

static bool
api_look(struct arena *mem, struct site *site, const struct inventory_member *member,
         struct api_look *look, struct error *e)
{
    const struct etcd_setting *servers;

    *look = (struct api_look){.mem = mem, .settings = ETCD_SETTINGS_INIT};
    if (!site_host(site, member, &look->host, e))
        return false;
    look->service = api_server_service(look->host);
    if (!service_settings(mem, &look->service, &look->settings, e))
        return false;
    servers = settings_get(&look->settings, SERVERS);
    if (servers != NULL)
        look->servers = inventory_urls_split(mem, servers->value);
    return true;
}

static bool
is_loopback(const char *authority)
{
    return strncmp(authority, "127.", 4) == 0 || strncmp(authority, "localhost:", 10) == 0 ||
           strncmp(authority, "[::1]:", 6) == 0;
}

bool
tls_api_is_members(const struct inventory *inventory, const struct tls_job *job, const char *url)
{
    return inventory_endpoint_is_members(inventory, url) ||
           (is_loopback(tls_url_authority(url)) &&
            inventory_urls_have(&job->addresses.listen_clients, tls_url_authority(url)));
}

static struct inventory_urls
servers_wanted(const struct api_look *look, const struct inventory *inventory,
               const struct tls_job *job)
{
    struct inventory_urls ours = {arena_zero(look->mem, (look->servers.count + 1) * sizeof(char *)),
                                  0};

    for (size_t i = 0; i < look->servers.count; i++) {
        if (tls_api_is_members(inventory, job, look->servers.items[i]))
            ours.items[ours.count++] = tls_url_authority(look->servers.items[i]);
    }
    return tls_urls_switch(look->mem, &look->servers, &ours, job->of->to);
}

/* --- what it needs, for the inputs --- */

static bool
path_of(const struct api_look *look, const char *name, const char *fallback, const char **ret_path,
        struct error *e)
{
    const struct etcd_setting *setting = settings_get(&look->settings, name);

    *ret_path = fallback;
    if (setting == NULL || setting->value[0] == '\0')
        return true;
    return service_host_path(look->mem, &look->service, setting->value, ret_path, e) &&
           (*ret_path != NULL ||
            error_set(e, ERROR_REFUSED, "%s: '%s' of '%s' is in no volume of the host",
                      host_name(look->host), setting->value, look->service.place));
}

static bool
are_there(const struct api_look *look, const struct inventory_tls *files, bool *ret_ca,
          bool *ret_pair, struct error *e)
{
    struct host_file ca, cert, key;

    if (!host_file_look(look->mem, look->host, files->ca_file, &ca, e) ||
        !host_file_look(look->mem, look->host, files->cert_file, &cert, e) ||
        !host_file_look(look->mem, look->host, files->key_file, &key, e))
        return false;
    *ret_ca = ca.kind != HOST_NOTHING;
    *ret_pair = cert.kind != HOST_NOTHING && key.kind != HOST_NOTHING;
    return true;
}

static void
certificate_stage(struct tls_job *job, struct arena *mem)
{
    *ARRAY_PUSH(mem, &job->of->stage.certificates) = (struct staged_certificate){
        .owner = job->name, .use = API_USE, .common_name = COMMON_NAME, .key = KEY_P256};
}

static bool
is_there(struct site *site, const struct inventory_member *member, bool *ret_is, struct error *e)
{
    enum api_server_state state;
    const struct host *host;

    if (!site_host(site, member, &host, e) || !api_server_look(host, &state, e))
        return false;
    *ret_is = state == API_SERVER_FREE;
    return state == API_SERVER_FREE || state == API_SERVER_ABSENT ||
           error_set(e, ERROR_CONFLICT, "%s: the API server is held down", host_name(host)) ||
           error_hint(e, "see 'quorate plan list': a plan has not ended");
}

bool
tls_api_needs(struct arena *mem, struct site *site, const struct inventory *inventory,
              struct tls_job *job, struct error *e)
{
    const struct inventory_member *member = inventory_member_by_name(inventory, job->name);
    struct api_look look;
    bool is, has_ca, has_pair;
    bool of_cluster = false;

    if (job->of->lab != NULL)
        return true;
    if (!is_there(site, member, &is, e))
        return false;
    if (!is)
        return true;
    if (!api_look(mem, site, member, &look, e))
        return false;
    for (size_t i = 0; i < look.servers.count; i++)
        of_cluster |= tls_api_is_members(inventory, job, look.servers.items[i]);
    job->has_api_server = of_cluster;
    if (!of_cluster || job->of->to == TLS_PLAIN)
        return true;
    if (!path_of(&look, "etcd-cafile", PKI_DIR "/etcd/ca.crt", &job->api.ca_file, e) ||
        !path_of(&look, "etcd-certfile", PKI_DIR "/apiserver-etcd-client.crt", &job->api.cert_file,
                 e) ||
        !path_of(&look, "etcd-keyfile", PKI_DIR "/apiserver-etcd-client.key", &job->api.key_file,
                 e) ||
        !are_there(&look, &job->api, &has_ca, &has_pair, e))
        return false;
    job->api_ca_is_new = !has_ca;
    if (!has_ca || !has_pair)
        certificate_stage(job, mem);
    return true;
}

void
tls_api_add_delivery(struct tls_job *job, const struct inventory_member *member)
{
    struct tls_switch *s = job->of;
    const struct staged_certificate *c = tls_stage_find(&s->stage, job->name, API_USE);
    struct arena *mem = s->live.plan->mem;
    struct tls_delivery *d;

    if (c == NULL)
        return;
    d = arena_zero(mem, sizeof(*d));
    *d = (struct tls_delivery){
        .plan = s->live.plan,
        .site = &s->live.site,
        .member = member,
        .for_root = true,
        .from.client = {job->api_ca_is_new ? s->stage.ca_cert : NULL, c->cert_path, c->key_path},
        .to.client = job->api,
        .keeping = arena_printf(mem, "%s-%s-api", s->stamp, job->name),
    };
    tls_add_delivery(d, arena_printf(mem, "%s-api-server", job->name));
}

/* --- the step --- */

static const char *
keeping_of(struct arena *mem, const struct tls_job *job)
{
    return arena_printf(mem, SERVICE_KEEP_DIR "/%s-%s-api-server.json", job->of->stamp, job->name);
}

static bool
changes_make(const struct api_look *look, const struct inventory *inventory,
             const struct tls_job *job, struct tls_changes *c, struct error *e)
{
    struct inventory_urls servers = servers_wanted(look, inventory, job);
    const bool on = job->of->to == TLS_SECURE;

    tls_change_setting(c, SERVERS, tls_urls_text(c->mem, &servers));
    return tls_change_file(c, &look->service, "etcd-cafile", on ? job->api.ca_file : NULL, e) &&
           tls_change_file(c, &look->service, "etcd-certfile", on ? job->api.cert_file : NULL, e) &&
           tls_change_file(c, &look->service, "etcd-keyfile", on ? job->api.key_file : NULL, e);
}

static bool
look_now(struct arena *mem, struct tls_job *job, struct inventory **ret_inventory,
         struct api_look *look, struct error *e)
{
    const struct inventory_member *member;

    return tls_job_member(mem, job, ret_inventory, &member, e) &&
           api_look(mem, &job->of->live.site, member, look, e);
}

/* Its process, with what the manifest says now, listens. */
static bool
serves(const struct api_look *look, bool *ret_serves, struct error *e)
{
    const struct etcd_setting *servers = settings_get(&look->settings, SERVERS);
    const struct etcd_setting *port = settings_get(&look->settings, "secure-port");
    const struct etcd_setting *bind = settings_get(&look->settings, "bind-address");
    bool any =
        bind == NULL || strcmp(bind->value, "0.0.0.0") == 0 || strcmp(bind->value, "::") == 0;
    struct host_reach target = {.name = any ? "127.0.0.1" : bind->value,
                                .port = port != NULL ? port->value : DEFAULT_PORT};

    if (!api_server_runs_with(look->host, servers->value, ret_serves, e))
        return false;
    if (!*ret_serves)
        return true;
    if (!host_reach_probe(look->mem, look->host, &target, 1, e))
        return false;
    *ret_serves = target.reached == REACHED_OPEN;
    return true;
}

static bool
serve_wait(struct tls_job *job, struct error *e)
{
    for (;;) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct inventory *inventory;
        struct api_look look;
        bool does;

        if (!look_now(&tmp, job, &inventory, &look, e) || !serves(&look, &does, e))
            return false;
        if (does)
            return true;
        if (!live_wait(&job->of->live, "the kubelet has not started the API server anew", e))
            return error_wrap(e, "%s", host_name(look.host));
    }
}

static bool
api_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_job *job = op;
    struct tls_changes changes = {.mem = &tmp};
    struct inventory *inventory;
    struct api_look look;
    bool done;

    if (!look_now(&tmp, job, &inventory, &look, e) ||
        !changes_make(&look, inventory, job, &changes, e))
        return false;
    done = changes.mount_count == 0;
    for (size_t i = 0; i < changes.setting_count; i++) {
        const struct etcd_setting *now = settings_get(&look.settings, changes.settings[i].name);
        const char *wanted = changes.settings[i].value;

        done &= now == NULL ? wanted == NULL : wanted != NULL && strcmp(now->value, wanted) == 0;
    }
    if (done && !serves(&look, &done, e))
        return false;
    *ret_progress = done ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

/* All at once: the kubelet acts upon each change. */
static bool
api_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_job *job = op;
    struct tls_changes changes = {.mem = &tmp};
    const char *keeping = keeping_of(&tmp, job);
    struct inventory *inventory;
    struct api_look look;

    return look_now(&tmp, job, &inventory, &look, e) &&
           changes_make(&look, inventory, job, &changes, e) &&
           service_pod_change(&look.service, changes.settings, changes.setting_count,
                              changes.mounts, changes.mount_count, keeping, e);
}

static bool
api_verify(void *op, struct error *e)
{
    return serve_wait(op, e);
}

static bool
api_undo(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_job *job = op;
    const char *keeping = keeping_of(&tmp, job);
    struct inventory *inventory;
    struct api_look look;
    struct host_file kept;

    if (!look_now(&tmp, job, &inventory, &look, e) ||
        !host_file_look(&tmp, look.host, keeping, &kept, e))
        return false;
    return kept.kind == HOST_NOTHING ||
           (service_put_back(&look.service, keeping, e) && serve_wait(job, e) &&
            host_file_remove(look.host, keeping, e));
}

static const char *
api_field(const void *op, struct arena *mem, const char *name)
{
    return tls_job_field(op, mem, name);
}

static const struct step api_step = {
    .name = "api-server",
    .intent = "have the API server on the host of %{member} ask etcd by %{new}",
    .field = api_field,
    .check = api_check,
    .run = api_run,
    .verify = api_verify,
    .undo = api_undo,
    .timeout_s = API_TIMEOUT_S,
};

void
tls_switch_add_api_server(struct tls_job *job)
{
    if (job->has_api_server)
        plan_add_step(job->of->live.plan, &api_step, job->name, job);
}
