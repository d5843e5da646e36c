#include "expect.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash_lane.h"

enum { BLOCK = 1000 };

/* 'data' through the lane, each block filled to another size. */
static void
put_all(struct hash_lane *lane, struct bytes data)
{
    size_t step = 1;

    for (size_t at = 0; at < data.size; at += step, step = step * 7 % BLOCK + 1) {
        uint8_t *block = hash_lane_block(lane);

        if (step > data.size - at)
            step = data.size - at;
        memcpy(block, data.data + at, step);
        hash_lane_put(lane, step);
        assert_memory_equal(block, data.data + at, step);
    }
}

static void
test_the_digest_is_that_of_the_stream(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_HASH_LANE lane = hash_lane_new(BLOCK);
    uint8_t *data = arena_alloc(&tmp, 300 * BLOCK);
    uint8_t expected[SHA256_SIZE];
    uint8_t got[SHA256_SIZE];

    (void)state;
    random_bytes(data, 300 * BLOCK);
    /* One stream after the other, the empty one, too. */
    for (size_t size = 0; size <= 300 * BLOCK; size += 100 * BLOCK) {
        put_all(lane, bytes_of(data, size));
        hash_lane_finish(lane, got);
        sha256_of(bytes_of(data, size), expected);
        assert_memory_equal(got, expected, SHA256_SIZE);
    }
}

static void
test_it_may_end_in_the_middle(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        AUTO_HASH_LANE lane = hash_lane_new(BLOCK);

        for (int blocks = 0; blocks < i % (2 * HASH_LANE_BLOCKS); blocks++) {
            memset(hash_lane_block(lane), blocks, BLOCK);
            hash_lane_put(lane, BLOCK);
        }
    }
    hash_lane_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_digest_is_that_of_the_stream),
        cmocka_unit_test(test_it_may_end_in_the_middle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
