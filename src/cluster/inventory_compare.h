/* Where what is configured about a cluster and what is true of it differ: pure, as all judgement. */
#ifndef QUORATE_CLUSTER_INVENTORY_COMPARE_H
#define QUORATE_CLUSTER_INVENTORY_COMPARE_H

#include "cluster/inventory.h"
#include "cluster/view.h"

enum difference_weight {
    DIFFERENCE_PLAIN,         /* the file is behind, or ahead */
    DIFFERENCE_OTHER_CLUSTER, /* who takes one for the other changes the wrong cluster */
};

struct inventory_difference {
    enum difference_weight weight;
    const char *what;       /* a word for scripts: "peer-urls" */
    const char *member;     /* whose; "" for the cluster's */
    const char *configured; /* "" for nothing */
    const char *found;      /* "" for nothing */
    const char *remark;     /* what it means; NULL: it is plain */
};

struct inventory_comparison {
    ARRAY(struct inventory_difference) items;
    ARRAY(const char *) unknown; /* what could not be compared, and why */
};

/*
 * Words: cluster-id, endpoint (leads to another cluster, or to nothing that is a member),
 * member-missing (configured, not in the cluster), member-extra, member-id, member-name, client-urls,
 * peer-urls, version. What the inventory does not say is not compared. Members are found by their
 * ids, then by names, then by a peer URL. Everything in 'mem'.
 */
void inventory_compare(struct arena *mem, const struct inventory *inventory,
                       const struct cluster_view *view,
                       struct inventory_comparison *ret_comparison);

#endif
