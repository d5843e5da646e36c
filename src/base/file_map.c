#include "base/file_map.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "base/io.h"
#include "base/map_guard.h"

/* The map, which is no longer the variable's to close. */
static struct file_map
map_take(struct file_map *map)
{
    struct file_map taken = *map;

    *map = (struct file_map)FILE_MAP_INIT;
    return taken;
}

bool
file_map_open(const char *path, struct file_map *ret_map, struct error *e)
{
    AUTO_FILE_MAP map = FILE_MAP_INIT;
    struct stat st;
    uint64_t size;
    void *data;

    if (!file_open(path, O_RDONLY, 0, &map.fd, e) || !file_size(map.fd, path, &size, e))
        return false;
    if (fstat(map.fd, &st) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    map.changed_at = st.st_mtim;
    if (size > 0) {
        data = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, map.fd, 0);
        if (data == MAP_FAILED)
            return error_set_errno(e, errno, "'%s': map", path);
        map.data = data;
        map.size = (size_t)size;
        map.guard = map_guard_add(data, map.size);
    }
    *ret_map = map_take(&map);
    return true;
}

static bool
same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool
file_map_unchanged(const struct file_map *map, const char *path, struct error *e)
{
    struct stat st;

    if (fstat(map->fd, &st) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    if ((uint64_t)st.st_size < map->size)
        (void)error_set(e, ERROR_CONFLICT, "'%s' was cut from %zu to %lld bytes while it was read",
                        path, map->size, (long long)st.st_size);
    else if ((uint64_t)st.st_size > map->size || !same_time(st.st_mtim, map->changed_at))
        (void)error_set(e, ERROR_CONFLICT, "'%s' was changed while it was read", path);
    else if (map_guard_is_broken(map->guard))
        return error_set(e, ERROR_IO, "'%s': a part of it cannot be read from its disk", path);
    else
        return true;
    return error_hint(e, "wait until nobody writes to the file, then run the command again");
}

void
file_map_close(struct file_map *map)
{
    map_guard_remove(map->guard);
    if (map->data != NULL)
        munmap(without_const(map->data), map->size);
    fd_close(&map->fd);
    *map = (struct file_map)FILE_MAP_INIT;
}
