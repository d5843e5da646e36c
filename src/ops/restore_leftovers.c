#include "ops/restore_leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "base/hash.h"
#include "base/io.h"

#define STAGE_MARK ".restore-"
/* restore_wal_write writes under this name first. */
#define LOG_TEMPORARY ".tmp"

enum { TAG_BYTES = 4 };

const char *
restore_stage_beside(struct arena *mem, const char *place, const char *tag)
{
    return path_join(mem, path_dir(mem, place),
                     arena_printf(mem, ".%s" STAGE_MARK "%s", path_name(place), tag));
}

const char *
restore_stage_inside(struct arena *mem, const char *place, const char *tag)
{
    return arena_printf(mem, "%s/" STAGE_MARK "%s", place, tag);
}

bool
restore_stage_lock(const char *stage, int *ret_fd, struct error *e)
{
    if (!file_open(stage, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, ret_fd, e))
        return false;
    if (flock(*ret_fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        fd_close(ret_fd);
        return error_set(e, ERROR_LOCKED, "'%s': another restore is building there", stage);
    }
    return true;
}

/* Unlike for restore_stage_lock, no lock is no proof. */
static bool
nobody_holds(const char *stage)
{
    AUTO_FD fd = open(stage, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

/* The tag of a stage's name; NULL when the name is something else. */
static const char *
tag_of(const char *name, const char *prefix)
{
    size_t size = strlen(prefix);
    uint8_t tag[TAG_BYTES];

    if (strncmp(name, prefix, size) != 0 || !hex_decode(name + size, tag, sizeof(tag)))
        return NULL;
    return name + size;
}

static bool
names_list(struct arena *tmp, const char *dir, const char ***ret_names, size_t *ret_count,
           struct error *e)
{
    *ret_count = 0;
    if (dir_list(tmp, dir, ret_names, ret_count, e))
        return true;
    if (e->code != ERROR_NOT_FOUND && e->code != ERROR_PERMISSION && e->sys_errno != ENOTDIR)
        return false;
    error_clear(e);
    return true;
}

static bool
stages_remove(const char *dir, const char *prefix, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char **names;
    size_t count;

    if (!names_list(&tmp, dir, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *path = path_join(&tmp, dir, names[i]);

        if (tag_of(names[i], prefix) != NULL && nobody_holds(path) && !tree_remove(path, e))
            return false;
    }
    return true;
}

static bool
text_ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    size_t end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* A log's stage has no lock of its own: it goes with the data directory's of the same tag. */
static bool
log_stages_remove(const char *data_dir, const char *wal_dir, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = path_dir(&tmp, wal_dir);
    const char *prefix = arena_printf(&tmp, ".%s" STAGE_MARK, path_name(wal_dir));
    const char **names;
    size_t count;

    if (!names_list(&tmp, dir, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        bool unfinished = text_ends_with(names[i], LOG_TEMPORARY);
        size_t size = strlen(names[i]) - (unfinished ? strlen(LOG_TEMPORARY) : 0);
        const char *tag = tag_of(arena_text_of_bytes(&tmp, bytes_of(names[i], size)), prefix);

        if (tag != NULL && !path_exists(restore_stage_beside(&tmp, data_dir, tag)) &&
            !path_exists(restore_stage_inside(&tmp, data_dir, tag)) &&
            !tree_remove(path_join(&tmp, dir, names[i]), e))
            return false;
    }
    return true;
}

bool
restore_leftovers_remove(const char *data_dir, const char *wal_dir, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *beside = arena_printf(&tmp, ".%s" STAGE_MARK, path_name(data_dir));

    return stages_remove(path_dir(&tmp, data_dir), beside, e) &&
           stages_remove(data_dir, STAGE_MARK, e) &&
           (wal_dir == NULL || log_stages_remove(data_dir, wal_dir, e));
}

bool
restore_place_is_free(const char *data_dir, bool *ret_free, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char **names;
    size_t count;

    if (!dir_list(&tmp, data_dir, &names, &count, e)) {
        if (e->code != ERROR_NOT_FOUND)
            return false;
        error_clear(e);
        count = 0;
    }
    *ret_free = true;
    for (size_t i = 0; i < count; i++) {
        if (tag_of(names[i], STAGE_MARK) == NULL ||
            !nobody_holds(path_join(&tmp, data_dir, names[i])))
            *ret_free = false;
    }
    return true;
}
