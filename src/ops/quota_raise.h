/*
 * 'quota raise': the most that a database may take, on all members of a cluster that serves: each is restarted with
 * another --quota-backend-bytes, one at a time, the leader last. A NOSPACE alarm is disarmed behind them, and a key is
 * written through each member.
 */
#ifndef QUORATE_OPS_QUOTA_RAISE_H
#define QUORATE_OPS_QUOTA_RAISE_H

#include "base/buf.h"
#include "cluster/inventory.h"
#include "ops/plan_kinds.h"

extern const struct plan_kind quota_raise_kind;

struct quota_raise_request {
    const struct inventory *inventory;
    int64_t bytes;
    bool force; /* also above QUOTA_SUGGESTED_MOST_BYTES */
};

/*
 * Looks at the members' quotas, and at how they are run; a plan without steps when all have this one.
 *
 * e  ERROR_REFUSED: a member's is higher, or its database is larger than that; above the suggested most; nobody said
 *    where a member runs. ERROR_NO_SPACE: a database of that size has no room on its disk. As live_serves.
 */
MUST_CHECK bool quota_raise_inputs(struct arena *mem, const struct quota_raise_request *request,
                                   const struct plan_context *context, struct buf *ret_inputs,
                                   struct error *e);

#endif
