/*
 * A mirror: the keys below a prefix are copied from one cluster to another at one revision, and from
 * then on the source is followed by a watch. It ends by a failure, or when it is told to stop.
 *
 * What the destination then holds is the source's newest state of each key, without leases, under
 * revisions of its own. Keys that it held before stay.
 */
#ifndef QUORATE_OPS_MIRROR_H
#define QUORATE_OPS_MIRROR_H

#include "base/observer.h"
#include "etcd/client.h"
#include "ops/mirror_names.h"

/* Source: etcd 3.7 etcdctl/ctlv3/command/make_mirror_command.go (defaultMaxTxnOps). */
enum { MIRROR_MAX_TXN_OPS = 128 };

struct mirror_request {
    struct etcd_client *source;
    struct etcd_client *dest; /* with one endpoint; opened beside 'source' */
    struct mirror_names names;
    int64_t from_revision; /* above 1: no base copy, but all changes from this revision on */
    uint64_t max_txn_ops;  /* of one transaction at the destination; 0: no limit but the server's */
    bool single_puts;      /* the base copy gives each key a revision of its own */
    int64_t retry_ms;      /* how long the destination, and in the base copy the source, may fail */
    int64_t count_every_ms;
    /* The count of keys so far, each count_every_ms; false ends the mirror with the error. */
    bool (*count)(void *context, uint64_t keys, struct error *e);
    void *context;
    const struct observer *observer;
};

struct mirror;

/* Memory: in 'mem', as the request's texts. */
struct mirror *mirror_new(struct arena *mem, const struct mirror_request *request);

/*
 * Runs until something fails or mirror_stop is called; so it never returns true.
 *
 * e  ERROR_REFUSED: it would mirror its own copies. ERROR_CANCELLED: stopped. ERROR_NOT_FOUND: the
 *    source has compacted what was to come next. Otherwise what the source or the destination said,
 *    which the text begins with.
 */
MUST_CHECK bool mirror_run(struct mirror *m, struct error *e);

/* From a callback of the source's loop: mirror_run ends soon. */
void mirror_stop(struct mirror *m);

/* The source's revision up to which all changes are at the destination; 0: not even the base copy. */
int64_t mirror_revision(const struct mirror *m);
/* Keys put and deleted so far. */
uint64_t mirror_count(const struct mirror *m);

#endif
