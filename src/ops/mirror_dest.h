/*
 * The writing half of a mirror: batches of changes on their way to the destination. Several are in
 * flight, or one after the other where their order counts.
 *
 * All changes may be made twice (a put or a delete of a given key), and so a batch that failed, or
 * whose outcome is not known, is sent again for some time. One that the destination finds too large
 * is split, and the following ones are made smaller from the start.
 */
#ifndef QUORATE_OPS_MIRROR_DEST_H
#define QUORATE_OPS_MIRROR_DEST_H

#include "base/observer.h"
#include "etcd/pipeline.h"

struct mirror_dest_options {
    size_t calls;     /* in flight at most; 1: in order */
    size_t bytes;     /* in flight at most */
    size_t batch_ops; /* the most operations of one transaction */
    size_t batch_bytes;
    int64_t call_timeout_ms;
    int64_t retry_ms; /* how long failures that may pass are borne with */
    const struct observer *observer;
    const bool *stop; /* set from the loop: everything ends with ERROR_CANCELLED */
};

struct mirror_again;

struct mirror_dest {
    struct etcd_pipeline pipeline;
    struct mirror_dest_options options;
    uint64_t done; /* operations that the destination has made */
    struct mirror_again *again;
    struct mirror_again **again_end;
    int64_t failing_since_ms; /* -1: it answers */
    int64_t retry_at_ms;
    int64_t pause_ms; /* before the next try */
};

void mirror_dest_begin(struct mirror_dest *d, struct etcd_client *client,
                       const struct mirror_dest_options *options);
void mirror_dest_end(struct mirror_dest *d);

/*
 * Sends these operations, puts and deletes, in as few transactions as the options allow; one put
 * alone is sent as a put. With calls 1 all that was sent before is done first.
 *
 * e  the destination's, with "destination" in front; ERROR_CANCELLED after a stop.
 */
MUST_CHECK bool mirror_dest_send(struct mirror_dest *d, const struct etcd_request_op *ops,
                                 size_t count, struct error *e);
/* Waits until all of it is done. */
MUST_CHECK bool mirror_dest_finish(struct mirror_dest *d, struct error *e);

#endif
