/*
 * What killed restores leave: stages beside their place, or in it, under the names that
 * restore_site.c gives. A running restore holds a lock on its stage; one that nobody holds is waste.
 */
#ifndef QUORATE_OPS_RESTORE_LEFTOVERS_H
#define QUORATE_OPS_RESTORE_LEFTOVERS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

/* "DIR/.NAME.restore-TAG" for "DIR/NAME"; the tag is 8 digits of hex. */
const char *restore_stage_beside(struct arena *mem, const char *place, const char *tag);
/* "PLACE/.restore-TAG". */
const char *restore_stage_inside(struct arena *mem, const char *place, const char *tag);

/*
 * Locks a stage for as long as the descriptor is open. File systems without locks are fine: there a
 * leftover is never taken for one.
 *
 * e  ERROR_LOCKED: another process has it. ERROR_IO.
 */
MUST_CHECK bool restore_stage_lock(const char *stage, int *ret_fd, struct error *e);

/*
 * Removes stages that nobody holds: those of 'data_dir' beside and inside it and, unless NULL, of
 * 'wal_dir' beside that. A directory that is not there or cannot be read has none.
 *
 * e  ERROR_PERMISSION, ERROR_IO: one could not be removed; names the path.
 */
MUST_CHECK bool restore_leftovers_remove(const char *data_dir, const char *wal_dir,
                                         struct error *e);

/* As dir_is_empty, but stages that nobody holds do not count. */
MUST_CHECK bool restore_place_is_free(const char *data_dir, bool *ret_free, struct error *e);

#endif
