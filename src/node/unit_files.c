#include "node/unit_files.h"

#include <string.h>

#include "format/settings/config_file.h"

/* A file's content; 'may_miss' or it has to be there. */
static bool
file_fetch(struct arena *mem, const struct host *host, const char *path, bool may_miss,
           struct settings_files *files, struct error *e)
{
    struct settings_file file = {.path = path};

    if (!host_file_read(mem, host, path, UNIT_MAX_BYTES, &file.bytes, e)) {
        if (!may_miss || e->code != ERROR_NOT_FOUND)
            return false;
        error_clear(e);
        file.missing = true;
    }
    *ARRAY_PUSH(mem, &files->items) = file;
    return true;
}

/* "PATH PATH ..."; that of our hold is none of etcd's. */
static bool
drop_ins_fetch(struct arena *mem, const struct host *host, const char *paths,
               struct settings_files *files, struct error *e)
{
    for (const char *at = paths + strspn(paths, " "); *at != '\0'; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");
        const char *path = arena_text_of_bytes(mem, bytes_of(at, size));

        at += size;
        if (strstr(path, "/" UNIT_HOLD_FILE) == NULL &&
            !file_fetch(mem, host, path, false, files, e))
            return false;
    }
    return true;
}

static bool
hostname_fetch(struct arena *mem, const struct host *host, const char **ret_name, struct error *e)
{
    struct bytes text;

    if (!host_file_read(mem, host, "/proc/sys/kernel/hostname", 256, &text, e))
        return false;
    *ret_name = arena_printf(mem, "%.*s", (int)strcspn((const char *)text.data, "\n"),
                             (const char *)text.data);
    return true;
}

static bool
config_fetch(struct arena *mem, const struct host *host, struct unit_files *files, struct error *e)
{
    struct settings_files one = {0};

    if (files->settings.config_file == NULL)
        return true;
    if (!file_fetch(mem, host, files->settings.config_file, false, &one, e))
        return false;
    files->config_file = one.items.items[0];
    if (!config_file_read(mem, files->config_file.path, files->config_file.bytes, &files->settings,
                          e))
        return false;
    settings_resolve(&files->settings);
    return true;
}

bool
unit_files_fetch(struct arena *mem, const struct host *host, const struct unit_status *unit,
                 struct unit_files *ret_files, struct error *e)
{
    struct unit_files files = {.names.unit = unit->id, .settings = ETCD_SETTINGS_INIT};

    if (!hostname_fetch(mem, host, &files.names.host, e) ||
        !file_fetch(mem, host, unit->fragment, false, &files.unit, e) ||
        !drop_ins_fetch(mem, host, unit->drop_ins, &files.unit, e) ||
        !unit_service_parse(mem, files.unit.items.items, files.unit.items.count, &files.names,
                            &files.service, e))
        return error_wrap(e, "unit '%s'", unit->id);
    for (size_t i = 0; i < files.service.env_files.count; i++) {
        const struct unit_env_file *named = &files.service.env_files.items[i];

        if (!file_fetch(mem, host, named->path, named->optional, &files.environment, e))
            return error_wrap(e, "unit '%s'", unit->id);
    }
    if (!unit_service_settings(mem, &files.service, files.environment.items.items, &files.settings,
                               e) ||
        !config_fetch(mem, host, &files, e))
        return error_wrap(e, "unit '%s'", unit->id);
    *ret_files = files;
    return true;
}
