#include "ops/tls_probes.h"

#include <string.h>

#include "base/number.h"
#include "cluster/member_hosts.h"
#include "cluster/rules_probe.h"
#include "format/peer_urls.h"
#include "format/rejected_connection.h"
#include "node/host/host_script.h"
#include "node/host/host_url.h"
#include "node/service_pod.h"

enum { FOUND_MOST = 1 << 20 };

struct finding {
    struct arena *mem;
    const struct inventory *inventory;
    const struct inventory_member *member;
    struct service service;
    struct etcd_settings settings;
    const char *own_file; /* the member's manifest, which is read as such; NULL: none */
    struct tls_probes *ret;
};

static struct tls_probe *
probe_add(struct finding *f, const char *where, const char *asks, const struct probe_flaw *flaw)
{
    struct tls_probe *probe = ARRAY_PUSH(f->mem, f->ret);

    *probe = (struct tls_probe){
        .member = f->member->name,
        .where = where,
        .asks = asks,
        .word = flaw->word,
        .text = flaw->text,
        .remedy = flaw->remedy,
        .count = 1,
    };
    return probe;
}

static void
probe_consider(struct finding *f, const char *where, const char *asks,
               const struct health_probe *probe)
{
    struct probe_flaw flaw = probe_judge(f->mem, probe, &f->settings);

    if (flaw.word != NULL)
        probe_add(f, where, asks, &flaw);
}

/* --- URLs in text --- */

/* Whether a host in a URL is one of the cluster's own, or this host itself. */
static bool
is_ours(struct finding *f, const char *host)
{
    struct member_hosts hosts = {0};

    if (strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 || strncmp(host, "127.", 4) == 0)
        return true;
    for (size_t i = 0; i < f->inventory->members.count; i++) {
        const struct inventory_member *m = &f->inventory->members.items[i];
        struct error ignored = ERROR_INIT;
        struct host_url url;

        member_hosts_add_urls(f->mem, &hosts, &m->client_urls);
        member_hosts_add_urls(f->mem, &hosts, &m->peer_urls);
        if (m->host != NULL && host_url_parse(f->mem, m->host, &url, &ignored))
            member_hosts_add(f->mem, &hosts, url.host);
    }
    for (size_t i = 0; i < hosts.count; i++) {
        if (strcmp(hosts.items[i], host) == 0)
            return true;
    }
    return false;
}

/* etcd's own settings: URLs of its first start, or of what it listens at. */
static bool
is_setting(const char *line)
{
    static const char *const words[] = {"initial-",   "INITIAL_",  "advertise-", "ADVERTISE_",
                                        "listen-",    "LISTEN_",   "advertise_", "listen_",
                                        "discovery-", "DISCOVERY_"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(line, words[i]) != NULL)
            return true;
    }
    return line[strspn(line, " \t")] == '#' || line[strspn(line, " \t")] == ';';
}

/* Who keeps data there, and does not only ask whether it lives. */
static bool
is_client(const char *line)
{
    return strstr(line, "--etcd-servers") != NULL || strstr(line, "ETCDCTL_") != NULL ||
           strstr(line, "--endpoints") != NULL || strstr(line, "etcd_endpoints") != NULL;
}

/* Each http URL of a line. */
static void
line_consider(struct finding *f, const char *where, const char *line)
{
    static const char scheme[] = "http://";

    if (is_setting(line))
        return;
    for (const char *at = line; (at = strstr(at, scheme)) != NULL;) {
        size_t size = strcspn(at, " \t\"'`,;|)<>\\]&");
        const char *url;
        const char *host, *port;

        /* An IPv6 address has a bracket of its own. */
        if (at[strlen(scheme)] == '[')
            size = strcspn(at, " \t\"'`,;|)<>\\&");
        url = arena_printf(f->mem, "%.*s", (int)size, at);
        at += size;
        if (peer_url_host_port(f->mem, url, &host, &port) && is_ours(f, host))
            probe_consider(f, where, url,
                           &(struct health_probe){
                               .way = PROBE_HTTP, .port = port, .is_client = is_client(line)});
    }
}

/* --- files of the host --- */

/*
 * Lines with an http URL in what may ask etcd: units and what is beside them, crontabs, manifests, scripts that
 * an operator installed. NAME NUL LINE:TEXT.
 */
static const char search_script[] =
    "find /etc/systemd/system /run/systemd/system /lib/systemd/system /etc/cron.d /etc/crontab "
    "/var/spool/cron /etc/kubernetes /etc/monit /etc/haproxy /etc/keepalived /usr/local/bin "
    "/usr/local/sbin /opt -xdev -maxdepth 4 -type f -size -256k ! -name '*.key' -exec grep -IZHnE "
    "'http://[^ ]*:[0-9]+' {} + 2>/dev/null\n"
    "exit 0\n";

static void
found_consider(struct finding *f, struct bytes text)
{
    const char *at = (const char *)text.data;
    const char *end = at + text.size;

    while (at < end) {
        const char *file = at;
        const char *line = memchr(file, '\0', (size_t)(end - file));
        const char *next = line != NULL ? memchr(line, '\n', (size_t)(end - line)) : NULL;
        const char *colon;

        if (next == NULL)
            return;
        line++;
        colon = memchr(line, ':', (size_t)(next - line));
        at = next + 1;
        if (colon == NULL || (f->own_file != NULL && strcmp(file, f->own_file) == 0))
            continue;
        line_consider(f,
                      arena_printf(f->mem, "%s:%s:%.*s", host_name(f->service.host), file,
                                   (int)(colon - line), line),
                      arena_printf(f->mem, "%.*s", (int)(next - colon - 1), colon + 1));
    }
}

static bool
files_find(struct finding *f, struct error *e)
{
    const struct host_command command = {.output_most = FOUND_MOST};
    struct host_result result;

    if (!host_script(f->mem, f->service.host, search_script, "/", NULL, &command, &result, e))
        return false;
    found_consider(f, result.out);
    return true;
}

/* --- the pod's own --- */

static const char *
place_of(struct finding *f, const struct pod_manifest *pod, const struct yaml_node *node)
{
    unsigned line, column;

    yaml_place(pod->doc, node->start, &line, &column);
    return arena_printf(f->mem, "%s:%s:%u", host_name(f->service.host), f->service.place, line);
}

static void
command_consider(struct finding *f, const char *where, const struct yaml_node *words)
{
    for (const struct yaml_node *word = words->first; word != NULL; word = word->next) {
        if (word->text != NULL)
            line_consider(f, where, word->text);
    }
}

static void
probe_of_pod(struct finding *f, const struct pod_manifest *pod, const struct pod_probe *probe)
{
    const struct yaml_node *tcp;
    const char *where;

    if (probe->node == NULL)
        return;
    where = place_of(f, pod, probe->node);
    tcp = yaml_get(yaml_get(probe->node, "tcpSocket"), "port");
    if (tcp != NULL && tcp->text != NULL)
        probe_consider(f, where, arena_printf(f->mem, "tcp port %s", tcp->text),
                       &(struct health_probe){.way = PROBE_TCP, .port = tcp->text});
    if (probe->command != NULL)
        command_consider(f, where, probe->command);
    if (probe->scheme == NULL)
        return;
    probe_consider(
        f, where,
        arena_printf(f->mem, "%s://%s:%s%s", strcmp(probe->scheme, "HTTPS") == 0 ? "https" : "http",
                     probe->host[0] != '\0' ? probe->host : "POD", probe->port, probe->path),
        &(struct health_probe){.way =
                                   strcmp(probe->scheme, "HTTPS") == 0 ? PROBE_HTTPS : PROBE_HTTP,
                               .port = probe->port});
}

static bool
pod_find(struct finding *f, struct error *e)
{
    struct service_pod_file file = {0};

    if (f->service.class != &service_pod)
        return true;
    if (!service_pod_load(f->mem, &f->service, &file, e))
        return false;
    f->own_file = f->service.place;
    probe_of_pod(f, &file.pod, &file.pod.liveness);
    probe_of_pod(f, &file.pod, &file.pod.readiness);
    probe_of_pod(f, &file.pod, &file.pod.startup);
    return true;
}

/* --- the log --- */

static struct tls_probe *
rejected_before(struct finding *f, const struct rejected_connection *r, const char *where)
{
    for (size_t i = 0; i < f->ret->count; i++) {
        struct tls_probe *probe = &f->ret->items[i];

        if (strcmp(probe->where, where) == 0 && strcmp(probe->asks, r->from) == 0 &&
            strcmp(probe->text, r->error) == 0)
            return probe;
    }
    return NULL;
}

static void
rejected_add(struct finding *f, const struct rejected_connection *r, const char *where)
{
    struct tls_probe *probe = rejected_before(f, r, where);
    const struct probe_flaw flaw = {"log-rejected", r->error, probe_remedy(f->mem, &f->settings)};

    if (probe != NULL)
        probe->count++;
    else
        probe_add(f, where, r->from, &flaw);
}

/* What an earlier process sent away says nothing of this one. */
static void
log_consider(struct finding *f, const char *text, const char *where, size_t before)
{
    struct etcd_log_line line;
    struct rejected_connection rejected;

    if (!etcd_log_line_read(f->mem, text, &line))
        return;
    if (etcd_log_kind_of(&line) == ETCD_LOG_START)
        f->ret->count = before;
    else if (rejected_connection_read(f->mem, &line, &rejected))
        rejected_add(f, &rejected, where);
}

static bool
log_find(struct finding *f, struct error *e)
{
    const char *where =
        arena_printf(f->mem, "%s: log of %s", host_name(f->service.host), f->service.place);
    size_t before = f->ret->count;
    const char *log;
    char *rest;

    if (!service_log_tail(f->mem, &f->service, TLS_PROBES_LOG_LINES, &log, e))
        return false;
    rest = arena_text(f->mem, log);
    while (rest != NULL)
        log_consider(f, strsep(&rest, "\n"), where, before);
    return true;
}

static bool
speaks_tls(struct finding *f)
{
    static const char *const names[] = {"listen-client-urls", "listen-peer-urls"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct etcd_setting *setting = settings_get(&f->settings, names[i]);

        if (setting != NULL && strstr(setting->value, "https://") != NULL)
            return true;
    }
    return false;
}

static bool
all_files_find(struct finding *f, struct error *e)
{
    return pod_find(f, e) && files_find(f, e);
}

bool
tls_probes_of_files(struct arena *mem, const struct inventory *inventory,
                    const struct inventory_member *member, const struct service *service,
                    const struct etcd_settings *settings, struct tls_probes *ret, struct error *e)
{
    struct finding f = {.mem = mem,
                        .inventory = inventory,
                        .member = member,
                        .service = *service,
                        .settings = *settings,
                        .ret = ret};

    return !speaks_tls(&f) || all_files_find(&f, e);
}

bool
tls_probes_find(struct arena *mem, struct site *site, const struct inventory *inventory,
                const struct inventory_member *member, struct tls_probes *ret, struct error *e)
{
    struct finding f = {.mem = mem,
                        .inventory = inventory,
                        .member = member,
                        .settings = ETCD_SETTINGS_INIT,
                        .ret = ret};

    if (!site_service(site, member, &f.service, e) ||
        !service_settings(mem, &f.service, &f.settings, e))
        return false;
    return !speaks_tls(&f) || (all_files_find(&f, e) && log_find(&f, e));
}
