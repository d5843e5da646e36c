/*
 * A walk through all keys of a cluster, gently (etcd/range_read.h, etcd_range_walk), and a survey of them, in pieces at
 * the borders that Kubernetes' keys have.
 *
 * etcd counts all keys up to the end of what it is asked for while puts wait, and a walk that knows nothing of what
 * is ahead may reach over a directory of many. So it is stopped at the resources of which there may be many objects,
 * and in these at some of their namespaces: those that the cluster lists, or that a resource in front of them has,
 * since the same ones have objects of all kinds (every namespace has the config map kube-root-ca.crt).
 *
 * In a namespace of many objects the first page goes as far as it did in the one in front, as their names are alike: only
 * the first such namespace is counted at once.
 */
#ifndef QUORATE_KEYS_KUBE_WALK_H
#define QUORATE_KEYS_KUBE_WALK_H

#include "etcd/range_read.h"
#include "keys/range.h"

/*
 * Reads the range, of more than one key, into sink->keys.
 *
 * revision   above 0
 * keys_only  without values
 * e          as etcd_range_walk
 */
MUST_CHECK bool kube_walk(struct etcd_client *client, const struct key_range *range,
                          int64_t revision, bool keys_only, const struct etcd_range_sink *sink,
                          struct error *e);

/*
 * Tells how many keys the range, of more than one, has where (etcd/range_read.h, etcd_range_survey).
 *
 * revision  above 0
 * e         as etcd_range_survey
 */
MUST_CHECK bool kube_survey(struct etcd_client *client, const struct key_range *range,
                            int64_t revision, etcd_range_piece_visit *visit, void *context,
                            struct error *e);

#endif
