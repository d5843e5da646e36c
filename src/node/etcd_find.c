#include "node/etcd_find.h"

#include <string.h>

#include "base/io.h"
#include "base/number.h"
#include "format/settings/config_file.h"
#include "format/settings/etcd_flag.h"
#include "format/settings/pod_manifest.h"
#include "node/host/host_file.h"

enum { PROC_MOST = 1 << 20 };

struct looking {
    struct arena *mem;
    const struct host *host;
    uint64_t pid;
    const char *unit; /* of the control group; NULL: none */
    bool in_pod;
    struct etcd_settings settings;
    struct pod_manifest pod;
    const char *manifest; /* NULL: 'pod' is not set */
};

static bool
proc_read(const struct looking *l, const char *name, struct bytes *ret_content, struct error *e)
{
    return host_file_read(l->mem, l->host,
                          arena_printf(l->mem, "/proc/%llu/%s", (unsigned long long)l->pid, name),
                          PROC_MOST, ret_content, e);
}

static bool
begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

const char *
etcd_cgroup_unit(struct arena *mem, const char *text, bool *ret_pod)
{
    static const char service[] = ".service";
    const size_t tail = sizeof(service) - 1;
    const char *unit = NULL;
    bool inside = false;

    *ret_pod = false;
    while (*text != '\0') {
        size_t size = strcspn(text, "/\n");

        inside = inside || begins(text, "user.slice") || begins(text, "machine.slice");
        *ret_pod = *ret_pod || begins(text, "kubepods") || begins(text, "kubelet.service");
        if (!inside && size > tail && strncmp(text + size - tail, service, tail) == 0)
            unit = arena_printf(mem, "%.*s", (int)size, text);
        text += size + (text[size] != '\0');
    }
    return unit;
}

static bool
starter_read(struct looking *l, struct error *e)
{
    struct bytes groups;

    if (!proc_read(l, "cgroup", &groups, e))
        return false;
    l->unit = etcd_cgroup_unit(l->mem, arena_text_of_bytes(l->mem, groups), &l->in_pod);
    return true;
}

/* The manifest whose etcd has this process's command line. */
static bool
manifest_find(struct looking *l, const char *name, struct error *e)
{
    const char **files;
    size_t count;

    if (!host_dir_list(l->mem, l->host, ETCD_MANIFESTS_DIR, &files, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *path = path_join(l->mem, ETCD_MANIFESTS_DIR, files[i]);
        struct error ignored = ERROR_INIT;
        const char *member;
        struct bytes text;

        if (files[i][0] == '.' ||
            !host_file_read(l->mem, l->host, path, YAML_MAX_BYTES, &text, &ignored) ||
            !pod_manifest_parse(l->mem, path, text, &l->pod, &ignored))
            continue;
        member = settings_value(l->mem, &l->pod.settings, "name", FLAG_MINOR_NEWEST);
        if (member == NULL || strcmp(member, name) != 0)
            continue;
        l->manifest = path;
        return true;
    }
    return error_set(e, ERROR_NOT_FOUND,
                     "%s: etcd '%s' (process %llu) runs in a pod, and no manifest in "
                     "'" ETCD_MANIFESTS_DIR "' is its own",
                     host_name(l->host), name, (unsigned long long)l->pid);
}

/* A path that the process uses, as a path of the host; relative ones count from its directory. */
static const char *
host_path(const struct looking *l, const char *cwd, const char *path)
{
    const char *on_host;

    if (path == NULL || path[0] == '\0')
        return NULL;
    path = path_join(l->mem, cwd, path);
    if (l->manifest != NULL && pod_manifest_mount_of(l->mem, &l->pod, path, &on_host) != NULL)
        return on_host;
    return path;
}

static bool
cwd_read(const struct looking *l, const char **ret_cwd, struct error *e)
{
    struct host_file link;

    if (!host_file_look(l->mem, l->host,
                        arena_printf(l->mem, "/proc/%llu/cwd", (unsigned long long)l->pid), &link,
                        e))
        return false;
    *ret_cwd = link.target != NULL ? link.target : "/";
    return true;
}

static bool
config_file_add(struct looking *l, const char *cwd, struct error *e)
{
    struct bytes text;
    const char *path;

    if (l->settings.config_file == NULL)
        return true;
    path = host_path(l, cwd, l->settings.config_file);
    if (!host_file_read(l->mem, l->host, path, YAML_MAX_BYTES, &text, e) ||
        !config_file_read(l->mem, path, text, &l->settings, e))
        return false;
    settings_resolve(&l->settings);
    return true;
}

static bool
settings_read(struct looking *l, struct error *e)
{
    struct bytes command, variables;

    l->settings = (struct etcd_settings)ETCD_SETTINGS_INIT;
    if (!proc_read(l, "cmdline", &command, e) || !proc_read(l, "environ", &variables, e) ||
        !settings_add_process(l->mem, &l->settings, command, variables, e))
        return false;
    settings_resolve(&l->settings);
    return true;
}

static const char *
value(const struct looking *l, const char *name)
{
    return settings_value(l->mem, &l->settings, name, FLAG_MINOR_NEWEST);
}

static struct found_tls
tls_found(const struct looking *l, const char *cwd, const char *prefix)
{
    return (struct found_tls){
        .ca_file = host_path(l, cwd, value(l, arena_printf(l->mem, "%strusted-ca-file", prefix))),
        .cert_file = host_path(l, cwd, value(l, arena_printf(l->mem, "%scert-file", prefix))),
        .key_file = host_path(l, cwd, value(l, arena_printf(l->mem, "%skey-file", prefix))),
    };
}

static bool
process_look(struct looking *l, struct found_etcd *found, struct error *e)
{
    const char *cwd;

    if (!starter_read(l, e) || !settings_read(l, e) || !cwd_read(l, &cwd, e))
        return false;
    if (l->in_pod && !manifest_find(l, value(l, "name"), e))
        return false;
    if (!config_file_add(l, cwd, e))
        return false;
    *found = (struct found_etcd){
        .pid = (pid_t)l->pid,
        .by = l->manifest != NULL ? ETCD_BY_STATIC_POD
              : l->unit != NULL   ? ETCD_BY_SYSTEMD
                                  : ETCD_BY_HAND,
        .starter = l->manifest != NULL ? l->manifest : l->unit,
        .name = value(l, "name"),
        .data_dir = host_path(l, cwd, value(l, "data-dir")),
        .wal_dir = host_path(l, cwd, value(l, "wal-dir")),
        .tls = tls_found(l, cwd, ""),
        .peer_tls = tls_found(l, cwd, "peer-"),
        .client_urls = value(l, "advertise-client-urls"),
        .peer_urls = value(l, "initial-advertise-peer-urls"),
    };
    return true;
}

/* The processes called etcd. grep says nothing for those that ended meanwhile. */
static bool
pids_find(struct arena *mem, const struct host *host, const char **ret_lines, struct error *e)
{
    static const char *const argv[] = {
        "find", "/proc", "-maxdepth", "2", "-regex", "/proc/[0-9]+/comm", "-exec", "grep",
        "-lxs", "etcd",  "{}",        "+", NULL};
    const struct host_command command = {.argv = argv};
    struct host_result result;

    /* find ends with 1 when grep has found nothing. */
    if (!host_run(mem, host, &command, &result, e))
        return false;
    *ret_lines = (const char *)result.out.data;
    return true;
}

/* e: what concerns every process. */
static bool
found_add(struct looking *l, struct etcd_servers *servers, struct error *e)
{
    if (process_look(l, &servers->items[servers->count], e)) {
        servers->count++;
        return true;
    }
    if (e->code == ERROR_PERMISSION)
        return error_hint(e, "--become looks as root, by sudo");
    if (e->code != ERROR_NOT_FOUND && e->code != ERROR_FORMAT && e->code != ERROR_REFUSED)
        return false;
    if (e->code != ERROR_NOT_FOUND || l->in_pod) /* otherwise it has ended */
        *ARRAY_PUSH(l->mem, &servers->problems) =
            arena_printf(l->mem, "process %llu: %s", (unsigned long long)l->pid, e->text);
    error_clear(e);
    return true;
}

bool
etcd_find(struct arena *mem, const struct host *host, struct etcd_servers **ret_servers,
          struct error *e)
{
    static const char proc[] = "/proc/";
    struct etcd_servers *servers = arena_zero(mem, sizeof(*servers));
    const char *lines;

    if (!pids_find(mem, host, &lines, e))
        return false;
    while (*lines != '\0' && servers->count < ETCD_FOUND_MOST) {
        struct looking l = {.mem = mem, .host = host};
        const char *digits = lines + strlen(proc);
        size_t size = strcspn(lines, "\n");

        if (begins(lines, proc)) {
            if (!number_parse_u64(arena_printf(mem, "%.*s", (int)strcspn(digits, "/"), digits),
                                  &l.pid, e) ||
                !found_add(&l, servers, e))
                return false;
        }
        lines += size + (lines[size] != '\0');
    }
    *ret_servers = servers;
    return true;
}
