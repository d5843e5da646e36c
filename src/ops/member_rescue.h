/* What the steps of a rescue share; private to ops/member_rescue*.c. */
#ifndef QUORATE_OPS_MEMBER_RESCUE_H
#define QUORATE_OPS_MEMBER_RESCUE_H

#include "format/db_snapshot.h"
#include "ops/inventory_keeping.h"
#include "ops/member_state.h"

struct rescue_member;

struct rescue {
    struct membership *site;
    struct rescue_member *members; /* the survivor first */
    size_t member_count;
    bool in_place;        /* the directory is built where it belongs: a lab's */
    const char *folder;   /* for what is made here: the lab's, or one of the state directory's */
    const char *snapshot; /* what is taken from the survivor */
    struct inventory_keeping keeping; /* of the lab.json or quorate.yaml that was there */
};

struct rescue_member {
    struct rescue *rescue;
    struct member_job *job;
};

/* A directory that is built, and where it belongs. */
struct rescue_tree {
    struct job_tree on_host;
    const char *built; /* here */
};

#define RESCUE_MARK_BUILT   "built"
#define RESCUE_MARK_ARRIVED "arrived"
#define RESCUE_MARK_STARTED "started"
#define RESCUE_YES          "yes"
#define RESCUE_NO           "no"

#define RESCUE_ASIDE "before" /* part of the names under which the old directories are kept */

extern const struct step rescue_step_look; /* hosts only */
extern const struct step rescue_step_stop; /* one a member whose host is there */
extern const struct step rescue_step_take;
extern const struct step rescue_step_move_aside; /* one a member whose host is there */
extern const struct step rescue_step_build;
extern const struct step rescue_step_deliver; /* hosts only */
extern const struct step rescue_step_configure;
extern const struct step rescue_step_start;
extern const struct step rescue_step_prove;

/* The job of the survivor. */
struct member_job *rescue_survivor(const struct rescue *r);
bool rescue_mark_is(const struct rescue *r, const char *key, const char *value);
/* %{survivor}, %{host}, %{snapshot} */
const char *rescue_field(const void *op, struct arena *mem, const char *name);
/* Reads what was taken, and proves it. In 'mem'. */
MUST_CHECK bool rescue_snapshot_verify(struct arena *mem, const struct rescue *r,
                                       struct db_snapshot_report *ret_report, struct error *e);
/* Of the members whose hosts are gone: "db2, db3"; "" when there is none. In 'mem'. */
const char *rescue_lost_names(struct arena *mem, const struct rescue *r);

/* What was built here, once it is on its host. */
MUST_CHECK bool rescue_workshop_remove(const struct rescue *r, struct error *e);

/* Whether anything is at a path of the member's host. */
MUST_CHECK bool rescue_path_exists(const struct member_job *job, const char *path, bool *ret_exists,
                                   struct error *e);

/*
 * Judges whether the cluster may be rescued from this member, and finds out which of the others' hosts are
 * gone (member_rescue_judge.c). Changes nothing.
 *
 * ret_lost  has room for one a member of the inventory, in its order.
 */
MUST_CHECK bool rescue_judge(struct arena *mem, const struct member_request *request,
                             const struct inventory_member *survivor, bool *ret_lost,
                             struct error *e);

#endif
