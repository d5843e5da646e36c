/* What the steps of a recovery share; private to ops/recover*.c. */
#ifndef QUORATE_OPS_RECOVER_STATE_H
#define QUORATE_OPS_RECOVER_STATE_H

#include "cluster/inventory.h"
#include "cluster/site.h"
#include "cluster/view.h"
#include "format/db_snapshot.h"
#include "format/member_identity.h"
#include "node/service.h"
#include "ops/hash_compare.h"
#include "ops/inventory_keeping.h"
#include "ops/plan_cluster.h"
#include "ops/plan_kinds.h"
#include "ops/restore.h"
#include "plan/plan.h"

struct recover_member;

struct recover {
    struct plan *plan;
    const struct plan_context *context;
    struct plan_cluster where; /* what it is called, and in which file */
    const struct inventory *inventory;
    struct site site;                 /* where the members run */
    bool in_place;                    /* directories are built where they belong: a lab's */
    const char *workshop;             /* otherwise: the folder they are built in, here */
    struct inventory_keeping keeping; /* and of the quorate.yaml that was there */
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
    struct recover_client *clients;
    size_t client_count;

    bool verified; /* in this process: 'report' is set */
    struct db_snapshot_report report;
};

/* A directory of a member. Where etcd has it and where the old one goes are on the member's host. */
struct recover_tree {
    const char *place;
    const char *aside;
    const char *built; /* where the new one is built, here: 'place' itself for a lab */
};

enum { RECOVER_TREES_MOST = 2 };

struct recover_member {
    struct recover *recover;
    const struct inventory_member *configured;
    const char *data_dir;                          /* on its host */
    struct recover_tree trees[RECOVER_TREES_MOST]; /* what moves: the data, or 'member' in them when
                                                      they are a mount point; the log, when it is apart */
    size_t tree_count;
    const char *built_data; /* the directories as they are built, here */
    const char *built_wal;
};

/* A host whose API server is held down meanwhile. */
struct recover_client {
    struct recover *recover;
    const char *url;
};

/* Marks in the journal: facts that cannot be found out again. */
#define RECOVER_MARK_BUILT   "built"
#define RECOVER_MARK_STARTED "started"
#define RECOVER_MARK_ARRIVED "arrived" /* and the member's name: see recover_deliver.c */
#define RECOVER_BEGUN        "begun"
#define RECOVER_YES          "yes"
#define RECOVER_NO           "no"

/* Parts of the names under which directories are kept that are neither the old nor the built one. */
#define RECOVER_KEPT_UNDONE "undone"
#define RECOVER_KEPT_FOUND  "found"

extern const struct step recover_step_verify;
extern const struct step recover_step_look;       /* one a member on a host of its own */
extern const struct step recover_step_hold;       /* one a host of --stop-clients */
extern const struct step recover_step_stop;       /* one a member */
extern const struct step recover_step_move_aside; /* one a member */
extern const struct step recover_step_build;
extern const struct step recover_step_deliver; /* one a member, unless they are built in place */
extern const struct step recover_step_start;
extern const struct step recover_step_configure; /* hosts only: a lab.json has no ids */
extern const struct step recover_step_prove;
extern const struct step recover_step_release; /* one a host of --stop-clients */

/* Verifies the snapshot once in this process and compares it with the plan's inputs. */
MUST_CHECK bool recover_verify_snapshot(struct recover *r, struct error *e);
/* The revision the new cluster starts at. */
int64_t recover_revision_after(const struct recover *r);
/* Whether the journal's mark 'key' is 'value'. */
bool recover_mark_is(const struct recover *r, const char *key, const char *value);

/* --- a member and its host (recover_member.c) --- */

MUST_CHECK bool recover_member_host(const struct recover_member *m, const struct host **ret_host,
                                    struct error *e);
/* How the member runs. */
MUST_CHECK bool recover_member_service(const struct recover_member *m, struct service *ret_service,
                                       struct error *e);
/* Whether the member has no process and is held down. */
MUST_CHECK bool recover_member_is_down(const struct recover_member *m, bool *ret_down,
                                       struct error *e);
/* ERROR_REFUSED: it runs again, or somebody else's etcd has its directory. */
MUST_CHECK bool recover_member_must_be_down(const struct recover_member *m, struct error *e);
/* Stops it when it runs, whoever started it. */
MUST_CHECK bool recover_member_keep_down(const struct recover_member *m, struct error *e);

/* --- a member's directories on its host (recover_tree.c) --- */

/* Whether anything is at a path of the member's host. */
MUST_CHECK bool recover_path_exists(const struct recover_member *m, const char *path,
                                    bool *ret_exists, struct error *e);
MUST_CHECK bool recover_tree_move(const struct recover_member *m, const char *from, const char *to,
                                  struct error *e);
/* Makes room: what stands in the tree's place goes to PLACE.<kept_word>-STAMP. */
MUST_CHECK bool recover_tree_clear(const struct recover_member *m, const struct recover_tree *tree,
                                   const char *kept_word, struct error *e);

/* --- the cluster (recover_start.c) --- */

/* When all members run again, waits for the old cluster, and says so when it is not well. */
void recover_old_cluster_wait(struct recover *r);

/* --- */

/* What the build asks of restore_run; targets in the plan's arena, no progress. */
struct restore_request recover_restore_request(struct recover *r);
/* A client URL of each member, in their order, and the cluster's credentials; 'ret_options' points
 * into the plan's arena. */
void recover_etcd_options(const struct recover *r, struct etcd_options *ret_options);

#endif
