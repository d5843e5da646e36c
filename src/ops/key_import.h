/*
 * 'keys import': the file of 'keys export' into a live cluster, as a plan: survey, copy, prove
 * (ops/key_copy.h). The file is read as a whole before anything is written, and each step refuses one
 * that has changed since.
 */
#ifndef QUORATE_OPS_KEY_IMPORT_H
#define QUORATE_OPS_KEY_IMPORT_H

#include "base/buf.h"
#include "base/observer.h"
#include "cluster/inventory.h"
#include "etcd/client.h"
#include "plan/plan.h"

extern const struct plan_kind key_import_kind;

struct key_import_request {
    const struct etcd_options *etcd;
    const struct inventory
        *inventory; /* of --cluster, by whose name the plan is found; NULL: none */
    const char *path;
    bool overwrite;   /* keys that the cluster has with another value */
    bool with_leases; /* keys with a lease too, under a lease of the same id */
    const struct observer *observer;
};

/*
 * Checks the file, counts what is to be written, and makes the plan's inputs from it.
 *
 * e  as key_export_read.
 */
MUST_CHECK bool key_import_inputs(struct arena *mem, const struct key_import_request *request,
                                  struct buf *ret_inputs, struct error *e);

#endif
