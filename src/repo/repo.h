/*
 * A repository of backups in a directory: CLUSTER/LABEL/{snapshot.db,manifest.json}.
 *
 * A backup is made in a hidden folder beside its place and appears by one rename, after its
 * manifest was written and all of it was synced: what carries a label is complete.
 */
#ifndef QUORATE_REPO_REPO_H
#define QUORATE_REPO_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "repo/manifest.h"

#define BACKUP_SNAPSHOT_FILE "snapshot.db"
#define BACKUP_MANIFEST_FILE "manifest.json"

struct repo {
    const char *dir; /* absolute */
};

/* Opens a repository; 'create' makes the directory (0700) when it is not there. */
MUST_CHECK bool repo_open(struct arena *mem, const char *dir, bool create, struct repo *ret_repo,
                          struct error *e);

/* The cluster's folder name: its name with what is not fit for a file name as '-'. */
const char *repo_cluster_folder(struct arena *mem, const char *cluster);

/* A backup that is being made. */
struct repo_draft {
    const char *folder;        /* hidden, 0700 */
    const char *snapshot_path; /* where the file is to be written */
    const char *cluster_dir;
    int lock_fd; /* held while it is being made: others tell a draft from a leftover by it */
};

#define REPO_DRAFT_INIT                                                                            \
    {                                                                                              \
        NULL, NULL, NULL, -1                                                                       \
    }
#define AUTO_REPO_DRAFT __attribute__((cleanup(repo_draft_abandon))) struct repo_draft

/* Removes leftovers of killed backups of this cluster, then makes a new draft. */
MUST_CHECK bool repo_draft_begin(struct arena *mem, const struct repo *repo, const char *cluster,
                                 struct repo_draft *ret_draft, struct error *e);

/*
 * Writes the manifest, syncs, and renames the draft to CLUSTER/<manifest->label>. The snapshot file
 * has to be synced by then. When the label is taken, "-2" and so on is added; manifest->label and
 * the result say which it became.
 */
MUST_CHECK bool repo_draft_commit(struct arena *mem, struct repo_draft *draft,
                                  struct backup_manifest *manifest, const char **ret_folder,
                                  struct error *e);

/* Removes what was written; nothing is done after a commit. */
void repo_draft_abandon(struct repo_draft *draft);

struct repo_entry {
    const char *cluster;
    const char *label;
    const char *folder;
    const struct backup_manifest *manifest; /* NULL when it cannot be read: see 'problem' */
    struct error problem;
};

/* All backups (of one cluster, or of all for NULL), oldest first within a cluster. */
MUST_CHECK bool repo_list(struct arena *mem, const struct repo *repo, const char *cluster,
                          struct repo_entry **ret_entries, size_t *ret_count, struct error *e);

/*
 * One backup by label, by a label's unique beginning, or "latest": the newest. Whether it can be
 * read is its 'manifest''s to say: an older one is never taken silently in its place.
 * 'cluster' may be NULL when the label is found in one cluster only.
 */
MUST_CHECK bool repo_find(struct arena *mem, const struct repo *repo, const char *cluster,
                          const char *label, struct repo_entry *ret_entry, struct error *e);

/* The snapshot file of an entry. */
const char *repo_entry_snapshot(struct arena *mem, const struct repo_entry *entry);

/* "20261123T061544Z-r20001": sorts by time, says the revision. */
const char *repo_label(struct arena *mem, int64_t created_at_ms, int64_t revision);

#endif
