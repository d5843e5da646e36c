/*
 * Whether all members of a running cluster have the same data: their HashKV at one revision, which all of them have
 * reached, one after the other, since a member does little else while it hashes. Writers go on meanwhile.
 */
#ifndef QUORATE_OPS_CORRUPTION_CHECK_H
#define QUORATE_OPS_CORRUPTION_CHECK_H

#include "base/observer.h"
#include "cluster/rules_hash.h"

struct corruption_check {
    struct cluster_view view;
    int64_t revision;
    struct member_hash *hashes; /* one for each member of the view */
    struct judgement judgement;
};

/*
 * Members that are compacted meanwhile are asked again.
 *
 * e       no member answers.
 * Memory  in 'mem'
 */
MUST_CHECK bool corruption_check(struct arena *mem, const struct etcd_options *options,
                                 const struct observer *observer,
                                 struct corruption_check *ret_check, struct error *e);

#endif
