/*
 * What breaks when keys go: of a range, what a cluster would miss.
 *
 * Kubernetes' API servers keep what they have read and are told of changes; an object that goes behind their back goes
 * without its finalizers and without those that depend on it. Events are nobody's: they end by themselves.
 * Source: k8s.io/kubernetes pkg/controlplane/reconcilers/lease.go (masterleases), pkg/registry/coordination/lease.
 */
#ifndef QUORATE_KEYS_KEY_DANGER_H
#define QUORATE_KEYS_KEY_DANGER_H

#include "keys/range.h"

/* Why the keys of the range, which is none of a single key, should stay, in a line; NULL: nothing is known against it. */
const char *key_danger(const struct key_range *range);

#endif
