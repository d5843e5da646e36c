/*
 * When a member's database is worth defragmenting, as an expression over its sizes:
 *
 *     free > 100MB && free > 45% * size
 *     size > 80% * quota || free >= 1GiB
 *
 * Names: size, inuse, free (size less inuse), quota; also dbSize, dbSizeInUse, dbSizeFree and dbQuota, as etcd-defrag
 * writes them. Numbers are bytes, with kB, MB, GB, KiB, MiB, GiB or % behind them. || && ! < <= > >= == != + - * / and
 * parentheses bind as in C.
 */
#ifndef QUORATE_CLUSTER_DEFRAG_WHEN_H
#define QUORATE_CLUSTER_DEFRAG_WHEN_H

#include <stdbool.h>

#include "base/error.h"

/* What pays for nearly everybody: OpenShift's operator decides by the same numbers. */
#define DEFRAG_WHEN_DEFAULT "free >= 100MB && free >= 45% * size"

/* Bytes. */
struct defrag_sizes {
    double size;
    double in_use;
    double quota; /* 0: not known */
};

/*
 * Whether the expression holds.
 *
 * e  ERROR_USAGE: it is none, with the place; also when it asks for a quota that is not known.
 */
MUST_CHECK bool defrag_when_holds(const char *expression, const struct defrag_sizes *sizes,
                                  bool *ret_holds, struct error *e);

#endif
