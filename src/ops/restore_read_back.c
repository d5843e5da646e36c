/* A thread a file, since a disk has time for all of them. */
#include "ops/restore_read_back.h"

#include <fcntl.h>
#include <inttypes.h>

#include "base/block_ring.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/io.h"
#include "base/thread.h"

struct reader {
    const struct restore_site *site;
    const struct restore_marks *marks;
    uint8_t *block;
    struct thread thread;
    bool ok;
    struct error error;
};

/* The end of a database with small pages is read through the cache, as it was written. */
static bool
block_read(const struct reader *r, int direct_fd, size_t size, uint64_t offset, struct error *e)
{
    size_t rest = size % BLOCK_RING_ALIGNMENT;
    size_t pages = size - rest;
    const char *path = r->site->db_path;

    return fd_pread_all(direct_fd, path, r->block, pages, offset, e) &&
           (rest == 0 ||
            fd_pread_all(r->site->db_fd, path, r->block + pages, rest, offset + pages, e));
}

static bool
file_compare(const struct reader *r, struct error *e)
{
    const struct restore_marks *marks = r->marks;
    uint64_t total = marks->content_bytes;
    AUTO_FD fd = -1;

    if (!file_open(r->site->db_path, O_RDONLY | O_DIRECT, 0, &fd, e))
        return false;
    for (uint64_t at = 0; at < total; at += marks->block_bytes) {
        size_t size = total - at < marks->block_bytes ? (size_t)(total - at) : marks->block_bytes;

        if (!interrupt_check(e) || !block_read(r, fd, size, at, e))
            return false;
        if (crc32c(0, r->block, size) != marks->items[at / marks->block_bytes])
            return error_set(e, ERROR_VERIFY,
                             "'%s': byte %" PRIu64
                             ": the disk has something else than was written, within %zu bytes",
                             r->site->db_path, at, size);
    }
    return true;
}

static void
reader_run(void *context)
{
    struct reader *r = context;

    r->ok = file_compare(r, &r->error) || error_wrap(&r->error, "member '%s'", r->site->name);
}

static bool
readers_join(struct reader *readers, size_t count, struct error *e)
{
    bool ok = true;

    for (size_t i = 0; i < count; i++) {
        thread_join(&readers[i].thread);
        if (ok && !readers[i].ok)
            *e = readers[i].error;
        ok = ok && readers[i].ok;
    }
    return ok;
}

bool
restore_read_back(const struct restore_site *sites, size_t count, const struct restore_marks *marks,
                  struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct reader *readers = arena_zero(&tmp, count * sizeof(*readers));
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        struct reader *r = &readers[used];

        if (sites[i].filling != RESTORE_WRITTEN_DIRECT)
            continue;
        *r = (struct reader){
            .site = &sites[i],
            .marks = marks,
            .block = arena_alloc_aligned(&tmp, marks->block_bytes, BLOCK_RING_ALIGNMENT),
            .error = ERROR_INIT};
        used++;
        if (!thread_start(&r->thread, reader_run, r))
            reader_run(r);
    }
    return readers_join(readers, used, e);
}
