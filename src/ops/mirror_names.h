/* What keys of the source are called at the destination, and whether that can go on for ever. */
#ifndef QUORATE_OPS_MIRROR_NAMES_H
#define QUORATE_OPS_MIRROR_NAMES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"

struct mirror_names {
    struct bytes prefix;      /* of the keys that are mirrored; empty: all keys */
    struct bytes dest_prefix; /* what stands in its place */
};

/*
 * The name at the destination. The key begins with the prefix.
 *
 * Memory  in 'mem', unless the prefix stays as it is: then it is the key itself.
 * Source  etcd 3.7 etcdctl/ctlv3/command/make_mirror_command.go (modifyPrefix).
 */
struct bytes mirror_name(struct arena *mem, const struct mirror_names *names, struct bytes key);

/*
 * Whether, in one and the same cluster, each copy would be mirrored again, without an end: what is
 * written begins with the prefix itself. (A shorter name that happens to begin with it is copied a
 * few times more, and then no longer.)
 */
bool mirror_names_loop(const struct mirror_names *names);

#endif
