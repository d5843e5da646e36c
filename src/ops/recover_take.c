#include "ops/recover_take.h"

#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/time.h"
#include "cluster/site.h"
#include "node/etcd_find.h"
#include "node/host/host_file.h"
#include "ops/salvage.h"
#include "plan/state_dir.h"

struct taking {
    struct arena *mem;
    const struct inventory *inventory;
    const struct inventory_member *member;
    struct site site;
    const struct host *host;
    const char *copy; /* of the data directory; NULL: it is on this machine */
    const struct observer *observer;
};

static const char *
wal_dir_of(struct arena *mem, const struct inventory_member *member)
{
    return member->wal_dir != NULL ? member->wal_dir
                                   : path_join(mem, member->data_dir, "member/wal");
}

/* A lab's is known to its supervisor; on hosts a process counts, whoever started it. */
static bool
member_runs(struct taking *t, bool *ret_runs, struct error *e)
{
    struct etcd_servers *servers;
    struct service service;
    bool down;

    *ret_runs = false;
    if (t->inventory->lab != NULL) {
        if (!site_service(&t->site, t->member, &service, e) || !service_is_down(&service, &down, e))
            return false;
        *ret_runs = !down;
        return true;
    }
    if (!etcd_find(t->mem, t->host, &servers, e))
        return false;
    for (size_t i = 0; i < servers->count; i++)
        *ret_runs =
            *ret_runs || (servers->items[i].pid != 0 && servers->items[i].data_dir != NULL &&
                          strcmp(servers->items[i].data_dir, t->member->data_dir) == 0);
    return true;
}

/* A running server changes its files while they are copied. */
static bool
must_be_down(struct taking *t, struct error *e)
{
    bool runs;

    if (!member_runs(t, &runs, e))
        return false;
    if (!runs)
        return true;
    error_set_(e, ERROR_REFUSED, 0, "member '%s' runs: its files change while they are copied",
               t->member->name);
    return error_hint(e, "of a member that serves take 'quorate backup now'; else stop it first, "
                         "and all others");
}

static bool
file_take(const struct taking *t, const char *from, const char *to, struct error *e)
{
    AUTO_FD fd = -1;

    return file_open(to, O_WRONLY | O_CREAT | O_EXCL, STATE_FILE_MODE, &fd, e) &&
           host_file_fetch(t->host, from, fd, to, t->observer, e);
}

/* The regular files of a directory; others are not etcd's to read. */
static bool
dir_take(const struct taking *t, const char *from, const char *to, struct error *e)
{
    const char **names;
    size_t count;

    if (!dir_make(to, STATE_DIR_MODE, e) ||
        !host_dir_list(t->mem, t->host, from, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *path = path_join(t->mem, from, names[i]);
        struct host_file file;

        if (!host_file_look(t->mem, t->host, path, &file, e) ||
            (file.kind == HOST_FILE && !file_take(t, path, path_join(t->mem, to, names[i]), e)))
            return error_wrap(e, "copy of member '%s'", t->member->name);
    }
    return true;
}

static const char *
copy_path(struct arena *mem, const char *snapshot)
{
    return arena_printf(mem, "%s.copy", snapshot);
}

static const char *
draft_path(struct arena *mem, const char *snapshot)
{
    return arena_printf(mem, "%s.draft", snapshot);
}

static bool
copy_take(struct taking *t, const char *snapshot, struct error *e)
{
    struct arena *mem = t->mem;

    if (host_is_local(t->host))
        return true;
    t->copy = copy_path(mem, snapshot);
    return dir_take(t, path_join(mem, t->member->data_dir, "member/snap"),
                    path_join(mem, t->copy, "member/snap"), e) &&
           dir_take(t, wal_dir_of(mem, t->member), path_join(mem, t->copy, "member/wal"), e);
}

static bool
taken_whole(const struct salvage_result *result, struct error *e)
{
    if (!result->log.applied)
        return error_set(e, ERROR_REFUSED, "the log cannot be taken: %s", result->log.why_not);
    if (result->log.damage.kind == WAL_INTACT && result->complete)
        return true;
    error_set_(e, ERROR_REFUSED, 0, "the data is damaged: not all of it can be taken");
    return error_hint(e, "quorate salvage tells what is lost; then quorate recover --file");
}

/* The snapshot has its name only when all of the data is in it. */
static bool
snapshot_make(struct taking *t, const char *path, struct error *e)
{
    const char *draft = draft_path(t->mem, path);
    const struct salvage_request request = {
        .data_dir = t->copy != NULL ? t->copy : t->member->data_dir,
        .wal_dir = t->copy != NULL ? NULL : t->member->wal_dir,
        .output = draft,
        .take_undecided = true,
    };
    struct salvage_result result;

    if (!salvage(t->mem, &request, t->observer, &result, e) || !taken_whole(&result, e))
        return error_wrap(e, "data of member '%s'", t->member->name);
    observer_note(t->observer, "revision %lld, %llu entries of the log among it",
                  (long long)result.snapshot.summary.current_revision,
                  (unsigned long long)result.log.entries);
    return file_rename_new(draft, path, e);
}

static bool
member_choose(struct taking *t, const char *name, struct error *e)
{
    t->member = inventory_member_by_name(t->inventory, name);
    if (t->member == NULL)
        return error_set(e, ERROR_NOT_FOUND, "the inventory of '%s' has no member '%s'",
                         t->inventory->name, name);
    return t->member->data_dir != NULL ||
           error_set(e, ERROR_REFUSED, "cluster '%s' does not say where member '%s' has its data",
                     t->inventory->name, name);
}

bool
recover_take_leftovers_remove(const char *snapshot, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *copy = copy_path(&tmp, snapshot);
    const char *draft = draft_path(&tmp, snapshot);

    return (!path_exists(copy) || tree_remove(copy, e)) &&
           (!path_exists(draft) || tree_remove(draft, e));
}

bool
recover_take_as(struct arena *mem, const struct inventory *inventory, const char *member_name,
                const struct observer *observer, const char *snapshot, struct error *e)
{
    struct taking t = {.mem = mem, .inventory = inventory, .observer = observer};

    if (!member_choose(&t, member_name, e))
        return false;
    site_init(&t.site, mem, inventory);
    return site_host(&t.site, t.member, &t.host, e) && must_be_down(&t, e) &&
           dir_make(path_dir(mem, snapshot), STATE_DIR_MODE, e) &&
           recover_take_leftovers_remove(snapshot, e) && copy_take(&t, snapshot, e) &&
           snapshot_make(&t, snapshot, e) && recover_take_leftovers_remove(snapshot, e);
}

bool
recover_take(struct arena *mem, const char *state_dir, const struct inventory *inventory,
             const char *member_name, const struct observer *observer, const char **ret_snapshot,
             struct error *e)
{
    const char *folder =
        arena_printf(mem, "%s/taken/%s-%s", state_dir, time_compact(mem, time_wall_ms()),
                     state_file_name(mem, member_name));
    struct error ignored = ERROR_INIT;

    *ret_snapshot = path_join(mem, folder, "snapshot.db");
    if (recover_take_as(mem, inventory, member_name, observer, *ret_snapshot, e))
        return true;
    if (path_exists(folder) && !tree_remove(folder, &ignored))
        error_append_(e, "'%s' is left: %s", folder, ignored.text);
    return false;
}
