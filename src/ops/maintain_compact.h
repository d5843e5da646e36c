/*
 * 'maintain compact': the history of a cluster's keys given up to a revision, and proven on each member.
 *
 * Which revision is known when the plan is made, but for one: what is to be kept for a time is what was the newest
 * revision when that time began. etcd keeps no times, so the plan notes a revision, waits, and gives up what is older
 * than that, as etcd's own periodic compaction does.
 */
#ifndef QUORATE_OPS_MAINTAIN_COMPACT_H
#define QUORATE_OPS_MAINTAIN_COMPACT_H

#include "base/buf.h"
#include "cluster/inventory.h"
#include "ops/live_cluster.h"

enum compact_keep {
    COMPACT_TO_REVISION,    /* 'amount': the oldest that can be read afterwards */
    COMPACT_KEEP_REVISIONS, /* so many behind the newest; 0: none */
    COMPACT_KEEP_TIME,      /* milliseconds */
};

struct maintain_compact_request {
    const struct inventory *inventory;
    enum compact_keep keep;
    int64_t amount;
};

extern const struct plan_kind maintain_compact_kind;

/*
 * Looks at the newest revision and at what is gone already, and makes the plan's inputs; a plan without steps when
 * there is nothing left to give up.
 *
 * e  ERROR_REFUSED: the revision is above the newest. ERROR_UNAVAILABLE: nobody has a revision.
 */
MUST_CHECK bool maintain_compact_inputs(struct arena *mem,
                                        const struct maintain_compact_request *request,
                                        const struct plan_context *context, struct buf *ret_inputs,
                                        struct error *e);

/* For plans that compact among other things: the step that gives up everything older than the revision; 0: than the
 * newest one when it runs. */
void maintain_compact_add_step(struct plan *plan, struct live_cluster *live, int64_t revision);

#endif
