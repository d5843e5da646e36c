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

static bool
copy_all(struct layout *l, const char *keeping, struct error *e)
{
    const char *const enable[] = {"systemctl", "enable", "--", l->to_unit.id, NULL};
    struct host_result result = {0};

    copies_add(l, &l->files.unit);
    copies_add(l, &l->files.environment);
    if (l->files.config_file.path != NULL)
        *ARRAY_PUSH(&l->mem, &l->copies.items) = l->files.config_file;
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

bool
systemd_lay_out(const struct service *s, const struct service *pattern,
                const struct setting_change *changes, size_t count, const char *keeping,
                struct error *e)
{
    __attribute__((cleanup(layout_release))) struct layout l = {
        .mem = ARENA_INIT, .from = pattern, .to = s};
    struct setting_changes all = {0};
    struct etcd_settings own = ETCD_SETTINGS_INIT;

    if (!systemd_status(&l.mem, s, &l.to_unit, e) ||
        !systemd_status(&l.mem, pattern, &l.from_unit, e))
        return false;
    if (l.from_unit.state == SERVICE_ABSENT)
        return systemd_absent(pattern, e);
    if (l.to_unit.state != SERVICE_ABSENT && l.to_unit.state != SERVICE_STOPPED &&
        l.to_unit.state != SERVICE_IDLE)
        return error_set(e, ERROR_CONFLICT, "%s: unit '%s' is %s, and not held down",
                         host_name(s->host), l.to_unit.id, service_state_word(l.to_unit.state));
    if ((l.to_unit.state == SERVICE_IDLE && !idle_take(&l, keeping, e)) ||
        !unit_files_fetch(&l.mem, pattern->host, &l.from_unit, &l.files, e) ||
        (l.to_unit.state == SERVICE_ABSENT && !copy_all(&l, keeping, e)) ||
        !systemd_settings(&l.mem, s, &own, e))
        return false;
    settings_changes_to(&l.mem, &l.files.settings, &own, changes, count, &all);
    return systemd_change(s, all.items.items, all.items.count, keeping, e);
}
