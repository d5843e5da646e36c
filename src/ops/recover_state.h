/* What the steps of a recovery share; private to ops/recover*.c. */
#ifndef QUORATE_OPS_RECOVER_STATE_H
#define QUORATE_OPS_RECOVER_STATE_H

#include "cluster/inventory.h"
#include "cluster/view.h"
#include "format/db_snapshot.h"
#include "format/member_identity.h"
#include "ops/hash_compare.h"
#include "ops/plan_kinds.h"
#include "plan/plan.h"

struct recover_member;

struct recover {
    struct plan *plan;
    const struct plan_context *context;
    const struct inventory *inventory;
    const char *lab;
    const char *snapshot;
    const char *sha256; /* hex, of the database */
    const char *token;
    const char *stamp; /* part of the names of directories that are moved aside */
    int64_t revision;
    int64_t hash_kv; /* the snapshot's own, at 'revision' */
    uint64_t keys;
    uint64_t bump_revision;
    bool keep_alarms;
    struct initial_cluster cluster; /* with the ids that 'token' gives */
    struct recover_member *members;
    size_t member_count;

    bool verified; /* in this process: 'report' is set */
    struct db_snapshot_report report;
};

struct recover_member {
    struct recover *recover;
    const struct inventory_member *configured;
    const char *aside; /* where the old data directory goes */
};

/* Marks in the journal: facts that cannot be found out again. */
#define RECOVER_MARK_BUILT   "built"
#define RECOVER_MARK_STARTED "started"
#define RECOVER_BEGUN        "begun"
#define RECOVER_YES          "yes"
#define RECOVER_NO           "no"

extern const struct step recover_step_verify;
extern const struct step recover_step_stop;       /* one a member */
extern const struct step recover_step_move_aside; /* one a member */
extern const struct step recover_step_build;
extern const struct step recover_step_start;
extern const struct step recover_step_prove;

/* Verifies the snapshot once in this process and compares it with the plan's inputs. */
MUST_CHECK bool recover_verify_snapshot(struct recover *r, struct error *e);
/* The revision the new cluster starts at. */
int64_t recover_revision_after(const struct recover *r);
/* The endpoints and credentials of the cluster; 'ret_options' points into the plan's arena. */
void recover_etcd_options(const struct recover *r, struct etcd_options *ret_options);

#endif
