/* The oldest revision that can still be read, for those who asked for an older one. */
#ifndef QUORATE_ETCD_COMPACTED_H
#define QUORATE_ETCD_COMPACTED_H

#include "etcd/client.h"

/*
 * The revision to which an endpoint's member has compacted: the oldest one that can be read. A watch
 * from the very first revision is refused with it, at once and at no cost; HashKV would tell it,
 * too, after reading the whole key space. 0: nothing was ever compacted, or it cannot be had.
 *
 * Source: server/etcdserver/api/v3rpc/watch.go (ErrCompacted), 3.4 to 3.7.
 */
int64_t etcd_compact_revision_at(struct etcd_client *client, size_t endpoint, int64_t timeout_ms);

#endif
