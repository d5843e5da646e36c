/*
 * One plan at a time on a cluster: STATE/locks/CLUSTER.lock, locked as an open file description,
 * so that the lock goes with the process however it ends. The file stays, and says who held it.
 */
#ifndef QUORATE_PLAN_LOCK_H
#define QUORATE_PLAN_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/io.h"

/* The lock is held as long as the descriptor is open: AUTO_FD lock = -1. */

/*
 * Takes the lock of a cluster; does not wait.
 *
 * plan  the id of the plan that will run under it: what the next one is told.
 * e     ERROR_LOCKED names the holder's plan and process.
 */
MUST_CHECK bool lock_take(const char *state_dir, const char *cluster, const char *plan,
                          int *ret_lock, struct error *e);

struct lock_holder {
    pid_t pid;        /* 0: the lock is free; -1: held, by whom is not written yet */
    const char *plan; /* NULL unless pid is above 0 */
};

/* Who holds the lock now. Does not disturb anybody who wants to take it. */
MUST_CHECK bool lock_holder_find(struct arena *mem, const char *state_dir, const char *cluster,
                                 struct lock_holder *ret_holder, struct error *e);

#endif
