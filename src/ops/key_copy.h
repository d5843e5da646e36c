/*
 * What plans share that write many keys into a cluster ('v2 migrate', 'keys import'); private to ops/.
 *
 * Keys are written in transactions, each key on the condition that it is as it was read. The revisions
 * of these transactions are kept in the journal: by them the plan's own keys are known, so it can go
 * on after a kill, and undo deletes exactly them.
 */
#ifndef QUORATE_OPS_KEY_COPY_H
#define QUORATE_OPS_KEY_COPY_H

#include "base/map.h"
#include "etcd/client.h"
#include "etcd/kv.h"
#include "ops/copy_revisions.h"
#include "plan/plan.h"

/* A key as the cluster is to have it. */
struct key_pair {
    struct bytes key;
    struct bytes value;
    int64_t ttl_s; /* 0: it stays */
    int64_t lease; /* with ttl_s: the lease's id there, which keys share; 0: any */
};

/* Some of them, as many as one transaction takes. */
enum { KEY_BATCH_MAX = 100, KEY_BATCH_MAX_BYTES = 1 << 20 };

struct key_batch {
    struct arena mem; /* of keys and values */
    struct key_pair pairs[KEY_BATCH_MAX];
    size_t count;
    size_t bytes; /* of keys and values */
};

typedef bool key_batch_take(void *context, const struct key_batch *batch, struct error *e);

/* Pairs one after the other, taken batch by batch. */
struct key_batcher {
    struct key_batch batch;
    key_batch_take *take;
    void *context;
};

/* Copies the pair; hands the batch over when it is full. */
MUST_CHECK bool key_batcher_add(struct key_batcher *b, const struct key_pair *pair,
                                struct error *e);
/* Hands over what is left. */
MUST_CHECK bool key_batcher_flush(struct key_batcher *b, struct error *e);
void key_batcher_release(struct key_batcher *b);

/* What the cluster has of a batch: an entry for each pair, NULL where there is nothing. */
MUST_CHECK bool key_batch_read(struct arena *mem, struct etcd_client *client,
                               const struct key_batch *batch,
                               const struct etcd_key_value ***ret_found, int64_t *ret_revision,
                               struct error *e);
/* Whether the cluster has it so: the value, and a lease (that lease) where there is a TTL. */
bool key_pair_is(const struct key_pair *pair, const struct etcd_key_value *found);

struct key_copy;

typedef bool key_copy_visit(void *context, const struct etcd_key_value *kv, struct error *e);

/* What is special about one kind of such a plan. */
struct key_copy_kind {
    const char *target; /* "v3" */
    const char *values; /* "v2's": whose values --overwrite takes */
    /* Sets copy->client, which is closed with the plan; once in a process. */
    bool (*open)(struct key_copy *copy, struct error *e);
    /* All pairs, in batches. */
    bool (*each)(struct key_copy *copy, key_batch_take *take, void *context, struct error *e);
    /* Every key of the cluster that may be the plan's; values may be missing. */
    bool (*walk)(struct key_copy *copy, key_copy_visit *visit, void *context, struct error *e);
};

/* The first member of such a plan's state: what the steps get as 'op'. */
struct key_copy {
    struct plan *plan;
    const struct key_copy_kind *kind;
    const char *cluster_id; /* hex */
    bool overwrite;
    struct etcd_client *client; /* open once a step has begun in this process */
    struct copy_revisions revisions;
    bool resumed; /* another process began: what it could not note may be in the cluster */
    int64_t start_revision; /* before the first write; 0: the survey is yet to come */
    unsigned unsaved;       /* transactions since the revisions were written down */
    struct map leases;      /* by id: those of key_pair.lease that are there */
};

/* Marks in the journal. */
#define COPY_MARK_START     "start-revision"
#define COPY_MARK_COPIED    "copied"
#define COPY_MARK_OVERWROTE "overwrote"
#define COPY_MARK_REVISIONS "revisions" /* and a number: copy_revisions.h */

/* Opens the cluster, checks that it is the plan's, reads the marks; once in a process. */
MUST_CHECK bool key_copy_begin(struct key_copy *copy, struct error *e);

/* For 'check': begins, and says whether the journal has the mark. */
MUST_CHECK bool key_copy_check(struct key_copy *copy, const char *mark, enum progress *ret_progress,
                               struct error *e);

/* Looks whether anything would be overwritten, and marks the beginning. ERROR_REFUSED: there is. */
MUST_CHECK bool key_copy_survey(struct key_copy *copy, struct error *e);

/* Writes all pairs, on from where another process stopped; what is there already is left alone.
 * ERROR_CANCELLED: interrupted. */
MUST_CHECK bool key_copy_run(struct key_copy *copy, uint64_t total, struct error *e);

/* Writes a batch. ERROR_CONFLICT: the cluster has other values, or others keep changing them. */
MUST_CHECK bool key_copy_write(struct key_copy *copy, const struct key_batch *batch,
                               struct error *e);
/* Writes the revisions of all transactions into the journal. */
MUST_CHECK bool key_copy_save(struct key_copy *copy, struct error *e);
/* Takes what a killed process wrote and could not note for the plan's. */
MUST_CHECK bool key_copy_adopt(struct key_copy *copy, const struct key_batch *batch,
                               struct error *e);

/* Step functions. What a 'prove' step finds out is in its 'verify'; each process does it anew. */
MUST_CHECK bool key_copy_prove_check(void *op, enum progress *ret_progress, struct error *e);
MUST_CHECK bool key_copy_prove_run(void *op, struct error *e);
MUST_CHECK bool key_copy_undo_guard(void *op, struct error *e);
MUST_CHECK bool key_copy_undo(void *op, struct error *e);

#endif
