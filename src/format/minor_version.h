/*
 * A release of etcd as far as its files are concerned: major and minor number. Patches of one minor
 * release read and write the same formats.
 */
#ifndef QUORATE_FORMAT_MINOR_VERSION_H
#define QUORATE_FORMAT_MINOR_VERSION_H

#include <stdint.h>

#include "base/error.h"

struct minor_version {
    uint64_t major;
    uint64_t minor;
};

/* "X.Y", or "X.Y.Z" whose Z does not matter. e: ERROR_FORMAT, ERROR_USAGE (no number). */
MUST_CHECK bool minor_version_parse(const char *text, struct minor_version *ret_version,
                                    struct error *e);

/* The third number of "X.Y.Z" or "X.Y.Z-rc.0"; false when there is none. */
bool minor_version_patch(const char *text, uint32_t *ret_patch);

/* Below 0: a is older than b; 0: the same; above 0: newer. */
int minor_version_compare(struct minor_version a, struct minor_version b);

#endif
