#include "repo/repo.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "base/failpoint.h"
#include "base/io.h"
#include "base/time.h"

#define DRAFT_PREFIX ".draft-"

enum { FOLDER_MODE = 0700, FILE_MODE = 0600, LABEL_TRIES = 100 };

bool
repo_open(struct arena *mem, const char *dir, bool create, struct repo *ret_repo, struct error *e)
{
    struct stat st;

    if (!path_absolute(mem, dir, &ret_repo->dir, e) ||
        (create && !dir_make(ret_repo->dir, FOLDER_MODE, e)))
        return error_wrap(e, "repository");
    if (stat(ret_repo->dir, &st) != 0) {
        error_set_errno(e, errno, "repository '%s'", ret_repo->dir);
        return error_hint(e, "name the repository with --repo DIR; 'backup now' creates it");
    }
    if (!S_ISDIR(st.st_mode))
        return error_set(e, ERROR_IO, "repository '%s': is not a directory", ret_repo->dir);
    return true;
}

const char *
repo_cluster_folder(struct arena *mem, const char *cluster)
{
    char *folder = arena_text(mem, cluster);

    for (char *c = folder; *c != '\0'; c++) {
        bool fit = isalnum((unsigned char)*c) || *c == '_' || *c == '-' || *c == '.';

        if (!fit || (c == folder && *c == '.'))
            *c = '-';
    }
    return folder[0] != '\0' ? folder : "cluster";
}

const char *
repo_label(struct arena *mem, int64_t created_at_ms, int64_t revision)
{
    return arena_printf(mem, "%s-r%lld", time_compact(mem, created_at_ms), (long long)revision);
}

/* A draft whose lock nobody holds was left by a killed process. */
static bool
leftovers_remove(const char *cluster_dir, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char **names;
    size_t count;

    if (!dir_list(&tmp, cluster_dir, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        AUTO_FD fd = -1;
        const char *path = path_join(&tmp, cluster_dir, names[i]);

        if (strncmp(names[i], DRAFT_PREFIX, strlen(DRAFT_PREFIX)) != 0 ||
            !file_open(path, O_RDONLY | O_DIRECTORY, 0, &fd, e))
            continue;
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && !tree_remove(path, e))
            return false;
    }
    error_clear(e);
    return true;
}

static bool
draft_lock(const char *folder, int *ret_fd, struct error *e)
{
    if (!dir_make(folder, FOLDER_MODE, e) ||
        !file_open(folder, O_RDONLY | O_DIRECTORY, 0, ret_fd, e))
        return false;
    if (flock(*ret_fd, LOCK_EX | LOCK_NB) != 0)
        return error_set_errno(e, errno, "'%s': lock", folder);
    return true;
}

bool
repo_draft_begin(struct arena *mem, const struct repo *repo, const char *cluster,
                 struct repo_draft *ret_draft, struct error *e)
{
    struct repo_draft draft = REPO_DRAFT_INIT;
    uint64_t random;

    random_bytes(&random, sizeof(random));
    draft.cluster_dir = path_join(mem, repo->dir, repo_cluster_folder(mem, cluster));
    draft.folder = arena_printf(mem, "%s/" DRAFT_PREFIX "%016llx", draft.cluster_dir,
                                (unsigned long long)random);
    draft.snapshot_path = path_join(mem, draft.folder, BACKUP_SNAPSHOT_FILE);
    if (!dir_make(draft.cluster_dir, FOLDER_MODE, e) || !leftovers_remove(draft.cluster_dir, e))
        return error_wrap(e, "repository");
    if (!draft_lock(draft.folder, &draft.lock_fd, e)) {
        repo_draft_abandon(&draft);
        return error_wrap(e, "repository");
    }
    *ret_draft = draft;
    return true;
}

static bool
folder_publish(struct arena *mem, const struct repo_draft *draft, struct backup_manifest *manifest,
               const char **ret_folder, struct error *e)
{
    const char *wanted = manifest->label;

    for (int i = 1; i <= LABEL_TRIES; i++) {
        AUTO_BUF text = BUF_INIT;
        const char *manifest_path = path_join(mem, draft->folder, BACKUP_MANIFEST_FILE);
        const char *folder;

        if (i > 1)
            manifest->label = arena_printf(mem, "%s-%d", wanted, i);
        folder = path_join(mem, draft->cluster_dir, manifest->label);
        if (path_exists(folder))
            continue;
        backup_manifest_encode(manifest, &text);
        if (!file_replace(manifest_path, buf_bytes(&text), FILE_MODE, e))
            return false;
        if (file_rename_new(draft->folder, folder, e)) {
            *ret_folder = folder;
            return true;
        }
        if (e->code != ERROR_EXISTS)
            return false;
        error_clear(e);
    }
    return error_set(e, ERROR_EXISTS, "'%s/%s' and its %d successors are there already",
                     draft->cluster_dir, wanted, LABEL_TRIES);
}

bool
repo_draft_commit(struct arena *mem, struct repo_draft *draft, struct backup_manifest *manifest,
                  const char **ret_folder, struct error *e)
{
    const char *folder;

    if (!folder_publish(mem, draft, manifest, &folder, e))
        return error_wrap(e, "repository");
    fd_close(&draft->lock_fd);
    draft->folder = NULL;
    *ret_folder = folder;
    return true;
}

void
repo_draft_abandon(struct repo_draft *draft)
{
    struct error ignored = ERROR_INIT;

    /* What cannot be removed now is a leftover for the next backup to remove. */
    if (draft->folder != NULL && !tree_remove(draft->folder, &ignored))
        error_clear(&ignored);
    fd_close(&draft->lock_fd);
    draft->folder = NULL;
}

static bool
manifest_load(struct arena *mem, const char *folder, const struct backup_manifest **ret_manifest,
              struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, folder, BACKUP_MANIFEST_FILE);
    struct backup_manifest *manifest;
    struct bytes text;

    if (!file_read_all(&tmp, path, BACKUP_MANIFEST_MAX_BYTES, &text, e))
        return false;
    if (!backup_manifest_decode(mem, text, &manifest, e)) {
        error_wrap_(e, "'%s'", path);
        if (e->code != ERROR_TOO_NEW)
            error_hint_(e,
                        "use another backup; the file beside it can still be restored by itself: "
                        "'quorate snapshot restore %s/" BACKUP_SNAPSHOT_FILE "'",
                        folder);
        return false;
    }
    *ret_manifest = manifest;
    return true;
}

typedef ARRAY(struct repo_entry) entry_array;

static bool
cluster_list(struct arena *mem, const struct repo *repo, const char *cluster, entry_array *entries,
             struct error *e)
{
    const char *dir = path_join(mem, repo->dir, cluster);
    const char **names;
    size_t count;
    struct stat st;

    if (stat(dir, &st) == 0 && !S_ISDIR(st.st_mode))
        return true;
    if (!dir_list(mem, dir, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *folder = path_join(mem, dir, names[i]);
        struct repo_entry *entry;

        /* Without a manifest it is not a backup. */
        if (names[i][0] == '.' || !path_exists(path_join(mem, folder, BACKUP_MANIFEST_FILE)))
            continue;
        entry = ARRAY_PUSH(mem, entries);
        entry->cluster = cluster;
        entry->label = names[i];
        entry->folder = folder;
        if (!manifest_load(mem, folder, &entry->manifest, &entry->problem))
            entry->manifest = NULL;
    }
    return true;
}

bool
repo_list(struct arena *mem, const struct repo *repo, const char *cluster,
          struct repo_entry **ret_entries, size_t *ret_count, struct error *e)
{
    entry_array entries = ARRAY_INIT;
    const char *one = cluster != NULL ? repo_cluster_folder(mem, cluster) : NULL;
    const char **clusters = &one;
    size_t count = 1;

    if (one == NULL && !dir_list(mem, repo->dir, &clusters, &count, e))
        return error_wrap(e, "repository");
    for (size_t i = 0; i < count; i++) {
        if (cluster_list(mem, repo, clusters[i], &entries, e))
            continue;
        if (one == NULL || e->code != ERROR_NOT_FOUND)
            return error_wrap(e, "repository");
        error_clear(e);
    }
    *ret_entries = entries.items;
    *ret_count = entries.count;
    return true;
}

/* What cannot be read has a label at least, which begins with the time. */
static bool
entry_is_newer(const struct repo_entry *entry, const struct repo_entry *than)
{
    if (entry->manifest != NULL && than->manifest != NULL)
        return entry->manifest->created_at_ms >= than->manifest->created_at_ms;
    return strcmp(entry->label, than->label) >= 0;
}

/* The newest of all clusters. */
static const struct repo_entry *
entry_latest(const struct repo_entry *entries, size_t count)
{
    const struct repo_entry *latest = NULL;

    for (size_t i = 0; i < count; i++) {
        if (latest == NULL || entry_is_newer(&entries[i], latest))
            latest = &entries[i];
    }
    return latest;
}

static bool
ambiguous(const char *label, const struct repo_entry *a, const struct repo_entry *b,
          struct error *e)
{
    if (strcmp(a->cluster, b->cluster) != 0) {
        error_set(e, ERROR_USAGE, "'%s' fits more than one backup: '%s/%s' and '%s/%s'", label,
                  a->cluster, a->label, b->cluster, b->label);
        return error_hint(e, "name the cluster");
    }
    return error_set(e, ERROR_USAGE, "'%s' fits more than one backup: '%s' and '%s'", label,
                     a->label, b->label);
}

/* A whole label beats the beginning of one; two of a kind are ambiguous. */
static bool
entry_by_label(const struct repo_entry *entries, size_t count, const char *label,
               const struct repo_entry **ret_entry, struct error *e)
{
    const struct repo_entry *found[2] = {NULL, NULL}; /* by the whole label, by its beginning */
    const struct repo_entry *second[2] = {NULL, NULL};

    for (size_t i = 0; i < count; i++) {
        int kind = strcmp(entries[i].label, label) != 0;

        if (strncmp(entries[i].label, label, strlen(label)) != 0)
            continue;
        if (found[kind] == NULL)
            found[kind] = &entries[i];
        else if (second[kind] == NULL)
            second[kind] = &entries[i];
    }
    for (int kind = 0; kind < 2; kind++) {
        if (second[kind] != NULL)
            return ambiguous(label, found[kind], second[kind], e);
        if (found[kind] != NULL)
            break;
    }
    *ret_entry = found[0] != NULL ? found[0] : found[1];
    return true;
}

bool
repo_find(struct arena *mem, const struct repo *repo, const char *cluster, const char *label,
          struct repo_entry *ret_entry, struct error *e)
{
    struct repo_entry *entries;
    const struct repo_entry *found;
    size_t count;

    if (!repo_list(mem, repo, cluster, &entries, &count, e))
        return false;
    if (strcmp(label, "latest") == 0)
        found = entry_latest(entries, count);
    else if (!entry_by_label(entries, count, label, &found, e))
        return false;
    if (found == NULL) {
        error_set(e, ERROR_NOT_FOUND, "no backup '%s' in repository '%s'", label, repo->dir);
        return error_hint(e, "see 'quorate backup list --repo %s'", repo->dir);
    }
    *ret_entry = *found;
    return true;
}

const char *
repo_entry_snapshot(struct arena *mem, const struct repo_entry *entry)
{
    return path_join(mem, entry->folder,
                     entry->manifest != NULL ? entry->manifest->file : BACKUP_SNAPSHOT_FILE);
}
