/*
 * SHA-256 beside the work: the blocks of a stream are hashed on a thread of their own while the
 * caller writes, sends or judges the same bytes.
 *
 *     AUTO_HASH_LANE lane = hash_lane_new(BLOCK_BYTES);
 *
 *     while (...) {
 *         uint8_t *block = hash_lane_block(lane);
 *         ... fill it with 'size' bytes ...
 *         hash_lane_put(lane, size);
 *         ... use the block: write it to each target ...
 *     }
 *     hash_lane_finish(lane, digest);
 *
 * What was hashed is what the caller had in its hands: the bytes are read from the file once. A
 * whole stream takes as long as the slower of both sides. Memory: HASH_LANE_BLOCKS blocks. Where the
 * system has no thread to give, hash_lane_put itself hashes.
 */
#ifndef QUORATE_BASE_HASH_LANE_H
#define QUORATE_BASE_HASH_LANE_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

/* Blocks are aligned for direct I/O. */
enum { HASH_LANE_BLOCKS = 4, HASH_LANE_ALIGNMENT = 4096 };

struct hash_lane;
#define AUTO_HASH_LANE __attribute__((cleanup(hash_lane_cleanup))) struct hash_lane *

/* block_size in bytes: 256 KiB to 1 MiB do well. */
struct hash_lane *hash_lane_new(size_t block_size);
/* Also in the middle of a stream: ends the thread after at most the blocks that it has. NULL is
 * accepted. */
void hash_lane_free(struct hash_lane *lane);

/* A block to be filled; waits until the thread is done with what was in it. */
uint8_t *hash_lane_block(struct hash_lane *lane);
/* Hands the first 'size' bytes of that block to the hash. The caller may read them until it asks
 * for the next block, and must not change them. */
void hash_lane_put(struct hash_lane *lane, size_t size);

/* The digest of all that was put; waits for it. A new stream may follow. */
void hash_lane_finish(struct hash_lane *lane, uint8_t ret_digest[SHA256_SIZE]);

static inline void
hash_lane_cleanup(struct hash_lane **lane)
{
    hash_lane_free(*lane);
}

#endif
