/*
 * 'v2 migrate': the keys of the v2 API copied to v3 on a live cluster, as a plan.
 *
 * Steps: survey (is it the cluster, would anything be overwritten), copy (in transactions that
 * overwrite nothing unless told so), prove (every key read back and compared, and counted). What the
 * plan wrote is known by the revisions of its transactions, which the journal keeps: so it can go on
 * after a kill, and undo deletes exactly that.
 */
#ifndef QUORATE_OPS_V2_MIGRATE_H
#define QUORATE_OPS_V2_MIGRATE_H

#include "base/buf.h"
#include "cluster/inventory.h"
#include "etcd/client.h"
#include "plan/plan.h"

extern const struct plan_kind v2_migrate_kind;

struct v2_migrate_request {
    const struct etcd_options *etcd; /* for both APIs */
    const struct inventory
        *inventory;            /* of --cluster, by whose name the plan is found; NULL: none */
    const char *root;          /* "/" for all */
    const char *const *hidden; /* keys and directories that no listing shows */
    size_t hidden_count;
    bool keep_dirs; /* a key "DIRECTORY/" with an empty value for each directory */
    bool overwrite; /* keys that v3 has with another value */
};

/*
 * Counts what is to be copied and makes the plan's inputs from it.
 *
 * e  ERROR_FEATURE: the cluster has no v2 API. ERROR_NOT_FOUND: there is no such root.
 */
MUST_CHECK bool v2_migrate_inputs(struct arena *mem, const struct v2_migrate_request *request,
                                  struct buf *ret_inputs, struct error *e);

#endif
