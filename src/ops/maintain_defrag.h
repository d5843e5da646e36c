/*
 * 'maintain defrag': the databases of a cluster that serves, one member after the other, and only those where it pays.
 *
 * A member that defragments answers nothing else, so the others have to serve and to have caught up before it begins,
 * and it again before the next one does. Leadership is moved away first, and whoever leads comes last. The first failure
 * ends it: 'plan resume' goes on.
 */
#ifndef QUORATE_OPS_MAINTAIN_DEFRAG_H
#define QUORATE_OPS_MAINTAIN_DEFRAG_H

#include "base/buf.h"
#include "cluster/inventory.h"
#include "ops/live_cluster.h"

struct maintain_defrag_request {
    const struct inventory *inventory;
    const char *when;           /* cluster/defrag_when.h */
    const char *const *members; /* names; the others are left alone */
    size_t member_count;        /* 0: all of them */
    bool force;                 /* also releases that may lose data by it */
};

extern const struct plan_kind maintain_defrag_kind;

/*
 * Looks at all members and makes the plan's inputs; a plan without steps when it pays for none.
 *
 * e  ERROR_REFUSED: not all voters serve; a release that may lose data by it (without force). ERROR_NOT_FOUND: there is no
 *    such member. ERROR_USAGE: as defrag_when_holds.
 */
MUST_CHECK bool maintain_defrag_inputs(struct arena *mem,
                                       const struct maintain_defrag_request *request,
                                       const struct plan_context *context, struct buf *ret_inputs,
                                       struct error *e);

/* For plans that defragment among other things. */

/* Not while a voter is missing. ERROR_REFUSED. */
MUST_CHECK bool maintain_defrag_allowed(const struct cluster_view *view, struct error *e);
/* All members that answer: those with the most free pages first, the leader last. In 'mem'. */
void maintain_defrag_order(struct arena *mem, const struct cluster_view *view,
                           const char *const **ret_names, size_t *ret_count);
void maintain_defrag_add_step(struct plan *plan, struct live_cluster *live, const char *name,
                              const char *when);

#endif
