/*
 * etcds without a process (node/etcd_find.h): the files that would start them are looked for, and read. A unit that is
 * not enabled is not in systemd's memory, so that its file has to be found.
 */
#include <string.h>

#include "base/io.h"
#include "format/settings/etcd_flag.h"
#include "node/etcd_looking.h"
#include "node/host/host_file.h"
#include "node/host/host_script.h"
#include "node/pod_place.h"
#include "node/systemd_unit.h"
#include "node/unit_files.h"

enum { UNITS_MOST = 32 };

struct stopped {
    struct arena *mem;
    const struct host *host;
    struct etcd_servers *servers;
    size_t running; /* the first so many of them */
};

/* Whether a server is of this starter: one that runs, or a unit that has another name as well. */
static bool
starts_one(const struct stopped *s, const char *starter)
{
    for (size_t i = 0; i < s->servers->count; i++) {
        const struct found_etcd *found = &s->servers->items[i];

        if (found->starter != NULL && strcmp(found->starter, starter) == 0)
            return true;
    }
    return false;
}

static void
found_add(struct stopped *s, const struct found_etcd *found)
{
    for (size_t i = 0; i < s->running; i++) {
        if (strcmp(s->servers->items[i].name, found->name) == 0)
            return;
    }
    if (s->servers->count < ETCD_FOUND_MOST)
        s->servers->items[s->servers->count++] = *found;
}

/* What one file says is no reason to miss the others. */
static bool
problem_add(struct stopped *s, struct error *e)
{
    if (e->code != ERROR_NOT_FOUND && e->code != ERROR_FORMAT && e->code != ERROR_REFUSED &&
        e->code != ERROR_PERMISSION)
        return false;
    *ARRAY_PUSH(s->mem, &s->servers->problems) = arena_text(s->mem, e->text);
    error_clear(e);
    return true;
}

/* --- units ------------------------------------------------------------------------------------- */

static const char *
unit_stopped_text(const struct stopped *s, const struct unit_status *unit)
{
    if (unit->held)
        return arena_printf(s->mem, "unit '%s' is held down", unit->id);
    return arena_printf(s->mem, "unit '%s' is %s (%s)", unit->id, unit->active, unit->result);
}

static bool
unit_look(struct stopped *s, const struct unit_status *unit, struct error *e)
{
    struct etcd_looking l = {.mem = s->mem, .host = s->host, .unit = unit->id};
    struct unit_files files = {0};
    struct found_etcd found;

    if (!unit_files_fetch(s->mem, s->host, unit, &files, e))
        return false;
    /* As systemd.exec(5) has it, "~" is the user's home, and "-" in front: it may be missing. */
    l.cwd = files.service.working_directory;
    l.cwd += l.cwd[0] == '-';
    if (l.cwd[0] != '/')
        l.cwd = "/";
    /* unit_files_fetch has added the config file. */
    l.settings = files.settings;
    l.settings.config_file = NULL;
    if (!etcd_looking_found(&l, &found, e))
        return false;
    found.stopped = unit_stopped_text(s, unit);
    found_add(s, &found);
    return true;
}

static bool
unit_add(struct stopped *s, const char *name, struct error *e)
{
    const struct service service = {.class = &service_systemd, .place = name, .host = s->host};
    struct unit_status unit = {0};

    if (starts_one(s, name))
        return true;
    if (!systemd_status(s->mem, &service, &unit, e))
        return false;
    if (unit.state == SERVICE_ABSENT || unit.fragment[0] == '\0' || unit.pid != 0 ||
        starts_one(s, unit.id))
        return true;
    return unit_look(s, &unit, e);
}

/* The names of units whose file, or a drop-in, starts etcd; each once, a line each. Of a template, which has no
 * state, the instances: those that are enabled, that have drop-ins, and that systemd has loaded. */
static const char units_script[] =
    "for d in /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system "
    "/usr/lib/systemd/system /lib/systemd/system; do\n"
    "    grep -lsE '^ExecStart=[-@:+!]*(/[^[:blank:]]*/)?etcd([[:blank:]]|$)' \"$d\"/*.service "
    "\"$d\"/*.service.d/*.conf\n"
    "done | while IFS= read -r f; do\n"
    "    case $f in *.conf) f=${f%/*}; f=${f%.d};; esac\n"
    "    f=${f##*/}\n"
    "    case $f in *@.service) ;; *) printf '%s\\n' \"$f\"; continue;; esac\n"
    "    f=${f%.service}\n"
    "    for i in /etc/systemd/system/*.wants/\"$f\"?*.service "
    "/etc/systemd/system/\"$f\"?*.service.d; do\n"
    "        i=${i##*/}\n"
    "        case $i in *'*'*) ;; *) printf '%s\\n' \"${i%.d}\";; esac\n"
    "    done\n"
    "    systemctl list-units --all --plain --no-legend -- \"$f*.service\" | cut -d ' ' -f 1\n"
    "done | sort -u\n";

static bool
units_add(struct stopped *s, struct error *e)
{
    struct host_result result;
    char *lines;

    if (!host_script(s->mem, s->host, units_script, "/", NULL, &(struct host_command){0}, &result,
                     e))
        return false;
    lines = arena_text_of_bytes(s->mem, result.out);
    for (size_t i = 0; lines != NULL && lines[0] != '\0' && i < UNITS_MOST; i++) {
        const char *name = strsep(&lines, "\n");

        if (!unit_add(s, name, e) && !problem_add(s, e))
            return false;
    }
    return true;
}

/* --- static pods ------------------------------------------------------------------------------- */

static bool
pod_add(struct stopped *s, const char *path, const char *place, bool held, struct error *e)
{
    struct etcd_looking l = {
        .mem = s->mem, .host = s->host, .cwd = "/", .in_pod = true, .manifest = place};
    struct error ignored = ERROR_INIT;
    struct found_etcd found;
    struct bytes text;

    /* Most manifests are of other programs. */
    if (starts_one(s, place) ||
        !host_file_read(s->mem, s->host, path, POD_MANIFEST_MAX_BYTES, &text, &ignored) ||
        !pod_manifest_parse(s->mem, path, text, &l.pod, &ignored))
        return true;
    l.settings = l.pod.settings;
    if (!etcd_looking_found(&l, &found, e))
        return error_wrap(e, "manifest '%s'", path);
    found.stopped = held ? arena_printf(s->mem, "manifest '%s' is held down as '%s'", place, path)
                         : arena_printf(s->mem, "no process runs manifest '%s'", place);
    found_add(s, &found);
    return true;
}

static bool
pods_add(struct stopped *s, const char *dir, bool held, struct error *e)
{
    struct host_file there;
    const char **names;
    size_t count;

    if (!host_file_look(s->mem, s->host, dir, &there, e))
        return false;
    if (there.kind != HOST_DIR)
        return true;
    if (!host_dir_list(s->mem, s->host, dir, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        bool removed = held && strstr(names[i], POD_REMOVED) != NULL;

        if (names[i][0] != '.' && !removed &&
            !pod_add(s, path_join(s->mem, dir, names[i]),
                     path_join(s->mem, ETCD_MANIFESTS_DIR, names[i]), held, e) &&
            !problem_add(s, e))
            return false;
    }
    return true;
}

bool
etcd_find_stopped(struct arena *mem, const struct host *host, struct etcd_servers *servers,
                  struct error *e)
{
    struct stopped s = {mem, host, servers, servers->count};
    const struct service any = {.place = ETCD_MANIFESTS_DIR "/etcd.yaml", .host = host};

    return units_add(&s, e) && (pods_add(&s, ETCD_MANIFESTS_DIR, false, e) || problem_add(&s, e)) &&
           (pods_add(&s, pod_held_dir(mem, &any), true, e) || problem_add(&s, e));
}
