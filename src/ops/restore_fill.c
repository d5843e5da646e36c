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

#include "base/block_ring.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/io.h"
#include "ops/restore_read_back.h"

/* PAGE_BYTES is what direct I/O is aligned to. Of each file two blocks are on their way to the disk. */
enum {
    BLOCK_BYTES = 1 << 20,
    BLOCKS = 8,
    PAGE_BYTES = 4096,
    WRITERS = 2,
};

struct fill {
    struct restore_source *source;
    struct restore_site *sites;
    size_t count;
    int fd; /* what is read */
    struct restore_marks marks;
    struct sha256 *sha256;
    restore_progress *progress;
    void *progress_context;
};

/* Who writes blocks of one site's file. */
struct writer {
    struct restore_site *site;
    bool refused; /* the file system takes no direct write, whatever it said */
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
direct_write(const struct restore_site *site, struct bytes block, uint64_t offset,
             bool *ret_refused, struct error *e)
{
    size_t rest = block.size % PAGE_BYTES;
    size_t pages = block.size - rest;

    if (!fd_pwrite_all(site->direct_fd, site->db_path, block.data, pages, offset, e)) {
        if (e->sys_errno != EINVAL)
            return false;
        error_clear(e);
        *ret_refused = true;
        return buffered_write(site, block, offset, e);
    }
    return rest == 0 ||
           fd_pwrite_all(site->db_fd, site->db_path, block.data + pages, rest, offset + pages, e);
}

static bool
write_work(void *context, uint64_t number, struct bytes block, struct error *e)
{
    struct writer *writer = context;
    const struct restore_site *site = writer->site;
    uint64_t offset = number * BLOCK_BYTES;
    bool ok;

    if (site->filling == RESTORE_WRITTEN_DIRECT && !writer->refused)
        ok = direct_write(site, block, offset, &writer->refused, e);
    else
        ok = buffered_write(site, block, offset, e);
    return ok || error_wrap(e, "member '%s'", site->name);
}

static bool
hash_work(void *context, uint64_t number UNUSED, struct bytes block, struct error *e UNUSED)
{
    sha256_update(context, block.data, block.size);
    return true;
}

static bool
marks_work(void *context, uint64_t number, struct bytes block, struct error *e UNUSED)
{
    struct fill *f = context;

    f->marks.items[number] = crc32c(0, block.data, block.size);
    return true;
}

/* Hash, marks where somebody wants them, and the writers of each file: two where writing is waiting,
 * one where it is copying into the cache. */
static size_t
workers_choose(struct fill *f, struct writer *writers, struct block_worker *ret_workers)
{
    size_t count = 0;
    bool direct = false;

    ret_workers[count++] = (struct block_worker){hash_work, f->sha256, .stride = 1};
    for (size_t i = 0; i < f->count; i++) {
        struct restore_site *site = &f->sites[i];
        unsigned share = site->filling == RESTORE_WRITTEN_DIRECT ? WRITERS : 1;

        direct = direct || site->filling == RESTORE_WRITTEN_DIRECT;
        for (unsigned k = 0; k < share && site->filling != RESTORE_CLONED; k++) {
            struct writer *writer = &writers[i * WRITERS + k];

            writer->site = site;
            ret_workers[count++] = (struct block_worker){write_work, writer, share, k};
        }
    }
    if (direct)
        ret_workers[count++] = (struct block_worker){marks_work, f, .stride = 1};
    return count;
}

/* Those go on as files of the page cache, where some of their blocks are already. */
static void
refusals_take(const struct writer *writers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!writers[i].refused)
            continue;
        fd_close(&writers[i].site->direct_fd);
        writers[i].site->filling = RESTORE_WRITTEN;
    }
}

static bool
blocks_put(const struct fill *f, struct block_ring *ring, struct error *e)
{
    uint64_t total = f->source->content_bytes;

    (void)posix_fadvise(f->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    for (uint64_t done = 0; done < total;) {
        size_t size = total - done < BLOCK_BYTES ? (size_t)(total - done) : BLOCK_BYTES;

        if (!interrupt_check(e) ||
            !fd_pread_all(f->fd, f->source->path, block_ring_block(ring), size, done, e) ||
            !block_ring_put(ring, size, e))
            return false;
        done += size;
        if (f->progress != NULL)
            f->progress(f->progress_context, done, total);
    }
    return block_ring_finish(ring, e);
}

static bool
stream(struct fill *f, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    size_t most = f->count * WRITERS;
    struct writer *writers = arena_zero(&tmp, most * sizeof(*writers));
    struct block_worker *workers = arena_alloc(&tmp, (most + 2) * sizeof(*workers));
    AUTO_BLOCK_RING ring = NULL;

    ring = block_ring_new(BLOCK_BYTES, BLOCKS, workers, workers_choose(f, writers, workers));
    if (!blocks_put(f, ring, e))
        return false;
    refusals_take(writers, most);
    return true;
}

/* A snapshot that was changed meanwhile is told before what that looks like; without a trailer
 * nothing else would tell it. */
static bool
stream_whole(struct fill *f, struct error *e)
{
    struct error changed = ERROR_INIT;
    bool ok = stream(f, e);

    if (!ok && e->code != ERROR_FORMAT)
        return false;
    if (restore_source_unchanged(f->source, &changed))
        return ok;
    *e = changed;
    return false;
}

bool
restore_fill(struct restore_source *source, struct restore_site *sites, size_t count,
             restore_progress *progress, void *progress_context, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_SHA256 sha256 = sha256_new();
    struct fill f = {.source = source,
                     .sites = sites,
                     .count = count,
                     .fd = source->fd,
                     .sha256 = sha256,
                     .progress = progress,
                     .progress_context = progress_context};
    size_t marks = (size_t)(source->content_bytes / BLOCK_BYTES + 1);
    uint8_t digest[SHA256_SIZE];

    ASSERT(count > 0);
    f.marks = (struct restore_marks){.items = arena_alloc(&tmp, marks * sizeof(*f.marks.items)),
                                     .block_bytes = BLOCK_BYTES,
                                     .content_bytes = source->content_bytes};
    if (!clones_make(&f, e) || !files_prepare(&f, e) || !stream_whole(&f, e))
        return false;
    sha256_finish(sha256, digest);
    return restore_source_check_digest(source, digest, e) &&
           restore_read_back(sites, count, &f.marks, e);
}
