/* What the steps of a rescue share; private to ops/member_rescue*.c. */
#ifndef QUORATE_OPS_MEMBER_RESCUE_H
#define QUORATE_OPS_MEMBER_RESCUE_H

#include "format/db_snapshot.h"
#include "ops/member_state.h"

struct rescue_member;

struct rescue {
    struct membership *site;
    struct rescue_member *members; /* the survivor first */
    size_t member_count;
    const char *snapshot;   /* what is taken from the survivor */
    const char *old_config; /* the lab.json that was there */
};

struct rescue_member {
    struct rescue *rescue;
    const struct inventory_member *configured;
    const char *aside; /* where its data goes */
};

#define RESCUE_MARK_BUILT   "built"
#define RESCUE_MARK_STARTED "started"
#define RESCUE_YES          "yes"
#define RESCUE_NO           "no"

extern const struct step rescue_step_stop;       /* one a member */
extern const struct step rescue_step_move_aside; /* one a member */
extern const struct step rescue_step_take;
extern const struct step rescue_step_build;
extern const struct step rescue_step_configure;
extern const struct step rescue_step_start;
extern const struct step rescue_step_prove;

bool rescue_mark_is(const struct rescue *r, const char *key, const char *value);
/* %{survivor}, %{snapshot} */
const char *rescue_field(const void *op, struct arena *mem, const char *name);
/* How the member runs. */
MUST_CHECK bool rescue_service(const struct rescue_member *m, struct service *ret_service,
                               struct error *e);
/* Reads what was taken, and proves it. In 'mem'. */
MUST_CHECK bool rescue_snapshot_verify(struct arena *mem, const struct rescue *r,
                                       struct db_snapshot_report *ret_report, struct error *e);

#endif
