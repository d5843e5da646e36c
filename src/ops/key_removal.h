/*
 * 'keys rm': many keys of a live cluster, as a plan: save (where asked), remove, prove.
 *
 * A removal takes the keys that were there when the plan was made, as they were then: what is written later is left.
 * It goes in transactions of some hundred keys, since etcd applies one as a whole while others wait; each holds only
 * when none of its keys was written since. What such a one removes it removes once, so whoever goes on after a kill
 * begins at the front, where there is nothing any more.
 */
#ifndef QUORATE_OPS_KEY_REMOVAL_H
#define QUORATE_OPS_KEY_REMOVAL_H

#include "base/buf.h"
#include "base/observer.h"
#include "cluster/inventory.h"
#include "etcd/client.h"
#include "keys/range.h"
#include "ops/plan_kinds.h"

extern const struct plan_kind key_removal_kind;

struct key_removal_request {
    const struct etcd_options *etcd;
    const struct inventory
        *inventory;         /* of --cluster, by whose name the plan is found; NULL: none */
    struct key_range range; /* not a single key */
    const char *save;       /* where the keys are to be kept; NULL: nowhere */
    uint64_t per_second;    /* keys at most; 0: as many as go without making others wait */
    bool force;             /* also what key_danger names */
    const struct observer *observer;
};

/*
 * Counts the keys, and makes the plan.
 *
 * e  ERROR_REFUSED: key_danger has something against it; ERROR_NOT_FOUND: there are none; ERROR_EXISTS: there is a
 *    file where they are to be kept. As key_source_live.
 */
MUST_CHECK bool key_removal_plan(struct arena *mem, const struct key_removal_request *request,
                                 struct plan_context *context, struct plan **ret_plan,
                                 struct error *e);

/* The same as a part of another plan's inputs. */
MUST_CHECK bool key_removal_inputs(struct arena *mem, const struct key_removal_request *request,
                                   struct buf *ret_inputs, struct error *e);

/*
 * For plans that delete keys among other things.
 *
 * inputs  what key_removal_inputs made, as a part of the plan's.
 */
MUST_CHECK bool key_removal_add_steps(struct plan *plan, const struct json *inputs,
                                      const struct plan_context *context, struct error *e);

#endif
