/* A unit for a member that joins, after the pattern of another member's (node/service.h). */
#include <string.h>

#include "base/io.h"
#include "node/host/host_keep.h"
#include "node/host/host_owner.h"
#include "node/systemd_unit.h"
#include "node/unit_files.h"

struct layout {
    struct arena mem;
    const struct service *from;
    const struct service *to;
    struct unit_status from_unit, to_unit;
    struct unit_files files; /* the pattern's */
    struct settings_files copies;
    bool is_like; /* the pattern is a unit, too */
};

static void
layout_release(struct layout *l)
{
    arena_release(&l->mem);
}

/* A package's, or made anew with each boot. */
static bool
is_laid_out_by_others(const char *path)
{
    return strncmp(path, "/lib/", 5) == 0 || strncmp(path, "/usr/", 5) == 0 ||
           strncmp(path, "/run/", 5) == 0;
}

static void
copies_add(struct layout *l, const struct settings_files *files)
{
    for (size_t i = 0; i < files->items.count; i++) {
        const struct settings_file *file = &files->items.items[i];

        if (!file->missing && !is_laid_out_by_others(file->path))
            *ARRAY_PUSH(&l->mem, &l->copies.items) = *file;
    }
}

/* Of the unit's User= or Group=; "" is root. */
static bool
account_check(struct layout *l, const char *user, const char *group, struct error *e)
{
    struct host_file like = {.owner = user[0] != '\0' ? user : "root",
                             .group = group[0] != '\0' ? group : "root"};

    return host_owner_here(l->to->host, l->from->host, &like, e);
}

static bool
copy_write(struct layout *l, const struct settings_file *file, struct error *e)
{
    struct host_file like;
    const struct host_file_new new = {.path = file->path, .like = &like};

    if (!host_file_look(&l->mem, l->from->host, file->path, &like, e) ||
        !host_owner_here(l->to->host, l->from->host, &like, e))
        return false;
    return host_dir_make(l->to->host, path_dir(&l->mem, file->path), &systemd_dir_of_root, e) &&
           host_file_replace(l->to->host, &new, file->bytes, e);
}

/* Who is to run it has to be there before anything is written. */
static bool
copies_check(struct layout *l, struct error *e)
{
    if (is_laid_out_by_others(l->from_unit.fragment))
        return error_set(e, ERROR_NOT_FOUND,
                         "%s: there is no unit '%s', which a package has brought to %s ('%s')",
                         host_name(l->to->host), l->to->place, host_name(l->from->host),
                         l->from_unit.fragment) ||
               error_hint(e, "install the same package there");
    if (strcmp(l->to_unit.id, l->from_unit.id) != 0)
        return error_set(e, ERROR_REFUSED, "unit '%s' cannot be laid out like '%s': other name",
                         l->to_unit.id, l->from_unit.id);
    return account_check(l, l->files.service.user, l->files.service.group, e);
}

static bool
copies_keep(struct layout *l, const char *keeping, struct error *e)
{
    size_t count = l->copies.items.count;
    const char **paths = arena_zero(&l->mem, (count + 1) * sizeof(*paths));

    for (size_t i = 0; i < count; i++)
        paths[i] = l->copies.items.items[i].path;
    /* Where a change puts what stands nowhere else. */
    paths[count] = arena_printf(&l->mem, UNIT_DIR "/%s.d/quorate.conf", l->to_unit.id);
    return host_keep(l->to->host, keeping, paths, count + 1, e);
}

/*
 * A unit that a package has brought, and that nobody uses: held down, and started at boot like the
 * pattern's. What tells the way back is kept apart, since the change has its own keeping.
 */
static bool
idle_take(struct layout *l, const char *keeping, struct error *e)
{
    const char *hold = arena_printf(&l->mem, UNIT_DIR "/%s.d/" UNIT_HOLD_FILE, l->to_unit.id);
    const char *const enable[] = {"systemctl", "enable", "--", l->to_unit.id, NULL};
    struct host_result result = {0};

    if (!host_keep(l->to->host, systemd_keeping_of_hold(&l->mem, keeping), &hold, 1, e) ||
        !systemd_hold(&l->mem, l->to, &l->to_unit, e))
        return false;
    if (strcmp(l->from_unit.enabled, "enabled") != 0 || strcmp(l->to_unit.enabled, "disabled") != 0)
        return true;
    return host_keep(l->to->host, systemd_keeping_of_boot(&l->mem, keeping), NULL, 0, e) &&
           host_run_well(&l->mem, l->to->host, &(struct host_command){.argv = enable}, &result, e);
}

static void
copies_choose(struct layout *l)
{
    copies_add(l, &l->files.unit);
    copies_add(l, &l->files.environment);
    if (l->files.config_file.path != NULL)
        *ARRAY_PUSH(&l->mem, &l->copies.items) = l->files.config_file;
}

static bool
copy_all(struct layout *l, const char *keeping, struct error *e)
{
    const char *const enable[] = {"systemctl", "enable", "--", l->to_unit.id, NULL};
    struct host_result result = {0};

    copies_choose(l);
    if (!copies_check(l, e) || !copies_keep(l, keeping, e) ||
        !systemd_hold(&l->mem, l->to, &l->to_unit, e))
        return false;
    for (size_t i = 0; i < l->copies.items.count; i++) {
        if (!copy_write(l, &l->copies.items.items[i], e))
            return false;
    }
    return systemd_reload(l->to, e) &&
           (strcmp(l->from_unit.enabled, "enabled") != 0 ||
            host_run_well(&l->mem, l->to->host, &(struct host_command){.argv = enable}, &result,
                          e));
}

/* --- like what is no unit ---------------------------------------------------------------------- */

/* Of a pod: its container's paths, as its host knows them. */
static bool
other_settings_take(struct layout *l, struct error *e)
{
    struct etcd_settings settings = ETCD_SETTINGS_INIT;

    if (!service_settings(&l->mem, l->from, &settings, e))
        return false;
    for (size_t i = 0; i < settings.items.count; i++) {
        struct etcd_setting setting = settings.items.items[i];
        const char *path = NULL;

        if (!setting.in_force)
            continue;
        if (setting.value[0] == '/' &&
            !service_host_path(&l->mem, l->from, setting.value, &path, e))
            return false;
        if (path != NULL)
            setting.value = path;
        settings_add(&l->mem, &l->files.settings, setting);
    }
    settings_resolve(&l->files.settings);
    return true;
}

/* Where etcd is, and whether there is a user of that name: "/usr/bin/etcd\netcd\n". */
static bool
program_look(struct layout *l, const char **ret_program, bool *ret_has_user, struct error *e)
{
    static const char script[] =
        "command -v etcd || exit 94\nid -u etcd >/dev/null 2>&1 || exit 0\n"
        "echo etcd\n";
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct host_result result = {0};
    const char *said;

    if (!host_run(&l->mem, l->to->host, &(struct host_command){.argv = argv}, &result, e))
        return false;
    said = (const char *)result.out.data;
    if (result.exit_code != 0 || said[0] != '/')
        return error_set(e, ERROR_NOT_FOUND, "%s: there is no etcd in root's path",
                         host_name(l->to->host)) ||
               error_hint(e, "install the version that the members run there, as /usr/bin/etcd");
    *ret_program = arena_printf(&l->mem, "%.*s", (int)strcspn(said, "\n"), said);
    *ret_has_user = strstr(said, "\netcd\n") != NULL;
    return true;
}

/* As etcd's own contrib/systemd has it; the settings come by the change that follows. */
static bool
unit_write(struct layout *l, const char *keeping, struct error *e)
{
    const char *path = arena_printf(&l->mem, UNIT_DIR "/%s", l->to_unit.id);
    const char *drop_in = arena_printf(&l->mem, UNIT_DIR "/%s.d/quorate.conf", l->to_unit.id);
    const char *const paths[] = {path, drop_in};
    const char *const enable[] = {"systemctl", "enable", "--", l->to_unit.id, NULL};
    const struct host_file_new new = {.path = path, .like = &systemd_file_of_root};
    struct host_result result = {0};
    const char *program, *text;
    bool has_user;

    if (!program_look(l, &program, &has_user, e))
        return false;
    text = arena_printf(&l->mem,
                        "[Unit]\nDescription=etcd key-value store\nWants=network-online.target\n"
                        "After=network-online.target\n\n[Service]\nType=notify\n%sExecStart=%s\n"
                        "Restart=always\nRestartSec=5s\nTimeoutStartSec=infinity\n"
                        "LimitNOFILE=65536\n\n[Install]\nWantedBy=multi-user.target\n",
                        has_user ? "User=etcd\n" : "", program);
    return host_keep(l->to->host, keeping, paths, 2, e) &&
           systemd_hold(&l->mem, l->to, &l->to_unit, e) &&
           host_file_replace(l->to->host, &new, bytes_of_text(text), e) &&
           systemd_reload(l->to, e) &&
           host_run_well(&l->mem, l->to->host, &(struct host_command){.argv = enable}, &result, e);
}

static bool
pattern_fetch(struct layout *l, struct error *e)
{
    if (!l->is_like)
        return other_settings_take(l, e);
    if (!systemd_status(&l->mem, l->from, &l->from_unit, e))
        return false;
    return l->from_unit.state != SERVICE_ABSENT || systemd_absent(l->from, e);
}

/* The unit that is to be, and the pattern's with its files. */
static bool
both_fetch(struct layout *l, struct error *e)
{
    l->from_unit.enabled = "enabled";
    if (!systemd_status(&l->mem, l->to, &l->to_unit, e) || !pattern_fetch(l, e))
        return false;
    if (l->to_unit.state != SERVICE_ABSENT && l->to_unit.state != SERVICE_STOPPED &&
        l->to_unit.state != SERVICE_IDLE)
        return error_set(e, ERROR_CONFLICT, "%s: unit '%s' is %s, and not held down",
                         host_name(l->to->host), l->to_unit.id,
                         service_state_word(l->to_unit.state));
    return !l->is_like || unit_files_fetch(&l->mem, l->from->host, &l->from_unit, &l->files, e);
}

bool
systemd_lay_out(const struct service *s, const struct service *pattern,
                const struct setting_change *changes, size_t count, const char *keeping,
                struct error *e)
{
    __attribute__((cleanup(layout_release))) struct layout l = {
        .mem = ARENA_INIT, .from = pattern, .to = s, .is_like = pattern->class == s->class};
    struct setting_changes all = {0};
    struct etcd_settings own = ETCD_SETTINGS_INIT;

    if (!both_fetch(&l, e) || (l.to_unit.state == SERVICE_IDLE && !idle_take(&l, keeping, e)) ||
        (l.to_unit.state == SERVICE_ABSENT &&
         !(l.is_like ? copy_all(&l, keeping, e) : unit_write(&l, keeping, e))) ||
        !systemd_settings(&l.mem, s, &own, e))
        return false;
    settings_changes_to(&l.mem, &l.files.settings, &own, changes, count, &all);
    return systemd_change(s, all.items.items, all.items.count, keeping, e);
}

/* --- whether it can be ------------------------------------------------------------------------- */

/* systemd looks for what has no path in its own. */
static bool
program_check(struct layout *l, const char *program, struct error *e)
{
    struct host_file there;

    if (program[0] != '/')
        return true;
    if (!host_file_look(&l->mem, l->to->host, program, &there, e))
        return false;
    return there.kind == HOST_FILE ||
           error_set(e, ERROR_NOT_FOUND, "%s: '%s', which unit '%s' is to start, is not there",
                     host_name(l->to->host), program, l->to_unit.id) ||
           error_hint(e, "install the version that the members run there, as %s", program);
}

/* One that is there: its own files are changed. */
static bool
own_check(struct layout *l, const struct setting_change *changes, size_t count, struct error *e)
{
    struct setting_changes all = {0};
    struct unit_files own = {0};

    if (!unit_files_fetch(&l->mem, l->to->host, &l->to_unit, &own, e))
        return false;
    settings_changes_to(&l->mem, &l->files.settings, &own.settings, changes, count, &all);
    return program_check(l, own.service.program, e) &&
           systemd_may_change(l->to, all.items.items, all.items.count, e);
}

static bool
copies_may_be(struct layout *l, const struct setting_change *changes, size_t count, struct error *e)
{
    copies_choose(l);
    return copies_check(l, e) && program_check(l, l->files.service.program, e) &&
           systemd_may_change(l->from, changes, count, e);
}

bool
systemd_may_lay_out(const struct service *s, const struct service *pattern,
                    const struct setting_change *changes, size_t count,
                    bool certificates_follow UNUSED, struct error *e)
{
    __attribute__((cleanup(layout_release))) struct layout l = {
        .mem = ARENA_INIT, .from = pattern, .to = s, .is_like = pattern->class == s->class};
    const char *program;
    bool has_user;

    if (!both_fetch(&l, e))
        return false;
    if (l.to_unit.state != SERVICE_ABSENT)
        return own_check(&l, changes, count, e);
    return l.is_like ? copies_may_be(&l, changes, count, e)
                     : program_look(&l, &program, &has_user, e);
}
