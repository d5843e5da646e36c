#include "base/file_map.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "base/failpoint.h"
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
    uint64_t size;
    void *data;

    if (!file_open(path, O_RDONLY, 0, &map.fd, e) || !file_size(map.fd, path, &size, e) ||
        !file_stamp_take(map.fd, path, &map.stamp, e))
        return false;
    if (size > 0) {
        data = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, map.fd, 0);
        if (data == MAP_FAILED)
            return error_set_errno(e, errno, "'%s': map", path);
        map.data = data;
        map.size = (size_t)size;
        map.guard = map_guard_add(data, map.size);
    }
    if (FAILPOINT(file_map))
        return error_set_errno(e, EIO, "'%s': map", path);
    *ret_map = map_take(&map);
    return true;
}

bool
file_map_unchanged(const struct file_map *map, const char *path, struct error *e)
{
    if (!file_stamp_check(&map->stamp, map->fd, path, e))
        return false;
    return !map_guard_is_broken(map->guard) ||
           error_set(e, ERROR_IO, "'%s': a part of it cannot be read from its disk", path);
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
