/*
 * 'quota recover': a cluster that refuses writes since a database has reached its quota (alarm NOSPACE), back to one that
 * takes them: keys deleted where asked, history given up, every database defragmented, and only then the alarm disarmed.
 * In another order it comes back with the next write (etcd-io/etcd issue 16779). It ends with a write on each member.
 */
#ifndef QUORATE_OPS_QUOTA_RECOVER_H
#define QUORATE_OPS_QUOTA_RECOVER_H

#include "base/buf.h"
#include "ops/key_removal.h"
#include "ops/live_cluster.h"
#include "ops/plan_kinds.h"

extern const struct plan_kind quota_recover_kind;

struct quota_recover_request {
    const struct inventory *inventory;
    const struct key_removal_request *removal; /* what is deleted first; NULL: nothing */
    const struct observer *observer;
};

/*
 * Looks at the alarms, and at what fills the key space.
 *
 * e  ERROR_REFUSED: there is no such alarm; not all voters serve. As key_removal_inputs.
 */
MUST_CHECK bool quota_recover_inputs(struct arena *mem, const struct quota_recover_request *request,
                                     const struct plan_context *context, struct buf *ret_inputs,
                                     struct error *e);

/* Whether a member has the alarm NOSPACE. */
bool quota_alarm_is_on(const struct cluster_view *view);

/* For plans that make room in another way: the steps that end them. 'disarm': each database leaves a tenth of its quota
 * free, and the alarm goes. Then a key is written through each member. */
void quota_recover_add_end(struct plan *plan, struct live_cluster *live, bool disarm);

#endif
