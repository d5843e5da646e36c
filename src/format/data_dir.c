#include "format/data_dir.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

#define SNAP_BELOW "member/snap"
#define WAL_BELOW  "member/wal"

void
data_dir_locate(struct arena *mem, const char *path, const char *wal_dir, struct data_dir *ret_dir)
{
    const char *snap_dir = path_join(mem, path, SNAP_BELOW);

    *ret_dir = (struct data_dir){
        .path = path,
        .snap_dir = snap_dir,
        .db_path = path_join(mem, snap_dir, "db"),
        .wal_dir =
            wal_dir != NULL && wal_dir[0] != '\0' ? wal_dir : path_join(mem, path, WAL_BELOW),
    };
}

/* The data directory above a path inside one ("DIR/member", "DIR/member/snap/db"), or NULL. */
static const char *
data_dir_above(struct arena *mem, const char *path)
{
    for (unsigned up = 0; up < 3; up++) {
        const char *parent = path_dir(mem, path);

        if (strcmp(path_name(path), "member") == 0 && path_exists(path_join(mem, path, "snap/db")))
            return parent;
        path = parent;
    }
    return NULL;
}

static bool
missing_error(struct arena *mem, const struct data_dir *dir, int failed, struct error *e)
{
    const char *above = data_dir_above(mem, dir->path);

    error_set_errno_(e, failed, "'%s'", dir->db_path);
    if (above != NULL)
        return error_hint(e, "--data-dir is the directory that holds 'member': %s", above);
    if (failed == ENOENT)
        return error_hint(e, "--data-dir is what the member was started with: it holds "
                             "member/snap/db");
    return false;
}

bool
data_dir_find(struct arena *mem, const char *path, const char *wal_dir, struct data_dir *ret_dir,
              struct error *e)
{
    struct data_dir dir;
    char resolved[PATH_MAX];
    struct stat st;

    data_dir_locate(mem, path, wal_dir, &dir);
    if (realpath(dir.db_path, resolved) == NULL)
        return missing_error(mem, &dir, errno, e);
    /* A link stays a link: what is written goes to where it leads. */
    if (lstat(dir.db_path, &st) == 0 && S_ISLNK(st.st_mode))
        dir.db_path = arena_text(mem, resolved);
    *ret_dir = dir;
    return true;
}
