/* Several members may share a file system, so what they need is added up before it is compared. */
#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/io.h"
#include "format/wal/wal_segment.h"
#include "ops/restore_site.h"

/* Beyond the database: the changed pages, the .snap, directories. */
enum { SLACK_BYTES = 2 << 20 };

struct file_system {
    dev_t device;
    const char *dir; /* one that is on it */
    uint64_t needed_bytes;
    size_t member_count;
    const struct restore_site *last; /* counted */
};

struct file_systems {
    ARRAY(struct file_system) items;
};

static bool
need_add(struct arena *tmp, struct file_systems *all, const struct restore_site *site,
         const char *path, uint64_t bytes, struct error *e)
{
    struct file_system *found = NULL;
    const char *dir;
    struct stat st;

    if (!path_absolute(tmp, path, &dir, e))
        return false;
    while (!path_exists(dir))
        dir = path_dir(tmp, dir);
    if (stat(dir, &st) != 0)
        return error_set_errno(e, errno, "'%s'", dir);
    for (size_t i = 0; i < all->items.count; i++) {
        if (all->items.items[i].device == st.st_dev)
            found = &all->items.items[i];
    }
    if (found == NULL) {
        found = ARRAY_PUSH(tmp, &all->items);
        *found = (struct file_system){.device = st.st_dev, .dir = dir};
    }
    found->needed_bytes += bytes;
    found->member_count += found->last == site ? 0 : 1;
    found->last = site;
    return true;
}

static bool
room_check(const struct file_system *fs, struct error *e)
{
    struct statvfs vfs;
    uint64_t free_bytes;

    if (statvfs(fs->dir, &vfs) != 0)
        return error_set_errno(e, errno, "'%s'", fs->dir);
    free_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
    if (free_bytes >= fs->needed_bytes)
        return true;
    return error_set(e, ERROR_NO_SPACE,
                     "'%s': %" PRIu64 " bytes are needed for %zu %s, %" PRIu64 " are free", fs->dir,
                     fs->needed_bytes, fs->member_count,
                     fs->member_count == 1 ? "member" : "members", free_bytes);
}

bool
restore_sites_check_space(const struct restore_site *sites, size_t count, uint64_t db_size_bytes,
                          struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct file_systems all = {.items = ARRAY_INIT};

    for (size_t i = 0; i < count; i++) {
        const struct restore_site *site = &sites[i];
        uint64_t db_bytes = site->filling == RESTORE_CLONED ? 0 : db_size_bytes;

        if (!need_add(&tmp, &all, site, site->data_dir, db_bytes + SLACK_BYTES, e) ||
            !need_add(&tmp, &all, site, site->wal_dir, WAL_SEGMENT_SIZE_BYTES, e))
            return false;
    }
    for (size_t i = 0; i < all.items.count; i++) {
        if (!room_check(&all.items.items[i], e))
            return false;
    }
    return true;
}
