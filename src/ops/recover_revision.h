/*
 * The revision that a database on a host has reached, without copying it: only the pages that lead to the last
 * row are fetched. For a bump that must lie above all that clients can have seen.
 */
#ifndef QUORATE_OPS_RECOVER_REVISION_H
#define QUORATE_OPS_RECOVER_REVISION_H

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"
#include "node/host/host.h"

/*
 * The revision of the last row of a database file; 0 without rows. What the log has beyond it is not counted.
 * A server that writes meanwhile may be seen in two states at once: then it is ERROR_CORRUPT, at worst.
 *
 * e  host_run's; ERROR_NOT_FOUND; as bbolt_open.
 */
MUST_CHECK bool recover_database_revision(const struct host *host, const char *db_path,
                                          int64_t *ret_revision, struct error *e);

/* The highest of those that the members' data directories still have; hosts that cannot be reached and
 * directories that cannot be read are left out. 0: none. */
int64_t recover_surviving_revision(struct arena *mem, const struct inventory *inventory);

#endif
