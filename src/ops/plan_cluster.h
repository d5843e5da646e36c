/*
 * Which cluster a plan is about, as its inputs say it: its name ("lab:demo", or one of a quorate.yaml) and
 * the file that has it, so that whoever goes on with the plan finds the same inventory.
 */
#ifndef QUORATE_OPS_PLAN_CLUSTER_H
#define QUORATE_OPS_PLAN_CLUSTER_H

#include "base/error.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "cluster/inventory.h"
#include "ops/plan_kinds.h"

struct plan_cluster {
    const char *state_dir;
    const char *name;   /* "lab:demo", "prod" */
    const char *config; /* the quorate.yaml, absolute; NULL: a lab */
};

/* "20260101T000000Z-1a2b", for the inputs: part of the names of what a plan keeps or moves aside. Two plans may be made
 * within a second, and must not take the other's for theirs. */
const char *plan_stamp_new(struct arena *mem);

/* The keys "cluster" and "config" of the inputs. */
void plan_cluster_encode(struct json_writer *w, const struct inventory *inventory);
/* e  ERROR_FORMAT. Memory: texts in 'mem'. --config says where a file is now that has moved. */
MUST_CHECK bool plan_cluster_decode(struct arena *mem, const struct json *inputs,
                                    const struct plan_context *context,
                                    struct plan_cluster *ret_cluster, struct error *e);
/* The inventory as it is now, in 'mem'. e: as inventory_find. */
MUST_CHECK bool plan_cluster_inventory(struct arena *mem, const struct plan_cluster *cluster,
                                       struct inventory **ret_inventory, struct error *e);
/* The lab's name ("demo"); NULL: not a lab. */
const char *plan_cluster_lab(const struct plan_cluster *cluster);

/* The id of the cluster that a client asks, by a linearizable read. */
MUST_CHECK bool plan_cluster_id_ask(struct etcd_client *client, uint64_t *ret_id, struct error *e);
/* Whether it is this one (hex). ERROR_REFUSED: it is another. */
MUST_CHECK bool plan_cluster_id_check(struct etcd_client *client, const char *id, struct error *e);

/* A client of the context's cluster, which is closed with the plan. Its calls may take a minute: a large one takes
 * longer than a short request. */
MUST_CHECK bool plan_cluster_client(struct plan *plan, const struct plan_context *context,
                                    struct etcd_client **ret_client, struct error *e);

#endif
