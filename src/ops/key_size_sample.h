/*
 * How many bytes many keys have, by the values of some hundred of them, spread evenly: to read all values of a flood
 * only to say how large it is would take longer than to delete it. Of few keys all are asked, and the size is exact.
 * Private to ops/key_removal*.c.
 */
#ifndef QUORATE_OPS_KEY_SIZE_SAMPLE_H
#define QUORATE_OPS_KEY_SIZE_SAMPLE_H

#include "base/buf.h"
#include "etcd/client.h"

enum { KEY_SIZE_SAMPLE_MOST = 512 };

struct key_size_sample {
    struct buf keys[KEY_SIZE_SAMPLE_MOST];
    size_t count;
    uint64_t every;     /* each so manieth key that is told is in the sample; 0: none was yet */
    uint64_t told;      /* keys */
    uint64_t key_bytes; /* of these, without values */
};

#define KEY_SIZE_SAMPLE_INIT                                                                       \
    {                                                                                              \
        .count = 0                                                                                 \
    }
void key_size_sample_release(struct key_size_sample *s);
/* The next key, which is copied where it is in the sample. */
void key_size_sample_add(struct key_size_sample *s, struct bytes key);

/*
 * Asks for the values of the sample.
 *
 * keys       that there are, those in the sample and others like them
 * ret_bytes  of all of them and their values: exact when every key is in the sample
 * e          as etcd_txn
 */
MUST_CHECK bool key_size_sample_ask(const struct key_size_sample *s, struct etcd_client *client,
                                    uint64_t keys, uint64_t *ret_bytes, struct error *e);

#endif
