/*
 * Streams a db snapshot from the best member into a file, checked while it arrives.
 *
 * Several endpoints are a choice: the members among them that a backup may be taken from are tried
 * one after the other (cluster/rules.h says which and in which order); a stream that breaks starts
 * anew with the next. A snapshot always comes from exactly one member.
 */
#ifndef QUORATE_OPS_SNAPSHOT_RECEIVE_H
#define QUORATE_OPS_SNAPSHOT_RECEIVE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/observer.h"
#include "cluster/view.h"
#include "etcd/snapshot.h"

enum { SNAPSHOT_STALL_TIMEOUT_MS = 30000 };

struct snapshot_received {
    const struct member_view *source;
    uint64_t size_bytes;            /* trailer included */
    uint8_t db_sha256[SHA256_SIZE]; /* of the database: what the trailer says */
    const char *storage_version;    /* "" from servers before 3.6 */
    int64_t took_ms;
};

/*
 * Opens a file to receive into (created 0600) and locks it against other processes until it is
 * closed. e: ERROR_LOCKED: another one is writing it.
 */
MUST_CHECK bool snapshot_file_claim(const char *path, int *ret_fd, struct error *e);

/*
 * Writes a snapshot to a claimed file, which is emptied first; digest checked, synced. On failure it
 * may hold a part: it is the caller's temporary file to remove.
 *
 * etcd  whose endpoints 'view' was fetched with.
 * path  the file's, for errors.
 * e     ERROR_REFUSED: no member to take it from; otherwise the last member's failure.
 */
MUST_CHECK bool snapshot_receive(struct arena *mem, const struct etcd_options *etcd,
                                 const struct cluster_view *view, int fd, const char *path,
                                 const struct observer *observer,
                                 struct snapshot_received *ret_received, struct error *e);

#endif
