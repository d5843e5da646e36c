#include "node/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/arena.h"
#include "base/io.h"

bool
log_file_open(struct log_file *ret_log, const char *path, uint64_t most_bytes, unsigned keep,
              struct error *e)
{
    AUTO_FD fd = -1;
    uint64_t size;

    if (!file_open(path, O_WRONLY | O_CREAT | O_APPEND, 0600, &fd, e) ||
        !file_size(fd, path, &size, e))
        return false;
    *ret_log = (struct log_file){
        .path = path, .fd = fd, .size = size, .most_bytes = most_bytes, .keep = keep};
    fd = -1;
    return true;
}

void
log_file_close(struct log_file *log)
{
    fd_close(&log->fd);
}

static const char *
name_of(struct arena *mem, const struct log_file *log, unsigned age)
{
    return age == 0 ? log->path : arena_printf(mem, "%s.%u", log->path, age);
}

static bool
log_file_rotate(struct log_file *log, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    for (unsigned age = log->keep; age > 0; age--) {
        const char *from = name_of(&tmp, log, age - 1);

        if (rename(from, name_of(&tmp, log, age)) != 0 && errno != ENOENT)
            return error_set_errno(e, errno, "'%s'", from);
    }
    if (log->keep == 0 && unlink(log->path) != 0)
        return error_set_errno(e, errno, "'%s'", log->path);
    log_file_close(log);
    return log_file_open(log, log->path, log->most_bytes, log->keep, e);
}

bool
log_file_write(struct log_file *log, const void *data, size_t size, struct error *e)
{
    const uint8_t *at = data;

    while (size > 0) {
        size_t part = size;

        if (log->size >= log->most_bytes && !log->in_a_line && !log_file_rotate(log, e))
            return false;
        if (log->size + size > log->most_bytes) {
            const uint8_t *stop = memchr(at, '\n', size);

            part = stop != NULL ? (size_t)(stop + 1 - at) : size;
        }
        if (!fd_write_all(log->fd, log->path, at, part, e))
            return false;
        log->in_a_line = at[part - 1] != '\n';
        log->size += part;
        at += part;
        size -= part;
    }
    return true;
}
