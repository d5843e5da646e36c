/*
 * The kernel is asked for some windows in advance, without waiting; then the first of them is mapped,
 * which waits until it is there. So the disk always has something to do.
 */
#include "base/read_ahead.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>

enum { WINDOW_BYTES = 4 << 20, WINDOWS_AHEAD = 4, LOOKS = 1024 };

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

static void
done_set(struct read_ahead *r, uint64_t done)
{
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->done, done);
    pthread_cond_broadcast(&r->progress);
    pthread_mutex_unlock(&r->lock);
}

static void
ask_for(const struct read_ahead *r, uint64_t window)
{
    (void)posix_fadvise(r->map->fd, (off_t)(window * WINDOW_BYTES), WINDOW_BYTES,
                        POSIX_FADV_WILLNEED);
}

/* Failures are left to those who read: they meet them, too. */
static void
window_map(const struct read_ahead *r, uint64_t offset, size_t size)
{
    uint8_t *start = (uint8_t *)without_const(r->map->data) + offset;
    volatile uint8_t touched;

    if (madvise(start, size, MADV_POPULATE_READ) == 0)
        return;
    for (size_t at = 0; at < size; at += 4096)
        touched = start[at];
    (void)touched;
}

static void
read_run(void *context)
{
    struct read_ahead *r = context;
    uint64_t size = r->map->size;

    for (uint64_t window = 0; window < WINDOWS_AHEAD; window++)
        ask_for(r, window);
    for (uint64_t at = 0; at < size && !atomic_load(&r->stopping); at += WINDOW_BYTES) {
        ask_for(r, at / WINDOW_BYTES + WINDOWS_AHEAD);
        window_map(r, at, size - at < WINDOW_BYTES ? (size_t)(size - at) : WINDOW_BYTES);
        done_set(r, at + WINDOW_BYTES);
    }
    done_set(r, UINT64_MAX);
}

void
read_ahead_begin(struct read_ahead *r, const struct file_map *map)
{
    r->map = map;
    atomic_store(&r->stopping, false);
    if (is_cached(map))
        return;
    atomic_store(&r->done, 0);
    if (!thread_start(&r->thread, read_run, r))
        atomic_store(&r->done, UINT64_MAX);
}

void
read_ahead_end(struct read_ahead *r)
{
    atomic_store(&r->stopping, true);
    thread_join(&r->thread);
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
