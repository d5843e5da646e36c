/*
 * Fills the db files of all sites with the content of one snapshot, read once.
 *
 * Where the file system shares blocks (XFS, btrfs), each file is a clone and nothing is written; the
 * clone is what is then read for the digest. Elsewhere each block that was read is written to every
 * file while another thread hashes it. The first file stays in the page cache, for the checks that
 * follow and for a member that starts on it; the others go past the cache where the file system
 * can, since three databases there push out what the machine needs, and are looked at again on the
 * disk.
 */
#ifndef QUORATE_OPS_RESTORE_FILL_H
#define QUORATE_OPS_RESTORE_FILL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "ops/restore_site.h"
#include "ops/restore_source.h"

/*
 * Fills the files, and compares the digest of what they were filled with to the trailer.
 *
 * sites    staged, at least one; 'filling' tells afterwards how each was filled.
 * e        ERROR_CORRUPT: another digest. ERROR_FORMAT: the snapshot became shorter. ERROR_NO_SPACE,
 *          also before anything is written; ERROR_VERIFY: the disk has something else than was
 *          written; ERROR_IO.
 * Memory   less than 9 MiB in use.
 */
MUST_CHECK bool restore_fill(struct restore_source *source, struct restore_site *sites,
                             size_t count, restore_progress *progress, void *progress_context,
                             struct error *e);

#endif
