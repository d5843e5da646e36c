/*
 * A ring of blocks between two threads. 'put' and 'hashed' only count up: the difference is what
 * waits to be hashed, the rest of a division is the place in the ring.
 */
#include "base/hash_lane.h"

#include "base/arena.h"
#include "base/thread.h"

struct hash_lane {
    struct arena mem; /* holds the lane itself, too */
    size_t block_size;
    uint8_t *blocks[HASH_LANE_BLOCKS];
    size_t sizes[HASH_LANE_BLOCKS];
    struct sha256 *sha256;
    struct thread thread;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    uint64_t put;
    uint64_t hashed;
    bool ending;
};

static bool
block_await(struct hash_lane *lane)
{
    bool have;

    pthread_mutex_lock(&lane->lock);
    while (lane->hashed == lane->put && !lane->ending)
        pthread_cond_wait(&lane->changed, &lane->lock);
    have = !lane->ending;
    pthread_mutex_unlock(&lane->lock);
    return have;
}

static void
count_up(struct hash_lane *lane, uint64_t *counter)
{
    pthread_mutex_lock(&lane->lock);
    (*counter)++;
    pthread_cond_broadcast(&lane->changed);
    pthread_mutex_unlock(&lane->lock);
}

static void
block_hash(struct hash_lane *lane, uint64_t number)
{
    size_t place = number % HASH_LANE_BLOCKS;

    sha256_update(lane->sha256, lane->blocks[place], lane->sizes[place]);
}

static void
lane_run(void *context)
{
    struct hash_lane *lane = context;

    /* Only this thread moves 'hashed'. */
    while (block_await(lane)) {
        block_hash(lane, lane->hashed);
        count_up(lane, &lane->hashed);
    }
}

static uint8_t *
block_alloc(struct arena *mem, size_t size)
{
    uint8_t *block = arena_alloc(mem, size + HASH_LANE_ALIGNMENT - 1);

    return block +
           (HASH_LANE_ALIGNMENT - (uintptr_t)block % HASH_LANE_ALIGNMENT) % HASH_LANE_ALIGNMENT;
}

struct hash_lane *
hash_lane_new(size_t block_size)
{
    struct arena mem = ARENA_INIT;
    struct hash_lane *lane = arena_zero(&mem, sizeof(*lane));

    for (size_t i = 0; i < HASH_LANE_BLOCKS; i++)
        lane->blocks[i] = block_alloc(&mem, block_size);
    lane->block_size = block_size;
    lane->sha256 = sha256_new();
    lane->mem = mem;
    pthread_mutex_init(&lane->lock, NULL);
    pthread_cond_init(&lane->changed, NULL);
    (void)!thread_start(&lane->thread, lane_run, lane);
    return lane;
}

void
hash_lane_free(struct hash_lane *lane)
{
    struct arena mem;

    if (lane == NULL)
        return;
    pthread_mutex_lock(&lane->lock);
    lane->ending = true;
    pthread_cond_broadcast(&lane->changed);
    pthread_mutex_unlock(&lane->lock);
    thread_join(&lane->thread);
    pthread_cond_destroy(&lane->changed);
    pthread_mutex_destroy(&lane->lock);
    sha256_free(lane->sha256);
    mem = lane->mem;
    arena_release(&mem);
}

/* Until at most 'most' blocks are not hashed yet. */
static void
hashed_await(struct hash_lane *lane, uint64_t most)
{
    pthread_mutex_lock(&lane->lock);
    while (lane->put - lane->hashed > most)
        pthread_cond_wait(&lane->changed, &lane->lock);
    pthread_mutex_unlock(&lane->lock);
}

uint8_t *
hash_lane_block(struct hash_lane *lane)
{
    hashed_await(lane, HASH_LANE_BLOCKS - 1);
    return lane->blocks[lane->put % HASH_LANE_BLOCKS];
}

void
hash_lane_put(struct hash_lane *lane, size_t size)
{
    ASSERT(size <= lane->block_size);
    lane->sizes[lane->put % HASH_LANE_BLOCKS] = size;
    if (!lane->thread.running) {
        block_hash(lane, lane->put);
        lane->hashed++;
    }
    count_up(lane, &lane->put);
}

void
hash_lane_finish(struct hash_lane *lane, uint8_t ret_digest[SHA256_SIZE])
{
    hashed_await(lane, 0);
    sha256_finish(lane->sha256, ret_digest);
}
