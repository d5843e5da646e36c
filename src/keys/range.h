/*
 * A range of keys, as etcd's requests name one.
 * Source: etcd api/etcdserverpb/rpc.proto, RangeRequest.
 */
#ifndef QUORATE_KEYS_RANGE_H
#define QUORATE_KEYS_RANGE_H

#include "base/arena.h"
#include "base/bytes.h"

/* end empty: the one key 'start'. end "\0": all keys from 'start' on. Otherwise up to 'end', which is
 * not in it. */
struct key_range {
    struct bytes start;
    struct bytes end;
};

/* Every key there can be. */
struct key_range key_range_all(void);
/* All keys that begin so; all there can be for an empty prefix. The end is in 'mem'. */
struct key_range key_range_prefix(struct arena *mem, struct bytes prefix);

bool key_range_is_single(const struct key_range *range);
bool key_range_holds(const struct key_range *range, struct bytes key);

#endif
