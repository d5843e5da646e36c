/*
 * Fills the db files of all sites with the content of one snapshot, read once.
 *
 * Where the file system shares blocks (XFS, btrfs), each file is a clone and nothing is written; the
 * clone is what is then read for the digest. Elsewhere threads write each block that was read to every
 * file while another one hashes it. The first file stays in the page cache, for the checks that follow and
 * for a member that starts on it; the others go past the cache where the file system can, since three
 * databases there push out what the machine needs, and are read again from the disk, every byte of them.
 * (That takes a fourth to a third of the time of writing. Pages have no checksums: a member would serve
 * what the disk has.)
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
 * Memory   less than 10 MiB in use, and a MiB a file.
 */
MUST_CHECK bool restore_fill(struct restore_source *source, struct restore_site *sites,
                             size_t count, restore_progress *progress, void *progress_context,
                             struct error *e);

#endif
