/* All kinds of plans, for 'plan resume' and 'plan undo': a journal names its kind, this finds it. */
#ifndef QUORATE_OPS_PLAN_KINDS_H
#define QUORATE_OPS_PLAN_KINDS_H

#include "etcd/client.h"
#include "plan/plan.h"

/* What builders need that is not in the inputs: where state is, and who asks the cluster. */
struct plan_context {
    const char *state_dir;
    const char *config;              /* the quorate.yaml that --config names; NULL: not given */
    const char *user;                /* NULL: no authentication by password */
    const struct secret *password;   /* with user */
    const struct etcd_options *etcd; /* of the command line, for kinds without an inventory */
};

/* e  ERROR_NOT_FOUND: this version of quorate has no such kind. */
MUST_CHECK bool plan_kind_find(const char *name, const struct plan_kind **ret_kind,
                               struct error *e);

#endif
