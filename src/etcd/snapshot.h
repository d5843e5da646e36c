/*
 * The snapshot stream: a member's database as of one moment, and its SHA-256 behind it.
 * Source: etcd server/etcdserver/api/v3rpc/maintenance.go, 3.4 to 3.7.
 */
#ifndef QUORATE_ETCD_SNAPSHOT_H
#define QUORATE_ETCD_SNAPSHOT_H

#include "etcd/client.h"

enum { ETCD_SNAPSHOT_DIGEST_BYTES = 32, ETCD_VERSION_SIZE = 32 };

struct etcd_snapshot_info {
    uint64_t bytes;                  /* received, the digest included */
    char version[ETCD_VERSION_SIZE]; /* storage version, "3.6.0"; "" from servers before 3.6 */
};

/*
 * Takes the next bytes of the file, in order; all blobs together are the snapshot file.
 * remaining_bytes is the server's word for what is still to come of the database (the digest not
 * counted), for progress. false, with e set, ends the stream.
 */
typedef bool etcd_snapshot_sink(void *context, struct bytes blob, uint64_t remaining_bytes,
                                struct error *e);

/*
 * Streams one endpoint's snapshot into 'sink'. There is no limit on the whole time; the stream
 * fails when nothing came for stall_timeout_ms, or when keep-alive pings stay unanswered. The
 * server is not read while the sink works.
 *
 * ret_info  set on success only; bytes % 512 == 32 was checked, the digest was not.
 * e         tells after how many bytes the stream broke, if any came. The sink's own error as it is.
 *           ERROR_CORRUPT: the stream ended in good order but without digest.
 */
MUST_CHECK bool etcd_snapshot(struct etcd_client *client, size_t endpoint, int64_t stall_timeout_ms,
                              etcd_snapshot_sink *sink, void *context,
                              struct etcd_snapshot_info *ret_info, struct error *e);

#endif
