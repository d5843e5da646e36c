/*
 * 'put' and each lane's 'next' only count up: a block is free for the next round when every lane's next
 * block is behind it, and the rest of a division is its place.
 */
#include "base/block_ring.h"

#include "base/arena.h"
#include "base/thread.h"

struct lane {
    struct block_ring *ring;
    struct block_worker worker;
    struct thread thread;
    uint64_t next; /* the block it takes next, or is at work on; under the ring's lock */
};

struct block_ring {
    struct arena mem; /* holds the ring itself, too */
    size_t block_size;
    size_t block_count;
    uint8_t **blocks;
    size_t *sizes;
    struct lane *lanes;
    size_t lane_count;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    uint64_t put;
    bool ending;
    bool failed; /* 'error' is set */
    struct error error;
};

/* True when there is a block for it. */
static bool
block_await(const struct lane *lane)
{
    struct block_ring *ring = lane->ring;
    bool have;

    pthread_mutex_lock(&ring->lock);
    while (lane->next >= ring->put && !ring->ending)
        pthread_cond_wait(&ring->changed, &ring->lock);
    have = lane->next < ring->put;
    pthread_mutex_unlock(&ring->lock);
    return have;
}

static bool
is_failed(struct block_ring *ring)
{
    bool failed;

    pthread_mutex_lock(&ring->lock);
    failed = ring->failed;
    pthread_mutex_unlock(&ring->lock);
    return failed;
}

static void
block_done(struct lane *lane, const struct error *error)
{
    struct block_ring *ring = lane->ring;

    pthread_mutex_lock(&ring->lock);
    lane->next += lane->worker.stride;
    if (error != NULL && !ring->failed) {
        ring->failed = true;
        ring->error = *error;
    }
    pthread_cond_broadcast(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
}

/* After a failure blocks are only counted, so that nobody waits for one. */
static void
block_work(struct lane *lane)
{
    struct block_ring *ring = lane->ring;
    size_t place = (size_t)(lane->next % ring->block_count);
    struct bytes block = bytes_of(ring->blocks[place], ring->sizes[place]);
    struct error e = ERROR_INIT;
    bool ok = is_failed(ring) || lane->worker.work(lane->worker.context, lane->next, block, &e);

    block_done(lane, ok ? NULL : &e);
}

static void
lane_run(void *context)
{
    struct lane *lane = context;

    /* Only this thread moves 'next'. */
    while (block_await(lane))
        block_work(lane);
}

static void
lanes_start(struct block_ring *ring, const struct block_worker *workers)
{
    for (size_t i = 0; i < ring->lane_count; i++) {
        ASSERT(workers[i].stride > 0 && workers[i].phase < workers[i].stride);
        ring->lanes[i] =
            (struct lane){.ring = ring, .worker = workers[i], .next = workers[i].phase};
        (void)!thread_start(&ring->lanes[i].thread, lane_run, &ring->lanes[i]);
    }
}

struct block_ring *
block_ring_new(size_t block_size, size_t block_count, const struct block_worker *workers,
               size_t worker_count)
{
    struct arena mem = ARENA_INIT;
    struct block_ring *ring = arena_zero(&mem, sizeof(*ring));

    ASSERT(block_count >= 2);
    ring->blocks = arena_alloc(&mem, block_count * sizeof(*ring->blocks));
    ring->sizes = arena_zero(&mem, block_count * sizeof(*ring->sizes));
    ring->lanes = arena_zero(&mem, worker_count * sizeof(*ring->lanes));
    for (size_t i = 0; i < block_count; i++)
        ring->blocks[i] = arena_alloc_aligned(&mem, block_size, BLOCK_RING_ALIGNMENT);
    ring->block_size = block_size;
    ring->block_count = block_count;
    ring->lane_count = worker_count;
    ring->mem = mem;
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->changed, NULL);
    lanes_start(ring, workers);
    return ring;
}

void
block_ring_free(struct block_ring *ring)
{
    struct arena mem;

    if (ring == NULL)
        return;
    pthread_mutex_lock(&ring->lock);
    ring->ending = true;
    pthread_cond_broadcast(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
    for (size_t i = 0; i < ring->lane_count; i++)
        thread_join(&ring->lanes[i].thread);
    pthread_cond_destroy(&ring->changed);
    pthread_mutex_destroy(&ring->lock);
    mem = ring->mem;
    arena_release(&mem);
}

static bool
all_are_behind(const struct block_ring *ring, uint64_t number)
{
    for (size_t i = 0; i < ring->lane_count; i++) {
        if (ring->lanes[i].next < number)
            return false;
    }
    return true;
}

/* Until every block before 'number' was worked on. */
static void
work_await(struct block_ring *ring, uint64_t number)
{
    pthread_mutex_lock(&ring->lock);
    while (!all_are_behind(ring, number))
        pthread_cond_wait(&ring->changed, &ring->lock);
    pthread_mutex_unlock(&ring->lock);
}

uint8_t *
block_ring_block(struct block_ring *ring)
{
    /* Only the caller's thread moves 'put'. */
    if (ring->put >= ring->block_count)
        work_await(ring, ring->put - ring->block_count + 1);
    return ring->blocks[ring->put % ring->block_count];
}

static bool
failure_tell(struct block_ring *ring, struct error *e)
{
    if (!is_failed(ring))
        return true;
    *e = ring->error; /* set once */
    return false;
}

bool
block_ring_put(struct block_ring *ring, size_t size, struct error *e)
{
    ASSERT(size <= ring->block_size);
    ring->sizes[ring->put % ring->block_count] = size;
    pthread_mutex_lock(&ring->lock);
    ring->put++;
    pthread_cond_broadcast(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
    for (size_t i = 0; i < ring->lane_count; i++) {
        if (!ring->lanes[i].thread.running && ring->lanes[i].next < ring->put)
            block_work(&ring->lanes[i]);
    }
    return failure_tell(ring, e);
}

bool
block_ring_finish(struct block_ring *ring, struct error *e)
{
    work_await(ring, ring->put);
    return failure_tell(ring, e);
}
