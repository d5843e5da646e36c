/* 'snapshot save': one snapshot file from a running cluster, checked before it gets its name. */
#ifndef QUORATE_OPS_SNAPSHOT_SAVE_H
#define QUORATE_OPS_SNAPSHOT_SAVE_H

#include "base/arena.h"
#include "base/error.h"
#include "ops/snapshot_receive.h"

struct snapshot_saved {
    const char *source_label;
    const char *source_endpoint;
    const char *storage_version; /* "" before 3.6 */
    uint64_t size_bytes;
    int64_t revision;
    int64_t stream_ms;
    int64_t check_ms;
};

/*
 * Streams into PATH.part, checks trailer, structure and rows, syncs, renames over 'path' as
 * etcdctl does (the older file stays until the newer one is proven).
 *
 * e  as snapshot_receive; ERROR_CORRUPT: what was received is not sound. PATH.part is removed.
 */
MUST_CHECK bool snapshot_save(struct arena *mem, const struct etcd_options *etcd, const char *path,
                              const struct observer *observer, struct snapshot_saved *ret_saved,
                              struct error *e);

#endif
