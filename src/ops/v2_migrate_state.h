/* What the steps of 'v2 migrate' share; private to ops/v2_migrate*.c. */
#ifndef QUORATE_OPS_V2_MIGRATE_STATE_H
#define QUORATE_OPS_V2_MIGRATE_STATE_H

#include "etcd/client.h"
#include "etcd/kv.h"
#include "etcd2/client.h"
#include "etcd2/node.h"
#include "ops/plan_kinds.h"
#include "ops/v2_revisions.h"

/* Both sides of one cluster. */
struct v2_sides {
    struct etcd2_client *v2;
    struct etcd_client *v3;
};

struct v2_migrate {
    struct plan *plan;
    const struct plan_context *context;
    const char *cluster_id; /* hex */
    const char *root;
    const char *const *hidden;
    size_t hidden_count;
    bool keep_dirs;
    bool overwrite;

    struct v2_sides sides; /* open once a step has begun in this process */
    struct v2_revisions revisions;
    bool resumed;           /* another process began: what it could not note may be in v3 */
    int64_t start_revision; /* of v3, before the first write; 0: the survey is yet to come */
};

/* Marks in the journal. */
#define V2_MARK_START     "start-revision"
#define V2_MARK_COPIED    "copied"
#define V2_MARK_OVERWROTE "overwrote"
#define V2_MARK_REVISIONS "revisions" /* and a number: v2_revisions.h */

/* A key as v3 is to have it. */
struct v2_pair {
    struct bytes key;
    struct bytes value;
    int64_t ttl_s; /* 0: it stays */
};

/* Some of them, as many as one transaction takes. */
enum { V2_BATCH_MAX = 100, V2_BATCH_MAX_BYTES = 1 << 20 };

struct v2_batch {
    struct arena mem;
    struct v2_pair pairs[V2_BATCH_MAX];
    size_t count;
    size_t bytes;
};

typedef bool v2_batch_take(void *context, const struct v2_batch *batch, struct error *e);

/* Opens both clients; they are closed with 'mem'. */
MUST_CHECK bool v2_sides_open(struct arena *mem, const struct etcd_options *options,
                              struct v2_sides *ret_sides, struct error *e);
/* Opens the sides, checks that they are the plan's cluster, reads the marks; once in a process. */
MUST_CHECK bool v2_migrate_begin(struct v2_migrate *m, struct error *e);

/* All pairs, in batches; ret_index: the v2 key space's at the beginning. */
MUST_CHECK bool v2_batches(const struct v2_sides *sides, const char *root,
                           const char *const *hidden, size_t hidden_count, bool keep_dirs,
                           v2_batch_take *take, void *context, uint64_t *ret_index,
                           struct error *e);
/* What v3 has of a batch: an entry for each pair, NULL where there is nothing. */
MUST_CHECK bool v2_batch_read(struct arena *mem, struct etcd_client *v3,
                              const struct v2_batch *batch,
                              const struct etcd_key_value ***ret_found, int64_t *ret_revision,
                              struct error *e);
/* Whether v3 has it so: the value, and a lease where there is a TTL. */
bool v2_pair_is(const struct v2_pair *pair, const struct etcd_key_value *found);

/* Writes a batch; what is there already is left alone. */
MUST_CHECK bool v2_batch_write(struct v2_migrate *m, const struct v2_batch *batch, struct error *e);
/* Takes what a killed process wrote and could not note for the plan's. */
MUST_CHECK bool v2_batch_adopt(struct v2_migrate *m, const struct v2_batch *batch, struct error *e);

/* Calls visit for each key of v3 that may be the plan's; keys only. */
typedef bool v2_key_visit(void *context, const struct etcd_key_value *kv, struct error *e);
MUST_CHECK bool v2_target_walk(struct v2_migrate *m, v2_key_visit *visit, void *context,
                               struct error *e);

extern const struct step v2_migrate_step_survey;
extern const struct step v2_migrate_step_copy;
extern const struct step v2_migrate_step_prove;

MUST_CHECK bool v2_migrate_prove(struct v2_migrate *m, struct error *e);
MUST_CHECK bool v2_migrate_undo_guard(void *op, struct error *e);
MUST_CHECK bool v2_migrate_undo(void *op, struct error *e);

#endif
