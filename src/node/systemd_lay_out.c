/* A unit for a member that joins, after the pattern of another member's (node/service.h). */
#include <string.h>

#include "base/io.h"
#include "base/number.h"
#include "node/host/host_keep.h"
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

/* The number of a user or group on the joiner's host; the pattern's may be another. */
static bool
number_of(struct layout *l, const char *database, const char *name, uint32_t *ret_id,
          struct error *e)
{
    const char *const argv[] = {"getent", database, name, NULL};
    struct host_result result = {0};
    const char *at;

    if (!host_run(&l->mem, l->to->host, &(struct host_command){.argv = argv}, &result, e))
        return false;
    at = strchr((const char *)result.out.data, ':');
    at = at != NULL ? strchr(at + 1, ':') : NULL;
    if (result.exit_code != 0 || at == NULL)
        return error_set(e, ERROR_NOT_FOUND, "%s: there is no '%s' in '%s', as there is on %s",
                         host_name(l->to->host), name, database, host_name(l->from->host)) ||
               error_hint(e, "create it there, or install the package that does");
    return number_parse_u32(arena_printf(&l->mem, "%.*s", (int)strcspn(at + 1, ":\n"), at + 1),
                            ret_id, e);
}

static bool
copy_write(struct layout *l, const struct settings_file *file, struct error *e)
{
    struct host_file like;
    const struct host_file_new new = {.path = file->path, .like = &like};

    if (!host_file_look(&l->mem, l->from->host, file->path, &like, e) ||
        !number_of(l, "passwd", like.owner, &like.uid, e) ||
        !number_of(l, "group", like.group, &like.gid, e))
        return false;
    return host_dir_make(l->to->host, path_dir(&l->mem, file->path), &systemd_dir_of_root, e) &&
           host_file_replace(l->to->host, &new, file->bytes, e);
}

/* Who is to run it has to be there before anything is written. */
static bool
copies_check(struct layout *l, struct error *e)
{
    uint32_t id;

    if (is_laid_out_by_others(l->from_unit.fragment))
        return error_set(e, ERROR_NOT_FOUND,
                         "%s: there is no unit '%s', which a package has brought to %s ('%s')",
                         host_name(l->to->host), l->to->place, host_name(l->from->host),
                         l->from_unit.fragment) ||
               error_hint(e, "install the same package there");
    if (strcmp(l->to_unit.id, l->from_unit.id) != 0)
        return error_set(e, ERROR_REFUSED, "unit '%s' cannot be laid out like '%s': other name",
                         l->to_unit.id, l->from_unit.id);
    return (l->files.service.user[0] == '\0' ||
            number_of(l, "passwd", l->files.service.user, &id, e)) &&
           (l->files.service.group[0] == '\0' ||
            number_of(l, "group", l->files.service.group, &id, e));
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
    if (l.to_unit.state != SERVICE_ABSENT && l.to_unit.state != SERVICE_STOPPED)
        return error_set(e, ERROR_CONFLICT, "%s: unit '%s' is %s, and not held down",
                         host_name(s->host), l.to_unit.id, service_state_word(l.to_unit.state));
    if (!unit_files_fetch(&l.mem, pattern->host, &l.from_unit, &l.files, e) ||
        (l.to_unit.state == SERVICE_ABSENT && !copy_all(&l, keeping, e)) ||
        !systemd_settings(&l.mem, s, &own, e))
        return false;
    settings_changes_to(&l.mem, &l.files.settings, &own, changes, count, &all);
    return systemd_change(s, all.items.items, all.items.count, keeping, e);
}
