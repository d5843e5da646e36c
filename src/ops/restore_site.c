/* Staging, the two ways of taking the final name, and how to get rid of it all. */
#include "ops/restore_site.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/io.h"
#include "ops/restore_leftovers.h"

/* etcd's PrivateDirMode and PrivateFileMode. */
#define MEMBER_DIR "member"

enum { DIR_MODE = 0700, DB_MODE = 0600, STAGE_RANDOM_BYTES = 4 };

const char *
restore_path_trim(struct arena *mem, const char *path)
{
    char *copy = arena_text(mem, path);
    size_t size = strlen(copy);

    while (size > 1 && copy[size - 1] == '/')
        copy[--size] = '\0';
    return copy;
}

/* The part of 'path' below 'dir', or NULL. */
static const char *
path_below(const char *dir, const char *path)
{
    size_t size = strlen(dir);

    if (strncmp(dir, path, size) != 0 || path[size] != '/')
        return NULL;
    return path + size + 1;
}

static bool
is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

void
restore_site_init(struct arena *mem, struct restore_site *site, const struct restore_target *target,
                  uint64_t member_id)
{
    uint8_t random[STAGE_RANDOM_BYTES];
    char tag[2 * STAGE_RANDOM_BYTES + 1];
    const char *below = "member/wal";

    random_bytes(random, sizeof(random));
    hex_encode(random, sizeof(random), tag);
    *site = (struct restore_site){
        .name = target->name, .member_id = member_id, .db_fd = -1, .direct_fd = -1, .lock_fd = -1};
    site->data_dir = restore_path_trim(mem, target->data_dir);
    site->data_dir_is_there = is_directory(site->data_dir);
    site->stage = site->data_dir_is_there ? restore_stage_inside(mem, site->data_dir, tag)
                                          : restore_stage_beside(mem, site->data_dir, tag);
    site->member_dir = path_join(mem, site->stage, MEMBER_DIR);
    site->snap_dir = path_join(mem, site->member_dir, "snap");
    site->db_path = path_join(mem, site->snap_dir, "db");
    site->wal_dir = path_join(mem, site->data_dir, below);
    if (target->wal_dir != NULL) {
        site->wal_dir = restore_path_trim(mem, target->wal_dir);
        below = path_below(site->data_dir, site->wal_dir);
    }
    site->wal_is_apart = below == NULL;
    site->wal_stage = below == NULL ? restore_stage_beside(mem, site->wal_dir, tag)
                                    : path_join(mem, site->stage, below);
}

/* Makes the directory that will hold 'path', remembering what was missing. */
static bool
parents_make(struct arena *mem, struct restore_site *site, const char *path, struct error *e)
{
    const char *parent = path_dir(mem, path);

    for (const char *at = parent; !path_exists(at); at = path_dir(mem, at))
        *ARRAY_PUSH(mem, &site->made_parents) = at;
    return dir_make(parent, DIR_MODE, e);
}

static bool
dir_make_new(const char *path, struct error *e)
{
    if (mkdir(path, DIR_MODE) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    return true;
}

bool
restore_site_clear(const struct restore_site *site, struct error *e)
{
    return restore_leftovers_remove(site->data_dir, site->wal_is_apart ? site->wal_dir : NULL, e);
}

bool
restore_site_stage(struct arena *mem, struct restore_site *site, struct error *e)
{
    if (!parents_make(mem, site, site->stage, e))
        return false;
    if (!dir_make_new(site->stage, e))
        return false;
    site->staged = true;
    if (!restore_stage_lock(site->stage, &site->lock_fd, e))
        return false;
    if (!dir_make_new(site->member_dir, e) || !dir_make_new(site->snap_dir, e))
        return false;
    if (!site->wal_is_apart && !dir_make(path_dir(mem, site->wal_stage), DIR_MODE, e))
        return false;
    if (site->wal_is_apart && !parents_make(mem, site, site->wal_stage, e))
        return false;
    return file_open(site->db_path, O_RDWR | O_CREAT | O_EXCL, DB_MODE, &site->db_fd, e);
}

/* Moves and remembers it, also when only the sync behind the rename failed: nothing that somebody
 * else put there may ever be removed. */
static bool
place_take(struct arena *mem, struct restore_site *site, const char *from, const char *to,
           struct error *e)
{
    bool ok = file_rename_new(from, to, e);

    if (ok || !path_exists(from))
        *ARRAY_PUSH(mem, &site->taken) = arena_text(mem, to);
    return ok;
}

/* Into a directory that is there: entry by entry. Without "member" it is no data directory, so that
 * comes last: a log that lies beside it is then in its place. */
static bool
entries_move(struct arena *mem, struct restore_site *site, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char **names;
    size_t count;

    if (!dir_list(&tmp, site->stage, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], MEMBER_DIR) != 0 &&
            !place_take(mem, site, path_join(&tmp, site->stage, names[i]),
                        path_join(&tmp, site->data_dir, names[i]), e))
            return false;
    }
    return place_take(mem, site, site->member_dir, path_join(&tmp, site->data_dir, MEMBER_DIR),
                      e) &&
           tree_remove(site->stage, e) && dir_sync(site->data_dir, e);
}

/* Those of the database. */
static void
files_close(struct restore_site *site)
{
    fd_close(&site->direct_fd);
    fd_close(&site->db_fd);
}

bool
restore_site_commit(struct arena *mem, struct restore_site *site, struct error *e)
{
    files_close(site);
    if (site->wal_is_apart && !place_take(mem, site, site->wal_stage, site->wal_dir, e))
        return false;
    if (site->data_dir_is_there)
        return entries_move(mem, site, e);
    return place_take(mem, site, site->stage, site->data_dir, e);
}

void
restore_site_abandon(struct restore_site *site)
{
    struct error ignored = ERROR_INIT;

    files_close(site);
    if (site->staged) {
        (void)!tree_remove(site->stage, &ignored);
        if (site->wal_is_apart)
            (void)!tree_remove(site->wal_stage, &ignored);
    }
    for (size_t i = 0; i < site->taken.count; i++)
        (void)!tree_remove(site->taken.items[i], &ignored);
    for (size_t i = 0; i < site->made_parents.count; i++)
        (void)rmdir(site->made_parents.items[i]);
    restore_site_close(site);
    site->staged = false;
    site->taken.count = 0;
    site->made_parents.count = 0;
}

void
restore_site_close(struct restore_site *site)
{
    files_close(site);
    fd_close(&site->lock_fd);
}
