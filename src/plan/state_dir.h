/*
 * Where quorate keeps its own state: plans' journals, locks, labs.
 *
 *     STATE/plans/ID/journal.jsonl    STATE/locks/CLUSTER.lock    STATE/labs/NAME/
 */
#ifndef QUORATE_PLAN_STATE_DIR_H
#define QUORATE_PLAN_STATE_DIR_H

#include "base/arena.h"
#include "base/error.h"

/* Folders of state are their owner's alone, files in them too. */
enum { STATE_DIR_MODE = 0700, STATE_FILE_MODE = 0600 };

/*
 * The state directory's absolute path: $QUORATE_STATE, else /var/lib/quorate for root, else
 * $XDG_STATE_HOME/quorate, else ~/.local/state/quorate. Makes nothing.
 *
 * e  ERROR_USAGE: neither of the variables nor HOME is set. A relative $XDG_STATE_HOME is ignored,
 *    as its specification asks; a relative $QUORATE_STATE counts from the working directory.
 */
MUST_CHECK bool state_dir_find(struct arena *mem, const char **ret_path, struct error *e);

/*
 * A name that may be any text (a cluster, a lab) as one file name: letters, digits, '.', '_', '-'
 * and ':' stay, other bytes and a leading '.' become %XX. Different names never meet.
 */
const char *state_file_name(struct arena *mem, const char *name);

#endif
