/* What the parts of 'keys rm' share; private to ops/key_removal*.c. */
#ifndef QUORATE_OPS_KEY_REMOVAL_STATE_H
#define QUORATE_OPS_KEY_REMOVAL_STATE_H

#include "etcd/client.h"
#include "keys/range.h"
#include "ops/plan_kinds.h"
#include "ops/removal_borders.h"
#include "ops/removal_pace.h"

struct key_removal {
    struct plan *plan;
    const struct plan_context *context;
    const char *cluster_id; /* hex */
    struct key_range range;
    int64_t revision; /* of the plan: what was written later is left */
    uint64_t keys;    /* that there were */
    uint64_t bytes;   /* of all */
    bool bytes_are_exact;
    const char *save; /* NULL: nowhere */
    /* Of the keys, when this process has counted them; NULL: another has, or there are too many. */
    const struct removal_borders *borders;
    uint64_t per_second;
    struct etcd_client *client; /* open once a step has begun in this process */
    /* Keys come from this one: some of them from within its loop, where it cannot be asked for more. */
    struct etcd_client *reader;
};

/* Marks in the journal. */
#define REMOVAL_MARK_SAVED   "saved" /* SHA-256 of the file's lines, hex */
#define REMOVAL_MARK_REMOVED "removed"

/* "118 MB", or "about 118 MB". */
const char *key_removal_size(const struct key_removal *m, struct arena *mem);

/* Opens the cluster and checks that it is the plan's; once in a process. */
MUST_CHECK bool key_removal_begin(struct key_removal *m, struct error *e);

/* Removes what is in the range and not newer than the plan. e: ERROR_CANCELLED: interrupted. */
MUST_CHECK bool key_removal_run(struct key_removal *m, struct error *e);

/* What is in the range now. */
struct key_removal_left {
    uint64_t old;   /* keys of the plan */
    uint64_t newer; /* written since */
};

MUST_CHECK bool key_removal_left(struct key_removal *m, struct key_removal_left *ret_left,
                                 struct error *e);

extern const struct step key_removal_step_save;
extern const struct step key_removal_step_remove;
extern const struct step key_removal_step_prove;

#endif
