/*
 * 'recover': a whole cluster back from a backup or a snapshot file, as a plan.
 *
 * Steps: verify the snapshot; look at each host; stop each member; move each data directory aside; build
 * all new ones from one verified read, and bring them to their hosts; start; prove (members, leader,
 * HashKV equal everywhere and equal to the snapshot's). Undo brings the old directories back, until the
 * new cluster took writes. A lab's members are on this machine: their directories are built in place.
 */
#ifndef QUORATE_OPS_RECOVER_H
#define QUORATE_OPS_RECOVER_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "cluster/inventory.h"
#include "plan/plan.h"
#include "repo/repo.h"

extern const struct plan_kind recover_kind;

/* --bump-revision auto when nothing but the snapshot is known: a week of 1,500 writes a second
 * (etcd's documentation, op-guide/recovery). */
#define BUMP_REVISION_UNKNOWN 1000000000u
/* What is added to the highest revision known: writes that nobody has seen. */
#define BUMP_REVISION_MARGIN 1000000u

struct recover_request {
    const struct inventory *inventory;
    const struct repo_entry *entry; /* a backup, or NULL for 'file' */
    const char *file;               /* a snapshot file */
    uint64_t bump_revision;         /* 0: none */
    bool bump_auto;                 /* instead: bump_revision_auto */
    int64_t highest_known;          /* for it: a revision that the cluster has had; 0: not known */
    bool keep_alarms;
    const char *const *client_hosts; /* URLs of hosts whose API servers are held down meanwhile */
    size_t client_count;
};

/*
 * Looks at the snapshot and makes the plan's inputs (plan_new with recover_kind). A file without a
 * manifest is read and verified here, so that the plan can say what it will restore.
 */
MUST_CHECK bool recover_inputs(struct arena *mem, const struct recover_request *request,
                               struct buf *ret_inputs, struct error *e);

/*
 * The bump that puts a restored cluster above every revision that clients can have seen: the highest
 * revision known (from later backups of the cluster and surviving data directories) less the
 * snapshot's, and a margin; BUMP_REVISION_UNKNOWN when nothing higher is known.
 */
uint64_t bump_revision_auto(int64_t snapshot_revision, int64_t highest_known_revision);

#endif
