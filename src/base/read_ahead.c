/*
 * Some readers take one window of the file after the other, and each maps its own: that waits until the
 * window is there, so the disk always has something to do. The windows are told as done in their order.
 *
 * The kernel reads for a mapping that wants huge pages in pieces of that size, and keeps them so: such a
 * file is mapped by a few hundred entries. (Asked in advance, with POSIX_FADV_WILLNEED, it fills the page
 * cache with single pages, which costs half a second of processor time for each gigabyte when they are
 * read and mapped, and again each time that anybody maps the file.)
 */
#include "base/read_ahead.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>

/* A window is a huge page of most machines. */
enum { WINDOW_BYTES = 2 << 20, LOOKS = 1024 };

/* Linux 5.14; older headers do not have it, older kernels refuse it. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

/* Looks at bytes here and there, without waiting for a disk. */
static bool
is_cached(const struct file_map *map)
{
    size_t step = map->size / LOOKS + 1;

    for (size_t at = 0; at < map->size; at += step) {
        uint8_t byte;
        struct iovec to = {&byte, 1};

        if (preadv2(map->fd, &to, 1, (off_t)at, RWF_NOWAIT) != 1)
            return false;
    }
    return true;
}

/* Failures are left to those who read: they meet them, too. */
static void
window_map(const struct read_ahead *r, uint64_t offset, size_t size)
{
    uint8_t *start = (uint8_t *)without_const(r->map->data) + offset;
    volatile uint8_t touched;

    if (madvise(start, size, MADV_POPULATE_READ) == 0)
        return;
    /* An old kernel, which has no large pieces in its cache anyway. */
    (void)posix_fadvise(r->map->fd, (off_t)offset, (off_t)size, POSIX_FADV_WILLNEED);
    for (size_t at = 0; at < size; at += 4096)
        touched = start[at];
    (void)touched;
}

/* Waits for those who have the windows before. */
static void
window_done(struct read_ahead *r, uint64_t start, uint64_t end)
{
    pthread_mutex_lock(&r->lock);
    while (atomic_load(&r->done) < start)
        pthread_cond_wait(&r->progress, &r->lock);
    if (atomic_load(&r->done) < end)
        atomic_store(&r->done, end);
    pthread_cond_broadcast(&r->progress);
    pthread_mutex_unlock(&r->lock);
}

/* Who comes after the last window, or after a stop, lets all go who wait for more. */
static void
read_run(void *context)
{
    struct read_ahead *r = context;
    uint64_t size = r->map->size;
    uint64_t at = atomic_fetch_add(&r->next, WINDOW_BYTES);

    while (at < size && !atomic_load(&r->stopping)) {
        window_map(r, at, size - at < WINDOW_BYTES ? (size_t)(size - at) : WINDOW_BYTES);
        window_done(r, at, at + WINDOW_BYTES);
        at = atomic_fetch_add(&r->next, WINDOW_BYTES);
    }
    window_done(r, at, UINT64_MAX);
}

/* Threads that the system does not give are not needed: one does, or nobody waits. */
static void
readers_start(struct read_ahead *r)
{
    bool any = false;

    for (unsigned i = 0; i < READ_AHEAD_THREADS; i++)
        any = thread_start(&r->threads[i], read_run, r) || any;
    if (!any)
        atomic_store(&r->done, UINT64_MAX);
}

void
read_ahead_begin(struct read_ahead *r, const struct file_map *map)
{
    r->map = map;
    atomic_store(&r->stopping, false);
    if (is_cached(map))
        return;
    /* Only advice: not every kernel has huge pages. */
    (void)madvise(without_const(map->data), map->size, MADV_HUGEPAGE);
    atomic_store(&r->next, 0);
    atomic_store(&r->done, 0);
    readers_start(r);
}

void
read_ahead_end(struct read_ahead *r)
{
    atomic_store(&r->stopping, true);
    for (unsigned i = 0; i < READ_AHEAD_THREADS; i++)
        thread_join(&r->threads[i]);
}

void
read_ahead_await(struct read_ahead *r, uint64_t offset)
{
    if (atomic_load_explicit(&r->done, memory_order_acquire) >= offset)
        return;
    pthread_mutex_lock(&r->lock);
    while (atomic_load(&r->done) < offset)
        pthread_cond_wait(&r->progress, &r->lock);
    pthread_mutex_unlock(&r->lock);
}
