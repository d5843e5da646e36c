/*
 * One stream of blocks, several kinds of work on each: the caller fills the blocks, and every worker, on a
 * thread of its own, gets them in their order.
 *
 *     AUTO_BLOCK_RING ring = block_ring_new(BLOCK_BYTES, BLOCKS, workers, worker_count);
 *
 *     while (...) {
 *         uint8_t *block = block_ring_block(ring);
 *         ... fill it with 'size' bytes ...
 *         if (!block_ring_put(ring, size, e))
 *             return false;
 *     }
 *     return block_ring_finish(ring, e);
 *
 * What was hashed is then what was written: the bytes are read from their file once. A whole stream takes
 * as long as the slowest worker. Workers whose work is waiting, for a disk, share a kind of work: each
 * takes every second block, or every third. Where the system has no thread to give, block_ring_put does
 * that worker's work.
 */
#ifndef QUORATE_BASE_BLOCK_RING_H
#define QUORATE_BASE_BLOCK_RING_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

/* Blocks are aligned for direct I/O. */
enum { BLOCK_RING_ALIGNMENT = 4096 };

struct block_worker {
    /* Block 'number' of the stream, from 0 on; it may be read until the return. False, with 'e', ends the
     * stream. */
    bool (*work)(void *context, uint64_t number, struct bytes block, struct error *e);
    void *context;
    unsigned stride; /* takes the blocks whose number divided by it leaves 'phase'; at least 1 */
    unsigned phase;
};

struct block_ring;
#define AUTO_BLOCK_RING __attribute__((cleanup(block_ring_cleanup))) struct block_ring *

/* Memory: block_count blocks of block_size bytes, at least two. 'workers' is copied. */
struct block_ring *block_ring_new(size_t block_size, size_t block_count,
                                  const struct block_worker *workers, size_t worker_count);
/* Also in the middle of a stream: workers end after the blocks that were put. NULL is accepted. */
void block_ring_free(struct block_ring *ring);

/* A block to be filled; waits until all workers are done with what was in it. */
uint8_t *block_ring_block(struct block_ring *ring);
/* Hands the first 'size' bytes of that block to the workers; the caller may go on reading it until it
 * asks for the next one. e: what a worker failed with, the first to do so. */
MUST_CHECK bool block_ring_put(struct block_ring *ring, size_t size, struct error *e);

/* Waits until all blocks were worked on. e: as block_ring_put. */
MUST_CHECK bool block_ring_finish(struct block_ring *ring, struct error *e);

static inline void
block_ring_cleanup(struct block_ring **ring)
{
    block_ring_free(*ring);
}

#endif
