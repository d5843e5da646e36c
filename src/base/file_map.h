/*
 * A file mapped read-only. Reading what was cut off meanwhile gives zeros (base/map_guard.h): who
 * tells anything about the content asks file_map_unchanged at the end.
 */
#ifndef QUORATE_BASE_FILE_MAP_H
#define QUORATE_BASE_FILE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file_stamp.h"

/* An empty file gives data NULL, size 0. */
struct file_map {
    const uint8_t *data;
    size_t size;
    int fd;
    int guard;
    struct file_stamp stamp; /* as it was opened */
};

#define FILE_MAP_INIT                                                                              \
    {                                                                                              \
        .fd = -1, .guard = -1                                                                      \
    }
#define AUTO_FILE_MAP __attribute__((cleanup(file_map_close))) struct file_map

MUST_CHECK bool file_map_open(const char *path, struct file_map *ret_map, struct error *e);
void file_map_close(struct file_map *map);

/*
 * Whether the file is still what was mapped.
 *
 * e  ERROR_CONFLICT: "... was changed while it was read", or became shorter. ERROR_IO: a part of it
 *    cannot be read from its disk.
 */
MUST_CHECK bool file_map_unchanged(const struct file_map *map, const char *path, struct error *e);

static inline struct bytes
file_map_bytes(const struct file_map *map)
{
    return (struct bytes){map->data, map->size};
}

#endif
