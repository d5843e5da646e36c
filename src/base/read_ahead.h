/*
 * Brings a mapped file into memory from front to back, at the speed of its disk, while others work
 * on it in any order. The pages of a tree stand in a file in no order: who walks a file that the
 * page cache does not have would wait for the disk at each of them.
 *
 *     AUTO_READ_AHEAD ahead = READ_AHEAD_INIT;
 *
 *     read_ahead_begin(&ahead, &map);
 *     ... read_ahead_await(&ahead, end_of_what_is_read_next) ...
 *
 * A file that is cached already costs a look and no threads.
 */
#ifndef QUORATE_BASE_READ_AHEAD_H
#define QUORATE_BASE_READ_AHEAD_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/file_map.h"
#include "base/thread.h"

/* As many as keep a disk busy: they hardly need a processor. */
enum { READ_AHEAD_THREADS = 4 };

/* Stays where it is. */
struct read_ahead {
    const struct file_map *map;
    struct thread threads[READ_AHEAD_THREADS];
    atomic_bool stopping;
    _Atomic uint64_t next; /* the window that the next reader takes */
    _Atomic uint64_t done; /* bytes from the start that are in memory */
    pthread_mutex_t lock;
    pthread_cond_t progress;
};

#define READ_AHEAD_INIT                                                                            \
    {                                                                                              \
        .done = UINT64_MAX, .lock = PTHREAD_MUTEX_INITIALIZER,                                     \
        .progress = PTHREAD_COND_INITIALIZER                                                       \
    }
#define AUTO_READ_AHEAD __attribute__((cleanup(read_ahead_end))) struct read_ahead

/* Starts reading unless all is there. The mapping must stay until read_ahead_end. */
void read_ahead_begin(struct read_ahead *r, const struct file_map *map);
/* Stops within a window of some megabytes. Twice is fine. */
void read_ahead_end(struct read_ahead *r);

/* Waits until the bytes before 'offset' are in memory, or nobody reads ahead. Any thread. */
void read_ahead_await(struct read_ahead *r, uint64_t offset);

#endif
