#include <string.h>

#include "base/io.h"
#include "base/number.h"
#include "format/settings/etcd_flag.h"
#include "node/etcd_looking.h"
#include "node/host/host_file.h"

enum { PROC_MOST = 1 << 20 };

static bool
proc_read(const struct etcd_looking *l, const char *name, struct bytes *ret_content,
          struct error *e)
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
starter_read(struct etcd_looking *l, struct error *e)
{
    struct bytes groups;

    if (!proc_read(l, "cgroup", &groups, e))
        return false;
    l->unit = etcd_cgroup_unit(l->mem, arena_text_of_bytes(l->mem, groups), &l->in_pod);
    return true;
}

/* The manifest whose etcd has this process's command line. */
static bool
manifest_find(struct etcd_looking *l, const char *name, struct error *e)
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

static bool
cwd_read(struct etcd_looking *l, struct error *e)
{
    struct host_file link;

    if (!host_file_look(l->mem, l->host,
                        arena_printf(l->mem, "/proc/%llu/cwd", (unsigned long long)l->pid), &link,
                        e))
        return false;
    l->cwd = link.target != NULL ? link.target : "/";
    return true;
}

static bool
settings_read(struct etcd_looking *l, struct error *e)
{
    struct bytes command, variables;

    l->settings = (struct etcd_settings)ETCD_SETTINGS_INIT;
    if (!proc_read(l, "cmdline", &command, e) || !proc_read(l, "environ", &variables, e) ||
        !settings_add_process(l->mem, &l->settings, command, variables, e))
        return false;
    settings_resolve(&l->settings);
    return true;
}

static bool
process_look(struct etcd_looking *l, struct found_etcd *found, struct error *e)
{
    if (!starter_read(l, e) || !settings_read(l, e) || !cwd_read(l, e))
        return false;
    if (l->in_pod &&
        !manifest_find(l, settings_value(l->mem, &l->settings, "name", FLAG_MINOR_NEWEST), e))
        return false;
    return etcd_looking_found(l, found, e);
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
found_add(struct etcd_looking *l, struct etcd_servers *servers, struct error *e)
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
        struct etcd_looking l = {.mem = mem, .host = host};
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
    if (!etcd_find_stopped(mem, host, servers, e))
        return false;
    *ret_servers = servers;
    return true;
}
