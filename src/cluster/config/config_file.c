/* Which quorate.yaml counts, and whether it can be trusted. */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/time.h"
#include "cluster/config/config.h"

enum { OTHERS_WRITE = S_IWGRP | S_IWOTH, NEW_DIR_MODE = 0755, NEW_FILE_MODE = 0644 };

static void
permissions_judge(struct arena *mem, const char *path, const struct stat *st, struct config *config)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        *ARRAY_PUSH(mem, &config->warnings) = arena_printf(
            mem, "'%s' is another user's (uid %u), who can change where quorate connects to", path,
            (unsigned)st->st_uid);
    if ((st->st_mode & OTHERS_WRITE) != 0)
        *ARRAY_PUSH(mem, &config->warnings) =
            arena_printf(mem, "'%s' can be changed by others (mode %04o): chmod go-w '%s'", path,
                         (unsigned)(st->st_mode & 07777), path);
}

bool
config_load(struct arena *mem, const char *path, struct config **ret_config, struct error *e)
{
    struct bytes text;
    struct stat st;

    if (stat(path, &st) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    if (!file_read_all(mem, path, YAML_MAX_BYTES, &text, e) ||
        !config_parse(mem, path, text, ret_config, e))
        return false;
    permissions_judge(mem, path, &st, *ret_config);
    return true;
}

/* ~/.config/quorate/quorate.yaml; NULL when no variable says where. A relative XDG_CONFIG_HOME is
 * ignored, as its specification asks. */
static const char *
home_path(struct arena *mem)
{
    const char *xdg = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");

    if (xdg != NULL && xdg[0] == '/')
        return arena_printf(mem, "%s/quorate/" CONFIG_FILE, xdg);
    return home != NULL && home[0] == '/'
               ? arena_printf(mem, "%s/.config/quorate/" CONFIG_FILE, home)
               : NULL;
}

/* The working directory may be anybody's: what lies there counts when it is ours or root's. */
static bool
own_check(const char *path, struct error *e)
{
    struct stat st;

    if (stat(path, &st) != 0 || st.st_uid == 0 || st.st_uid == geteuid())
        return true;
    error_set(e, ERROR_REFUSED, "'%s' in the working directory is another user's (uid %u)", path,
              (unsigned)st.st_uid);
    return error_hint(e, "--config %s, when you trust it", path);
}

bool
config_find_or_new(struct arena *mem, const char *named, const char **ret_path, bool *ret_exists,
                   struct error *e)
{
    const char *places[] = {NULL, home_path(mem), "/etc/quorate/" CONFIG_FILE};

    *ret_exists = true;
    if (named != NULL && named[0] != '\0') {
        *ret_exists = path_exists(named);
        return path_absolute(mem, named, ret_path, e);
    }
    if (!path_absolute(mem, CONFIG_FILE, &places[0], e))
        return false;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (places[i] == NULL || !path_exists(places[i]))
            continue;
        *ret_path = places[i];
        return i > 0 || own_check(CONFIG_FILE, e);
    }
    *ret_exists = false;
    *ret_path = geteuid() == 0 || places[1] == NULL ? places[2] : places[1];
    return true;
}

bool
config_find(struct arena *mem, const char *named, const char **ret_path, struct error *e)
{
    const char *path;
    bool exists;

    if (!config_find_or_new(mem, named, &path, &exists, e))
        return false;
    if (!exists && named != NULL && named[0] != '\0')
        return error_set(e, ERROR_NOT_FOUND, "'%s': there is no such file", named);
    *ret_path = exists ? path : NULL;
    return true;
}

/* Owner and mode as they were: file_replace makes a new file. */
static bool
owner_keep(const char *path, const struct stat *was, struct error *e)
{
    struct stat now;

    if (stat(path, &now) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    if ((now.st_uid != was->st_uid || now.st_gid != was->st_gid) &&
        chown(path, was->st_uid, was->st_gid) != 0)
        return error_set_errno(e, errno, "'%s': owner", path);
    return chmod(path, was->st_mode & 07777) == 0 || error_set_errno(e, errno, "'%s': mode", path);
}

/* Where no other file is: two changes may come within one second. */
static const char *
kept_path(struct arena *mem, const char *path)
{
    const char *first = arena_printf(mem, "%s.before-%s", path, time_compact(mem, time_wall_ms()));
    const char *kept = first;

    for (unsigned n = 2; path_exists(kept); n++)
        kept = arena_printf(mem, "%s-%u", first, n);
    return kept;
}

static bool
save_over(struct arena *mem, const char *path, struct bytes old, struct bytes text,
          const char **ret_kept, struct error *e)
{
    const char *kept = ret_kept != NULL ? kept_path(mem, path) : NULL;
    struct bytes now;
    struct stat st;

    if (stat(path, &st) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    if (!file_read_all(mem, path, YAML_MAX_BYTES, &now, e))
        return false;
    if (!bytes_equal(now, old))
        return error_set(e, ERROR_CONFLICT, "'%s' was changed meanwhile: nothing is written", path);
    if (kept != NULL &&
        (!file_replace(kept, old, st.st_mode & 0777, e) || !owner_keep(kept, &st, e)))
        return false;
    if (!file_replace(path, text, st.st_mode & 0777, e) || !owner_keep(path, &st, e))
        return false;
    if (kept != NULL)
        *ret_kept = kept;
    return true;
}

bool
config_save(struct arena *mem, const char *path, bool exists, struct bytes old, struct bytes text,
            const char **ret_kept, struct error *e)
{
    char real[PATH_MAX];

    if (!exists) {
        if (ret_kept != NULL)
            *ret_kept = NULL;
        return dir_make(path_dir(mem, path), NEW_DIR_MODE, e) &&
               file_replace(path, text, NEW_FILE_MODE, e);
    }
    if (realpath(path, real) == NULL)
        return error_set_errno(e, errno, "'%s'", path);
    return save_over(mem, arena_text(mem, real), old, text, ret_kept, e);
}
