/*
 * Judgement about changes of membership: pure functions over a view. Each says yes, or no with a
 * reason and a remedy, before anything is changed.
 *
 * The arithmetic: of n voters n/2+1 must serve. What may still fail is the number of those that serve
 * above that ("spare"); no rule lets a step take the last of it by accident.
 */
#ifndef QUORATE_CLUSTER_RULES_MEMBERSHIP_H
#define QUORATE_CLUSTER_RULES_MEMBERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "cluster/view.h"

/* A member that is to join, as it will be configured. */
struct joiner {
    const char *name;
    const char *const *peer_urls;
    size_t peer_url_count;
    const char *version;         /* of the etcd it will run; NULL: not known */
    bool has_data;               /* its data directory is there, and not empty */
    const char *data_dir;        /* for messages */
    const char *state;           /* --initial-cluster-state */
    const char *initial_cluster; /* --initial-cluster */
    /* Addresses of its peer URLs' hosts that are not of the host it will run on; NULL: none. */
    const char *foreign_address;
};

/* "3 voters: quorum 2, one may fail"; what the size allows when all serve. In 'mem'. */
const char *quorum_text(struct arena *mem, size_t voters);

/* The member with this peer URL; NULL when there is none. */
const struct member_view *view_member_by_peer_url(const struct cluster_view *view,
                                                  const char *peer_url);

/*
 * May this member be added as a learner now? Name and URLs must be free, no other learner under way,
 * every voter reachable, the version one that the cluster runs.
 */
MUST_CHECK bool rule_may_add_learner(const struct cluster_view *view, const struct joiner *joiner,
                                     struct error *e);

/* Of that: is the version one that a member runs, as far as both are known? */
MUST_CHECK bool rule_version_fits(const struct cluster_view *view, const struct joiner *joiner,
                                  struct error *e);

/*
 * Is what answers at the cluster's endpoints the cluster? A member that was removed and still runs, or one
 * that was started with initial-cluster-state "new" and made a cluster of its own, is told before
 * another joins: clients reach it, and its data is not the cluster's.
 */
MUST_CHECK bool rule_endpoints_belong(const struct cluster_view *view, struct error *e);

/*
 * Is the joiner's configuration one that etcd starts and joins with? Its data directory is empty, the
 * state is "existing", --initial-cluster has itself and exactly the members there are, and its peer
 * URLs lead to its own host.
 */
MUST_CHECK bool rule_joiner_configuration(const struct cluster_view *view,
                                          const struct joiner *joiner, struct error *e);

/* May this learner be made a voter now? It is caught up, and with it no fewer may fail than before. */
MUST_CHECK bool rule_may_promote(const struct cluster_view *view, uint64_t id, struct error *e);

/*
 * May this member leave? The quorum of those that stay must serve; while a voter is dead, the dead one
 * goes first; the last member stays.
 */
MUST_CHECK bool rule_may_remove(const struct cluster_view *view, uint64_t id, struct error *e);

/* Do all voters serve? Otherwise who does not is named, with why. */
MUST_CHECK bool rule_voters_serve(const struct cluster_view *view, struct error *e);

/* May this member be replaced? It is dead or its data is, and the others have the quorum alone. */
MUST_CHECK bool rule_may_replace(const struct cluster_view *view, uint64_t id, struct error *e);

/* May this member be moved, the new one first and then the old one away? All voters serve. */
MUST_CHECK bool rule_may_move(const struct cluster_view *view, uint64_t id, struct error *e);

/*
 * May the cluster be built anew from one member's data? Only when the quorum is lost, and cannot come
 * back by starting what is down: all that the survivor does not have is given up.
 *
 * view      NULL: nobody answers.
 * members   in the inventory.
 * have_data of these, those whose data directory is there.
 */
MUST_CHECK bool rule_may_rescue(const struct cluster_view *view, size_t members, size_t have_data,
                                struct error *e);

/*
 * Is a member gone whose host cannot be logged in to? Not while one of its peer ports takes connections.
 *
 * answers  the port does, seen from the survivor's host.
 */
MUST_CHECK bool rule_is_gone(const char *name, const char *survivor, const char *port, bool answers,
                             struct error *e);

/* Only the leader itself gives its leadership away: does this one, if it leads, answer here? */
MUST_CHECK bool rule_leader_answers(const struct cluster_view *view, uint64_t id, struct error *e);

/* The voter that is best given the leadership when 'id' is to go; 0: there is none. */
uint64_t rule_next_leader(const struct cluster_view *view, uint64_t id);
/* The same, where another is preferred: that one, if it could. 0: none is. */
uint64_t rule_next_leader_preferring(const struct cluster_view *view, uint64_t id,
                                     uint64_t preferred);

#endif
