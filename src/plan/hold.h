/*
 * A lock that stands where all who change a cluster meet, beside that of this host (plan/lock.h). What
 * it is made of the engine does not know: ops/cluster_lock.h keeps it in the cluster itself.
 */
#ifndef QUORATE_PLAN_HOLD_H
#define QUORATE_PLAN_HOLD_H

#include <stdbool.h>

#include "base/error.h"
#include "plan/plan.h"

struct plan_hold {
    void *context;
    /*
     * Takes it for plan 'id', before the plan does anything.
     *
     * look         write nothing: the cluster is being replaced. Another's lock refuses all the same.
     * ret_warning  what the operator should know: why it is not held, from whom it was taken; NULL:
     *              nothing. In the plan's memory.
     * e            ERROR_LOCKED: another plan has it.
     */
    bool (*take)(void *context, struct plan *plan, const char *id, bool look,
                 const char **ret_warning, struct error *e);
    /* Before each step: is it ours still? One that is not held, as 'take' has said, passes. */
    bool (*confirm)(void *context, struct error *e);
    /* The cluster is about to be stopped: from now on nothing is asked of it or written to it. */
    void (*leave)(void *context);
    /* The plan ends; twice is fine. 'undone': the cluster is the old one, whatever was left. */
    void (*release)(void *context, bool undone);
};

#endif
