/*
 * Cloning comes first: what can be a clone of the snapshot, or of the first clone, is not written.
 * The digest is taken of what the files then have, not of what the snapshot had a moment before.
 */
#include "ops/restore_fill.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <linux/fs.h>

#include "base/hash_lane.h"
#include "base/interrupt.h"
#include "base/io.h"

/* PAGE_BYTES is what direct I/O is aligned to, and how much of each block is looked at again. */
enum { BLOCK_BYTES = 1 << 20, PAGE_BYTES = 4096 };

struct fill {
    struct restore_source *source;
    struct restore_site *sites;
    size_t count;
    int fd;          /* what is read */
    uint32_t *marks; /* CRC-32C of the first page of each block */
    restore_progress *progress;
    void *progress_context;
};

/* Only a clone of the whole counts: somebody may have shortened the snapshot meanwhile. */
static bool
clone_make(int from, struct restore_site *site, uint64_t content_bytes, struct error *e)
{
    uint64_t size;

    if (ioctl(site->db_fd, FICLONE, from) != 0)
        return true;
    if (!file_size(site->db_fd, site->db_path, &size, e))
        return false;
    site->filling = size >= content_bytes ? RESTORE_CLONED : RESTORE_WRITTEN;
    if (ftruncate(site->db_fd, site->filling == RESTORE_CLONED ? (off_t)content_bytes : 0) != 0)
        return error_set_errno(e, errno, "'%s'", site->db_path);
    return true;
}

/* Clones of the first file, which is one of the snapshot itself. */
static bool
clones_make(struct fill *f, struct error *e)
{
    struct restore_site *first = &f->sites[0];

    if (!clone_make(f->source->fd, first, f->source->content_bytes, e))
        return false;
    if (first->filling != RESTORE_CLONED)
        return true;
    f->fd = first->db_fd;
    for (size_t i = 1; i < f->count; i++) {
        if (!clone_make(first->db_fd, &f->sites[i], f->source->content_bytes, e))
            return false;
    }
    return true;
}

/* Some file systems cannot go past their cache, and say so here or at the first write. */
static void
direct_open(struct restore_site *site)
{
    site->direct_fd = open(site->db_path, O_WRONLY | O_DIRECT | O_CLOEXEC);
    if (site->direct_fd >= 0)
        site->filling = RESTORE_WRITTEN_DIRECT;
}

static void
direct_give_up(struct restore_site *site)
{
    fd_close(&site->direct_fd);
    site->filling = RESTORE_WRITTEN;
}

static bool
files_prepare(const struct fill *f, struct error *e)
{
    if (!restore_sites_check_space(f->sites, f->count, f->source->content_bytes, e))
        return false;
    for (size_t i = 0; i < f->count; i++) {
        struct restore_site *site = &f->sites[i];

        if (site->filling == RESTORE_CLONED)
            continue;
        if (!file_reserve(site->db_fd, site->db_path, f->source->content_bytes, e))
            return false;
        if (i > 0)
            direct_open(site);
    }
    return true;
}

static bool
buffered_write(const struct restore_site *site, struct bytes block, uint64_t offset,
               struct error *e)
{
    if (!fd_pwrite_all(site->db_fd, site->db_path, block.data, block.size, offset, e))
        return false;
    file_write_back(site->db_fd, offset, block.size);
    return true;
}

/* Only the last block of a database with small pages does not end at a page's end. */
static bool
direct_write(struct restore_site *site, struct bytes block, uint64_t offset, struct error *e)
{
    size_t rest = block.size % PAGE_BYTES;
    size_t pages = block.size - rest;

    if (!fd_pwrite_all(site->direct_fd, site->db_path, block.data, pages, offset, e)) {
        if (e->sys_errno != EINVAL)
            return false;
        error_clear(e);
        direct_give_up(site);
        return buffered_write(site, block, offset, e);
    }
    return rest == 0 ||
           fd_pwrite_all(site->db_fd, site->db_path, block.data + pages, rest, offset + pages, e);
}

static bool
block_write(const struct fill *f, struct bytes block, uint64_t offset, struct error *e)
{
    for (size_t i = 0; i < f->count; i++) {
        struct restore_site *site = &f->sites[i];
        bool ok = true;

        if (site->filling == RESTORE_WRITTEN)
            ok = buffered_write(site, block, offset, e);
        else if (site->filling == RESTORE_WRITTEN_DIRECT)
            ok = direct_write(site, block, offset, e);
        if (!ok)
            return error_wrap(e, "member '%s'", site->name);
    }
    return true;
}

static uint32_t
mark_of(const uint8_t *block, size_t size)
{
    return crc32c(0, block, size < PAGE_BYTES ? size : PAGE_BYTES);
}

static bool
stream(const struct fill *f, uint8_t ret_digest[SHA256_SIZE], struct error *e)
{
    AUTO_HASH_LANE lane = hash_lane_new(BLOCK_BYTES);
    uint64_t total = f->source->content_bytes;

    (void)posix_fadvise(f->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    for (uint64_t done = 0; done < total;) {
        size_t size = total - done < BLOCK_BYTES ? (size_t)(total - done) : BLOCK_BYTES;
        uint8_t *block = hash_lane_block(lane);

        if (!interrupt_check(e) || !fd_pread_all(f->fd, f->source->path, block, size, done, e))
            return false;
        hash_lane_put(lane, size);
        f->marks[done / BLOCK_BYTES] = mark_of(block, size);
        if (!block_write(f, bytes_of(block, size), done, e))
            return false;
        done += size;
        if (f->progress != NULL)
            f->progress(f->progress_context, done, total);
    }
    hash_lane_finish(lane, ret_digest);
    return true;
}

/* Whether each block that went past the cache is at its place, as the disk has it. */
static bool
direct_check(const struct fill *f, const struct restore_site *site, struct error *e)
{
    AUTO_FD fd = -1;
    _Alignas(PAGE_BYTES) uint8_t page[PAGE_BYTES];
    uint64_t total = f->source->content_bytes;

    if (!file_open(site->db_path, O_RDONLY | O_DIRECT, 0, &fd, e))
        return false;
    for (uint64_t offset = 0; total - offset >= PAGE_BYTES; offset += BLOCK_BYTES) {
        if (!fd_pread_all(fd, site->db_path, page, PAGE_BYTES, offset, e))
            return false;
        if (mark_of(page, PAGE_BYTES) != f->marks[offset / BLOCK_BYTES])
            return error_set(e, ERROR_VERIFY,
                             "'%s': byte %" PRIu64 ": the disk has something else than was written",
                             site->db_path, offset);
        if (total - offset <= BLOCK_BYTES)
            break;
    }
    return true;
}

static bool
directs_check(const struct fill *f, struct error *e)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->sites[i].filling == RESTORE_WRITTEN_DIRECT && !direct_check(f, &f->sites[i], e))
            return error_wrap(e, "member '%s'", f->sites[i].name);
    }
    return true;
}

bool
restore_fill(struct restore_source *source, struct restore_site *sites, size_t count,
             restore_progress *progress, void *progress_context, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct fill f = {.source = source,
                     .sites = sites,
                     .count = count,
                     .fd = source->fd,
                     .progress = progress,
                     .progress_context = progress_context};
    uint8_t digest[SHA256_SIZE];

    ASSERT(count > 0);
    f.marks =
        arena_alloc(&tmp, (size_t)(source->content_bytes / BLOCK_BYTES + 1) * sizeof(*f.marks));
    return clones_make(&f, e) && files_prepare(&f, e) && stream(&f, digest, e) &&
           restore_source_check_digest(source, digest, e) && directs_check(&f, e);
}
