/* What the steps of 'v2 migrate' share; private to ops/v2_migrate*.c. */
#ifndef QUORATE_OPS_V2_MIGRATE_STATE_H
#define QUORATE_OPS_V2_MIGRATE_STATE_H

#include "etcd2/client.h"
#include "etcd2/node.h"
#include "ops/key_copy.h"
#include "ops/plan_kinds.h"

/* Both sides of one cluster. */
struct v2_sides {
    struct etcd2_client *v2;
    struct etcd_client *v3;
};

struct v2_migrate {
    struct key_copy copy; /* first: the steps' op */
    const struct plan_context *context;
    const char *root;
    const char *const *hidden;
    size_t hidden_count;
    bool keep_dirs;

    struct v2_sides sides; /* open once a step has begun in this process */
    uint64_t index;        /* v2's, when the pairs were read last */
};

/* Opens both clients; they are closed with 'mem'. */
MUST_CHECK bool v2_sides_open(struct arena *mem, const struct etcd_options *options,
                              struct v2_sides *ret_sides, struct error *e);

/* All pairs, in batches; ret_index: the v2 key space's at the beginning. */
MUST_CHECK bool v2_batches(const struct v2_sides *sides, const char *root,
                           const char *const *hidden, size_t hidden_count, bool keep_dirs,
                           key_batch_take *take, void *context, uint64_t *ret_index,
                           struct error *e);

/* Of key_copy_kind: each and walk; keys without values. */
MUST_CHECK bool v2_migrate_each(struct key_copy *copy, key_batch_take *take, void *context,
                                struct error *e);
MUST_CHECK bool v2_migrate_walk(struct key_copy *copy, key_copy_visit *visit, void *context,
                                struct error *e);

extern const struct step v2_migrate_step_survey;
extern const struct step v2_migrate_step_copy;
extern const struct step v2_migrate_step_prove;

MUST_CHECK bool v2_migrate_prove(struct v2_migrate *m, struct error *e);

#endif
