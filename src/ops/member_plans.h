/*
 * Changes of a cluster's membership, as plans: grow, shrink, replace, move.
 *
 * Who joins comes as a learner and gets its vote when it is caught up; who leaves gives its leadership
 * away first. Each plan says how many may fail before and after. All refuse before anything is changed
 * what cluster/rules_membership.h refuses.
 */
#ifndef QUORATE_OPS_MEMBER_PLANS_H
#define QUORATE_OPS_MEMBER_PLANS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "cluster/inventory.h"
#include "etcd/client.h"
#include "ops/plan_kinds.h"
#include "plan/plan.h"

extern const struct plan_kind member_grow_kind;
extern const struct plan_kind member_shrink_kind;
extern const struct plan_kind member_replace_kind;
extern const struct plan_kind member_move_kind;
extern const struct plan_kind member_rescue_kind;

/* Each NULL: a lab chooses. */
struct member_new {
    const char *name;
    const char *host; /* "ssh://root@db4" */
};

struct member_request {
    const char *state_dir;
    const struct inventory *inventory;
    const struct etcd_options *etcd;
    const char *const *names; /* of members that leave */
    size_t name_count;
    const struct member_new *fresh; /* members that join */
    size_t fresh_count;
    size_t voters;          /* how many there shall be in the end; 0: as the names say */
    const char *peer_url;   /* of the only joiner; NULL: one is chosen */
    const char *client_url; /* the same */
    /* On hosts; each NULL: as the first member of the inventory that is known well enough. */
    const char *like;     /* the name of the member that joiners are laid out like */
    const char *runs;     /* "systemd:UNIT", "static-pod:/PATH" */
    const char *data_dir; /* of the joiners */
    const char *manifest; /* a file here that static pods are laid out by */
    const char *image;    /* of a static pod that is laid out like what is none */
    const char *
        pki; /* a folder here with an authority, ca.crt and ca.key, for certificates of the joiners */
};

/*
 * Look at the cluster and make the plan's inputs (plan_new with the kind).
 *
 * e  ERROR_REFUSED, ERROR_CONFLICT: what a rule says. ERROR_USAGE: names or numbers make no sense.
 */
MUST_CHECK bool member_grow_inputs(struct arena *mem, const struct member_request *request,
                                   struct buf *ret_inputs, struct error *e);
MUST_CHECK bool member_shrink_inputs(struct arena *mem, const struct member_request *request,
                                     struct buf *ret_inputs, struct error *e);
MUST_CHECK bool member_replace_inputs(struct arena *mem, const struct member_request *request,
                                      struct buf *ret_inputs, struct error *e);
MUST_CHECK bool member_move_inputs(struct arena *mem, const struct member_request *request,
                                   struct buf *ret_inputs, struct error *e);

/* The cluster anew, from the data directory of its only survivor (the first name). */
MUST_CHECK bool member_rescue_inputs(struct arena *mem, const struct member_request *request,
                                     struct buf *ret_inputs, struct error *e);

#endif
