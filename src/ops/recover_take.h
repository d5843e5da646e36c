/*
 * What a member's surviving data directory has, as a snapshot: of a member that is down, on whatever host,
 * its log to the last entry.
 */
#ifndef QUORATE_OPS_RECOVER_TAKE_H
#define QUORATE_OPS_RECOVER_TAKE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/observer.h"
#include "cluster/inventory.h"

/*
 * Copies the directory from the member's host, and makes a snapshot of it, in a new folder of the state
 * directory. Nothing is changed on the host.
 *
 * ret_snapshot  its path; it stays.
 * e             ERROR_NOT_FOUND: no such member. ERROR_REFUSED: the member runs, nobody said where its data
 *               is, or the data is damaged. ERROR_NO_SPACE: here. Otherwise as host_file_fetch and salvage.
 */
MUST_CHECK bool recover_take(struct arena *mem, const char *state_dir,
                             const struct inventory *inventory, const char *member_name,
                             const struct observer *observer, const char **ret_snapshot,
                             struct error *e);

/*
 * The same, with the snapshot's path given; its folder is made. What a run that was cut has left is taken
 * away first. It has its name only when all of the data is in it.
 */
MUST_CHECK bool recover_take_as(struct arena *mem, const struct inventory *inventory,
                                const char *member_name, const struct observer *observer,
                                const char *snapshot, struct error *e);
/* Copies and drafts beside the snapshot. */
MUST_CHECK bool recover_take_leftovers_remove(const char *snapshot, struct error *e);

#endif
