/* Data directories of members that come and go: seen, moved aside, made for who is to write into them. */

#include <string.h>

#include "base/io.h"
#include "node/host/host_file.h"
#include "node/host/host_tree.h"
#include "ops/member_state.h"
#include "ops/restore_site.h"

#define MEMBER_DIR "member" /* etcd's own folder in its data directory */

enum { DATA_DIR_MODE = 0700 };

/* --- looking --- */

static bool
lab_dir_look(const char *path, enum dir_state *ret_state, struct error *e)
{
    bool empty = false;

    if (!path_exists(path)) {
        *ret_state = DIR_ABSENT;
        return true;
    }
    if (!dir_is_empty(path, &empty, e))
        return false;
    *ret_state = empty ? DIR_EMPTY : DIR_FULL;
    return true;
}

/* A disk of its own has what its file system needs; and there data that was moved aside stays. */
static bool
is_data(const char *name)
{
    return strcmp(name, "lost+found") != 0 &&
           strncmp(name, MEMBER_DIR ".", sizeof(MEMBER_DIR ".") - 1) != 0;
}

static bool
host_dir_look(const struct host *host, const char *path, enum dir_state *ret_state, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_file file;
    const char **names = NULL;
    size_t count = 0;

    if (!host_file_look(&tmp, host, path, &file, e) ||
        (file.kind == HOST_DIR && !host_dir_list(&tmp, host, path, &names, &count, e)))
        return false;
    *ret_state = file.kind == HOST_NOTHING ? DIR_ABSENT
                 : file.kind == HOST_DIR   ? DIR_EMPTY
                                           : DIR_FULL;
    for (size_t i = 0; i < count; i++) {
        if (is_data(names[i]))
            *ret_state = DIR_FULL;
    }
    return true;
}

bool
member_dir_look(struct site *site, const struct inventory_member *member, const char *path,
                enum dir_state *ret_state, struct error *e)
{
    const struct host *host;

    if (site->lab_dir != NULL)
        return lab_dir_look(path, ret_state, e);
    return site_host(site, member, &host, e) && host_dir_look(host, path, ret_state, e);
}

bool
job_has_data(const struct member_job *job, bool *ret_has, struct error *e)
{
    enum dir_state state;

    if (!member_dir_look(&job->of->site, &job->member, job->member.data_dir, &state, e))
        return false;
    *ret_has = job->of->lab != NULL ? state != DIR_ABSENT : state == DIR_FULL;
    return true;
}

/* --- aside --- */

static bool
dir_move(const struct member_job *job, const char *from, const char *to, struct error *e)
{
    const struct host *host;

    if (job->of->lab != NULL)
        return file_rename_new(from, to, e);
    return site_host(&job->of->site, &job->member, &host, e) && host_tree_move(host, from, to, e);
}

static const char *
aside_of(struct arena *mem, const struct member_job *job, const char *dir, const char *word)
{
    return arena_printf(mem, "%s.%s-%s", restore_path_trim(mem, dir), word, job->of->stamp);
}

const char *
job_aside(struct arena *mem, const struct member_job *job, const char *word)
{
    return aside_of(mem, job, job->member.data_dir, word);
}

/* A second time, after an undo that was cut: what is in place now is the younger one. */
static bool
aside_free(struct arena *mem, const struct member_job *job, const char *dir, const char *word,
           const char **ret_path, struct error *e)
{
    const char *first = aside_of(mem, job, dir, word);
    enum dir_state state;

    *ret_path = first;
    for (int n = 2;; n++) {
        if (!member_dir_look(&job->of->site, &job->member, *ret_path, &state, e))
            return false;
        if (state == DIR_ABSENT)
            return true;
        *ret_path = arena_printf(mem, "%s-%d", first, n);
    }
}

/* A mount point stays where it is: what moves is etcd's directory in it. */
static bool
dir_that_moves(struct arena *mem, const struct member_job *job, const char **dir, struct error *e)
{
    const struct host *host;
    bool is_mount;

    if (job->of->lab != NULL)
        return true;
    if (!site_host(&job->of->site, &job->member, &host, e) ||
        !host_tree_is_mount(host, *dir, &is_mount, e))
        return false;
    if (is_mount)
        *dir = path_join(mem, *dir, MEMBER_DIR);
    return true;
}

/* An empty directory on a host stays: who made it has given it its owner. */
static bool
dir_aside(const struct member_job *job, const char *dir, const char *word, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    enum dir_state state;
    const char *aside;

    if (!member_dir_look(&job->of->site, &job->member, dir, &state, e))
        return false;
    if (state == DIR_ABSENT || (state == DIR_EMPTY && job->of->lab == NULL))
        return true;
    if (!dir_that_moves(&tmp, job, &dir, e) || !aside_free(&tmp, job, dir, word, &aside, e))
        return false;
    plan_note(job->of->plan, "the data of %s is kept as %s", job->member.name, path_name(aside));
    return dir_move(job, dir, aside, e);
}

bool
job_data_aside(struct member_job *job, const char *word, struct error *e)
{
    return dir_aside(job, job->member.data_dir, word, e) &&
           (job->member.wal_dir == NULL || dir_aside(job, job->member.wal_dir, word, e));
}

static bool
is_below(const char *dir, const char *path)
{
    size_t size = strlen(dir);

    return strncmp(dir, path, size) == 0 && path[size] == '/';
}

bool
job_trees(struct arena *mem, const struct member_job *job, const char *word,
          struct job_tree *ret_trees, size_t *ret_count, struct error *e)
{
    const char *data = restore_path_trim(mem, job->member.data_dir);
    const char *wal = NULL;

    if (job->member.wal_dir != NULL)
        wal = restore_path_trim(mem, job->member.wal_dir);
    if (!dir_that_moves(mem, job, &data, e))
        return false;
    ret_trees[0] = (struct job_tree){data, aside_of(mem, job, data, word)};
    *ret_count = 1;
    if (wal != NULL && !is_below(data, wal))
        ret_trees[(*ret_count)++] = (struct job_tree){wal, aside_of(mem, job, wal, word)};
    return true;
}

/* --- made --- */

static const char *
made_mark(struct arena *mem, const struct member_job *job)
{
    return arena_printf(mem, "made-%s", job->member.name);
}

static bool
place_make(struct member_job *job, const struct service *service, const char *dir, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_file like = {.kind = HOST_DIR, .mode = DATA_DIR_MODE};
    struct service_account account;
    enum dir_state state;

    if (!host_dir_look(service->host, dir, &state, e))
        return false;
    if (state != DIR_ABSENT)
        return true;
    if (!service_account(&tmp, service, &account, e))
        return false;
    like.uid = account.uid;
    like.gid = account.gid;
    return plan_mark(job->of->plan, made_mark(&tmp, job), dir, e) &&
           host_dir_make(service->host, dir, &like, e);
}

/*
 * etcd makes its data directory itself where it may, and may not below /var/lib. Its log's it makes beside
 * the place and renames it: there the folder above counts.
 */
bool
job_dirs_make(struct member_job *job, const struct service *service, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *wal_dir = job->member.wal_dir;

    return (wal_dir == NULL || place_make(job, service, path_dir(&tmp, wal_dir), e)) &&
           place_make(job, service, job->member.data_dir, e);
}

bool
job_dirs_unmake(struct member_job *job, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = plan_mark_get(job->of->plan, made_mark(&tmp, job));
    const char *const argv[] = {"rmdir", "--", dir, NULL};
    struct host_result result = {0};
    const struct host *host;
    enum dir_state state;

    if (dir == NULL)
        return true;
    return site_host(&job->of->site, &job->member, &host, e) &&
           host_dir_look(host, dir, &state, e) &&
           (state != DIR_EMPTY ||
            host_run_well(&tmp, host, &(struct host_command){.argv = argv}, &result, e));
}
