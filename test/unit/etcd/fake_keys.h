/*
 * The keys of a server that is made up: what Range answers of them, and what it had to count for it.
 */
#ifndef QUORATE_TEST_FAKE_KEYS_H
#define QUORATE_TEST_FAKE_KEYS_H

#include "base/arena.h"
#include "etcd/message/kv_message.h"

struct fake_keys {
    struct bytes *keys; /* sorted, none twice; in the arena that they were made in */
    size_t count;
    struct bytes value;   /* of each */
    int64_t counted;      /* by answers, as fake_keys_counted says */
    int64_t most_counted; /* by one of them */
};

/* How keys look: the number of one to its text. */
typedef struct bytes fake_key_shape(struct arena *mem, unsigned i);

/* Keys 0 to count - 1; the same one twice is one. */
void fake_keys_fill(struct fake_keys *k, struct arena *mem, fake_key_shape *key_of, size_t count);

/* How many are in front of this one. */
size_t fake_keys_place(const struct fake_keys *k, struct bytes key);

/* The answer at revision 77. */
struct etcd_range_response fake_keys_range(const struct fake_keys *k, struct arena *mem,
                                           const struct etcd_range_request *request);
/* Says that all keys of it were counted: etcd counts up to range_end, whatever the limit. */
void fake_keys_counted(struct fake_keys *k, const struct etcd_range_response *answer);

#endif
