#include "ops/salvage_copy.h"

#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/io.h"

enum {
    PIECE_BYTES = 1 << 20, /* of one read */
    BLOCK_BYTES = 4096,    /* what is given up at once where the disk fails */
};

struct copy {
    int from;
    const char *from_path;
    int to;
    const char *to_path;
    struct salvage_copied result;
};

/* As many bytes as there are; false on a failure of the disk. */
static bool
piece_read(struct copy *c, uint64_t offset, uint8_t *ret_data, size_t size, size_t *ret_got,
           struct error *e)
{
    size_t done = 0;

    while (done < size) {
        ssize_t got = pread(c->from, ret_data + done, size - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(e, errno, "'%s': byte %llu", c->from_path,
                                   (unsigned long long)(offset + done));
        if (got == 0)
            break;
        done += (size_t)got;
    }
    *ret_got = done;
    return true;
}

/* A piece of which something cannot be read, block by block. */
static void
piece_gather(struct copy *c, uint64_t offset, uint8_t *ret_data, size_t size)
{
    for (size_t at = 0; at < size; at += BLOCK_BYTES) {
        size_t block = size - at < BLOCK_BYTES ? size - at : BLOCK_BYTES;
        struct error ignored = ERROR_INIT;
        size_t got = 0;

        if (piece_read(c, offset + at, ret_data + at, block, &got, &ignored))
            continue;
        memset(ret_data + at, 0, block);
        if (c->result.unreadable_bytes == 0)
            c->result.first_unreadable_at = offset + at;
        c->result.unreadable_bytes += block;
    }
}

static bool
pieces_copy(struct copy *c, uint64_t size, const struct observer *observer, struct error *e)
{
    AUTO_BUF piece = BUF_INIT;
    uint8_t *data = buf_reserve(&piece, PIECE_BYTES);

    for (uint64_t at = 0; at < size; at += PIECE_BYTES) {
        size_t wanted = size - at < PIECE_BYTES ? (size_t)(size - at) : PIECE_BYTES;
        struct error ignored = ERROR_INIT;
        size_t got = wanted;

        observer_progress(observer, "copying", NULL, at, size);
        memset(data, 0, wanted);
        if (!piece_read(c, at, data, wanted, &got, &ignored))
            piece_gather(c, at, data, wanted);
        if (got < wanted) {
            c->result.changed = true;
            size = at + got;
        }
        if (!fd_pwrite_all(c->to, c->to_path, data, got, at, e))
            return false;
    }
    c->result.size_bytes = size;
    return true;
}

static bool
same_time(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool
salvage_copy(int from, const char *from_path, int to, const char *to_path,
             const struct observer *observer, struct salvage_copied *ret_copied, struct error *e)
{
    struct copy c = {.from = from, .from_path = from_path, .to = to, .to_path = to_path};
    struct stat before;
    struct stat after;

    if (fstat(from, &before) != 0)
        return error_set_errno(e, errno, "'%s'", from_path);
    if (!S_ISREG(before.st_mode))
        return error_set(e, ERROR_FORMAT, "'%s' is no plain file", from_path);
    if (ioctl(to, FICLONE, from) == 0)
        c.result.size_bytes = (uint64_t)before.st_size;
    else if (!pieces_copy(&c, (uint64_t)before.st_size, observer, e))
        return false;
    if (c.result.unreadable_bytes > 0 && c.result.unreadable_bytes >= c.result.size_bytes)
        return error_set(e, ERROR_IO, "'%s': nothing of it can be read", from_path);
    if (fstat(from, &after) != 0 || !same_time(&before, &after))
        c.result.changed = true;
    *ret_copied = c.result;
    return true;
}
