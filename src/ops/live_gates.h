/* The gates between the restarts of members of a cluster that serves: one at a time, and the leader never. */
#ifndef QUORATE_OPS_LIVE_GATES_H
#define QUORATE_OPS_LIVE_GATES_H

#include "ops/live_cluster.h"

/* Whether all voters serve, with one leader, and all members are caught up. e: ERROR_UNAVAILABLE, with why not. */
MUST_CHECK bool live_serves(const struct live_cluster *live, struct error *e);

/* Until all voters serve, with one leader, and all members are caught up. e: ERROR_TIMEOUT, ERROR_CANCELLED, with why. */
MUST_CHECK bool live_serve_wait(const struct live_cluster *live, struct error *e);

/*
 * The same for a member that has just been started, which is not waited for when it ends as soon as it is
 * started (member_life_check).
 *
 * name  the member's, as the inventory has it now.
 */
MUST_CHECK bool live_serve_again_wait(struct live_cluster *live, const char *name, struct error *e);

/*
 * Of more than one voter: takes the leadership away from the member, so that nobody waits for an election
 * when it stops. One that is not listed has none. e: as live_leadership_leave.
 */
MUST_CHECK bool live_leadership_away(const struct live_cluster *live, const char *name,
                                     struct error *e);

/* The same on a plan's way back, which goes on whoever leads: why it could not be becomes a note of the plan. */
void live_leadership_away_going_back(const struct live_cluster *live, const char *name);

/*
 * Until the member can be stopped: all serve, another leads, and all know it, since what one of them still sends on to
 * it is lost when it stops. e: as live_serve_wait, live_leadership_away.
 */
MUST_CHECK bool live_ready_to_stop(const struct live_cluster *live, const char *name,
                                   struct error *e);

#endif
