#include "expect.h"

#include <string.h>

#include "base/arena.h"
#include "base/block_ring.h"
#include "base/hash.h"

enum { BLOCK = 1000, BLOCKS = 4, WORKERS = 4 };

static struct error e;

static bool
hash_work(void *context, uint64_t number UNUSED, struct bytes block, struct error *error UNUSED)
{
    sha256_update(context, block.data, block.size);
    return true;
}

/* What one worker saw. */
struct seen {
    uint64_t numbers[64];
    size_t count;
    uint64_t fails_at;
    bool wrong;
};

static bool
seen_work(void *context, uint64_t number, struct bytes block, struct error *error)
{
    struct seen *seen = context;

    if (number == seen->fails_at)
        return error_set(error, ERROR_IO, "block %llu", (unsigned long long)number);
    seen->wrong = seen->wrong || block.size != BLOCK || block.data[BLOCK - 1] != (uint8_t)number;
    seen->numbers[seen->count++] = number;
    return true;
}

/* 'data' through the ring, each block filled to another size. */
static void
put_all(struct block_ring *ring, struct bytes data)
{
    size_t step = 1;

    for (size_t at = 0; at < data.size; at += step, step = step * 7 % BLOCK + 1) {
        uint8_t *block = block_ring_block(ring);

        if (step > data.size - at)
            step = data.size - at;
        memcpy(block, data.data + at, step);
        EXPECT_OK(block_ring_put(ring, step, &e));
        assert_memory_equal(block, data.data + at, step);
    }
    EXPECT_OK(block_ring_finish(ring, &e));
}

static void
test_every_worker_gets_the_stream(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct block_worker workers[WORKERS];
    struct sha256 *hashes[WORKERS];
    uint8_t *data = arena_alloc(&tmp, 300 * BLOCK);
    AUTO_BLOCK_RING ring = NULL;
    uint8_t expected[SHA256_SIZE];
    uint8_t got[SHA256_SIZE];

    (void)state;
    for (size_t i = 0; i < WORKERS; i++) {
        hashes[i] = sha256_new();
        workers[i] = (struct block_worker){hash_work, hashes[i], .stride = 1};
    }
    ring = block_ring_new(BLOCK, BLOCKS, workers, WORKERS);
    random_bytes(data, 300 * BLOCK);
    /* One stream after the other, the empty one, too. */
    for (size_t size = 0; size <= 300 * BLOCK; size += 100 * BLOCK) {
        put_all(ring, bytes_of(data, size));
        sha256_of(bytes_of(data, size), expected);
        for (size_t i = 0; i < WORKERS; i++) {
            sha256_finish(hashes[i], got);
            assert_memory_equal(got, expected, SHA256_SIZE);
        }
    }
    for (size_t i = 0; i < WORKERS; i++)
        sha256_free(hashes[i]);
}

static bool
put_numbered(struct block_ring *ring, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        memset(block_ring_block(ring), (int)i, BLOCK);
        if (!block_ring_put(ring, BLOCK, &e))
            return false;
    }
    return block_ring_finish(ring, &e);
}

static void
test_workers_share_the_blocks(void **state)
{
    struct seen seen[3] = {
        {.fails_at = UINT64_MAX}, {.fails_at = UINT64_MAX}, {.fails_at = UINT64_MAX}};
    struct block_worker workers[3];
    AUTO_BLOCK_RING ring = NULL;

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        workers[i] = (struct block_worker){seen_work, &seen[i], .stride = 3, .phase = i};
    ring = block_ring_new(BLOCK, BLOCKS, workers, 3);
    assert_true(put_numbered(ring, 50));
    for (unsigned i = 0; i < 3; i++) {
        assert_false(seen[i].wrong);
        assert_int_equal(seen[i].count, (50 + 2 - i) / 3);
        for (size_t k = 0; k < seen[i].count; k++)
            assert_int_equal(seen[i].numbers[k], 3 * k + i);
    }
}

/* Nobody waits for a block that will not be worked on any more. */
static void
test_a_failure_ends_the_stream(void **state)
{
    for (uint64_t fails_at = 0; fails_at < 40; fails_at++) {
        struct seen seen[2] = {{.fails_at = UINT64_MAX}, {.fails_at = fails_at}};
        const struct block_worker workers[] = {{seen_work, &seen[0], .stride = 1},
                                               {seen_work, &seen[1], .stride = 1}};
        AUTO_BLOCK_RING ring = block_ring_new(BLOCK, BLOCKS, workers, 2);

        (void)state;
        error_clear(&e);
        assert_false(put_numbered(ring, 40));
        assert_int_equal(e.code, ERROR_IO);
        assert_int_equal(seen[1].count, fails_at);
    }
    error_clear(&e);
}

static void
test_it_may_end_in_the_middle(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct seen seen = {.fails_at = UINT64_MAX};
        const struct block_worker worker = {seen_work, &seen, .stride = 1};
        AUTO_BLOCK_RING ring = block_ring_new(BLOCK, BLOCKS, &worker, 1);

        for (int blocks = 0; blocks < i % (2 * BLOCKS); blocks++) {
            memset(block_ring_block(ring), blocks, BLOCK);
            EXPECT_OK(block_ring_put(ring, BLOCK, &e));
        }
    }
    block_ring_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_worker_gets_the_stream),
        cmocka_unit_test(test_workers_share_the_blocks),
        cmocka_unit_test(test_a_failure_ends_the_stream),
        cmocka_unit_test(test_it_may_end_in_the_middle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
