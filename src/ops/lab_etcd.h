/* Which etcd program a lab runs. */
#ifndef QUORATE_OPS_LAB_ETCD_H
#define QUORATE_OPS_LAB_ETCD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct lab_etcd {
    const char *path;    /* absolute */
    const char *version; /* "3.5.16", as the program says */
};

/*
 * Finds etcd: 'wanted' is a path (with a slash: the program, or a folder that holds it), a version
 * or the start of one ("3.5"), or NULL. Versions are looked up in the folder $QUORATE_ETCDS
 * (VERSION/etcd; the newest that fits), then in PATH.
 *
 * e  ERROR_NOT_FOUND with what there is; ERROR_FAILED: the program does not tell its version.
 */
MUST_CHECK bool lab_etcd_find(struct arena *mem, const char *wanted, struct lab_etcd *ret_etcd,
                              struct error *e);

/* Whether 'version' is 'wanted' or begins with it at a dot: "3.5.16" fits "3.5", not "3.50". */
bool lab_etcd_version_fits(const char *version, const char *wanted);

#endif
