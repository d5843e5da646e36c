/*
 * Settings of a systemd unit's etcd: read, changed where they stand, put back (node/service.h). What the files
 * hold as bytes is format/settings'; here is how they come from a host and go there.
 */
#include <string.h>

#include "base/io.h"
#include "format/settings/config_file.h"
#include "node/host/host_keep.h"
#include "node/host/host_script.h"
#include "node/systemd_unit.h"
#include "node/unit_files.h"

static bool
files_fetch(struct arena *mem, const struct service *s, struct unit_status *ret_unit,
            struct unit_files *ret_files, struct error *e)
{
    if (!systemd_status(mem, s, ret_unit, e))
        return false;
    if (ret_unit->state == SERVICE_ABSENT)
        return systemd_absent(s, e);
    return unit_files_fetch(mem, s->host, ret_unit, ret_files, e);
}

bool
systemd_settings(struct arena *mem, const struct service *s, struct etcd_settings *ret_settings,
                 struct error *e)
{
    struct unit_status unit = {0};
    struct unit_files files = {0};

    if (!files_fetch(mem, s, &unit, &files, e))
        return false;
    *ret_settings = files.settings;
    return true;
}

/* The files that are to change, with their new bytes. */
static bool
change_make(struct arena *mem, const struct unit_status *unit, const struct unit_files *files,
            const struct setting_change *changes, size_t count, struct settings_files *ret_changed,
            struct error *e)
{
    struct settings_file config = files->config_file;

    if (config.path == NULL)
        return unit_service_change(mem, &files->service, files->environment.items.items,
                                   arena_printf(mem, UNIT_DIR "/%s.d/quorate.conf", unit->id),
                                   &files->names, changes, count, ret_changed, e);
    if (!config_file_change(mem, config.path, config.bytes, changes, count, &config.bytes, e))
        return false;
    *ARRAY_PUSH(mem, &ret_changed->items) = config;
    return true;
}

/* A file that is there keeps owner and mode; a new one is root's, like its folder. A drop-in in which nothing is left goes. */
static bool
file_write(struct arena *mem, const struct host *host, const struct settings_file *file,
           struct error *e)
{
    struct host_file_new new = {.path = file->path};
    struct host_file there;

    if (file->missing)
        return host_file_remove(host, file->path, e);
    if (!host_file_look(mem, host, file->path, &there, e))
        return false;
    if (there.kind == HOST_NOTHING) {
        new.like = &systemd_file_of_root;
        if (!host_dir_make(host, path_dir(mem, file->path), &systemd_dir_of_root, e))
            return false;
    }
    return host_file_replace(host, &new, file->bytes, e);
}

static bool
change_write(struct arena *mem, const struct service *s, const struct settings_files *changed,
             const char *keeping, struct error *e)
{
    const char **paths = arena_zero(mem, (changed->items.count + 1) * sizeof(*paths));

    for (size_t i = 0; i < changed->items.count; i++)
        paths[i] = changed->items.items[i].path;
    if (!host_keep(s->host, keeping, paths, changed->items.count, e))
        return false;
    for (size_t i = 0; i < changed->items.count; i++) {
        if (!file_write(mem, s->host, &changed->items.items[i], e))
            return false;
    }
    return systemd_reload(s, e);
}

bool
systemd_change(const struct service *s, const struct setting_change *changes, size_t count,
               const char *keeping, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct settings_files changed = {0};
    struct unit_files before = {0};
    struct unit_files after = {0};
    struct unit_status unit = {0};

    if (!files_fetch(&tmp, s, &unit, &before, e) ||
        !change_make(&tmp, &unit, &before, changes, count, &changed, e))
        return false;
    return changed.items.count == 0 ||
           (change_write(&tmp, s, &changed, keeping, e) && files_fetch(&tmp, s, &unit, &after, e) &&
            settings_check_change(&before.settings, &after.settings, changes, count, e));
}

bool
systemd_may_change(const struct service *s, const struct setting_change *changes, size_t count,
                   struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct settings_files changed = {0};
    struct unit_files files = {0};
    struct unit_status unit = {0};

    return files_fetch(&tmp, s, &unit, &files, e) &&
           change_make(&tmp, &unit, &files, changes, count, &changed, e);
}

const char *
systemd_keeping_of_hold(struct arena *mem, const char *keeping)
{
    return arena_printf(mem, "%s.hold", keeping);
}

const char *
systemd_keeping_of_boot(struct arena *mem, const char *keeping)
{
    return arena_printf(mem, "%s.boot", keeping);
}

static bool
kept(const struct service *s, const char *keeping, bool *ret_kept, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_file file;

    if (!host_file_look(&tmp, s->host, keeping, &file, e))
        return false;
    *ret_kept = file.kind == HOST_FILE;
    return true;
}

/* A unit that was idle is so again. */
static bool
idle_give_back(struct arena *mem, const struct service *s, const struct unit_status *unit,
               const char *keeping, struct error *e)
{
    const char *const disable[] = {"systemctl", "disable", "--", unit->id, NULL};
    const char *hold = systemd_keeping_of_hold(mem, keeping);
    const char *boot = systemd_keeping_of_boot(mem, keeping);
    struct host_result result = {0};
    bool enabled;
    bool held;

    if (!kept(s, boot, &enabled, e) || !kept(s, hold, &held, e))
        return false;
    if (enabled &&
        (!host_run_well(mem, s->host, &(struct host_command){.argv = disable}, &result, e) ||
         !host_file_remove(s->host, boot, e)))
        return false;
    return !held || (host_put_back(s->host, hold, e) && host_file_remove(s->host, hold, e));
}

bool
systemd_put_back(const struct service *s, const char *keeping, struct error *e)
{
    /* Without its unit there is nothing to hold, nor to be started at boot. */
    static const char script[] =
        "if [ ! -e \"$2\" ]; then\n"
        "    find " UNIT_DIR " -path \"*.wants/$3\" -type l -delete || exit 1\n"
        "    rm -f -- \"$1/" UNIT_HOLD_FILE "\" || exit 1\n"
        "fi\n"
        "[ ! -d \"$1\" ] || rmdir --ignore-fail-on-non-empty -- \"$1\"\n";
    AUTO_ARENA tmp = ARENA_INIT;
    struct unit_status unit = {0};
    struct host_result result = {0};
    bool changed;

    /* One that was idle is held down before anything is changed: it may have come no further. */
    if (!systemd_status(&tmp, s, &unit, e) || !kept(s, keeping, &changed, e) ||
        (changed && !host_put_back(s->host, keeping, e)) ||
        !idle_give_back(&tmp, s, &unit, keeping, e))
        return false;
    return host_script(&tmp, s->host, script, arena_printf(&tmp, UNIT_DIR "/%s.d", unit.id),
                       (const char *const[]){unit.fragment, unit.id, NULL},
                       &(struct host_command){0}, &result, e) &&
           systemd_reload(s, e);
}
