/*
 * The step of a recovery that brings one member's new directories to its host: owner, mode and label are
 * those of the old ones.
 *
 * That they have arrived is a mark of the journal: the time at which the database was last changed, on
 * its host. A database on which a member has run since has another one, and is kept when it is undone.
 */
#include <string.h>

#include "base/io.h"
#include "node/host/host_facts.h"
#include "node/host/host_tree.h"
#include "ops/recover_state.h"

static const char *
mark_key(struct arena *mem, const struct recover_member *m)
{
    return arena_printf(mem, "%s %s", RECOVER_MARK_ARRIVED, m->configured->name);
}

static bool
has_arrived(const struct recover_member *m)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *mark = plan_mark_get(m->recover->plan, mark_key(&tmp, m));

    return mark != NULL && strcmp(mark, RECOVER_NO) != 0;
}

static bool
deliver_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    *ret_progress = has_arrived(op) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
deliver_guard(void *op, struct error *e)
{
    return recover_member_must_be_down(op, e);
}

/* The time of the database's last change, as a text; "" when there is none. */
static bool
database_time(struct arena *mem, const struct recover_member *m, const char **ret_time,
              struct error *e)
{
    const char *path = path_join(mem, m->data_dir, "member/snap/db");
    const struct host *host;
    struct host_file file;

    if (!recover_member_host(m, &host, e) || !host_file_look(mem, host, path, &file, e))
        return false;
    *ret_time =
        file.kind == HOST_NOTHING ? "" : arena_printf(mem, "%lld", (long long)file.mtime_ms);
    return true;
}

/* Whom a directory of which nothing is left belonged to: as whom the member runs; when that is not
 * known, whoever has what is around it. */
static bool
owner_guess(struct arena *mem, const struct recover_member *m, const struct host *host,
            const struct recover_tree *tree, struct host_file *ret_like, struct error *e)
{
    struct service_account account;
    struct service service;

    if (!host_file_look(mem, host, path_dir(mem, tree->place), ret_like, e) ||
        !recover_member_service(m, &service, e) || !service_account(mem, &service, &account, e))
        return false;
    if (ret_like->kind != HOST_DIR) {
        error_set_(e, ERROR_NOT_FOUND, 0, "%s: there is no directory '%s' to put '%s' in",
                   host_name(host), path_dir(mem, tree->place), path_name(tree->place));
        return error_hint(e, "make it, or mount what belongs there");
    }
    ret_like->mode = 0700;
    if (account.user != NULL) {
        ret_like->uid = account.uid;
        ret_like->gid = account.gid;
    }
    return true;
}

static bool
like_find(struct arena *mem, const struct recover_member *m, const struct host *host,
          const struct recover_tree *tree, struct host_file *ret_like, struct error *e)
{
    return host_file_look(mem, host, tree->aside, ret_like, e) &&
           (ret_like->kind == HOST_DIR || owner_guess(mem, m, host, tree, ret_like, e));
}

static void
deliver_progress(void *context, const char *what UNUSED, const char *unit UNUSED, uint64_t done,
                 uint64_t total)
{
    plan_progress(context, done, total);
}

static bool
tree_deliver(const struct recover_member *m, const struct host *host,
             const struct recover_tree *tree, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct observer observer = {.context = m->recover->plan, .progress = deliver_progress};
    struct host_file like;

    return like_find(&tmp, m, host, tree, &like, e) &&
           recover_tree_clear(m, tree, RECOVER_KEPT_FOUND, e) &&
           host_tree_send(host, tree->built, tree->place, &like, m->recover->stamp, &observer, e);
}

/* The log first: a directory without its database is no member's. */
static bool
deliver_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct recover_member *m = op;
    const struct host *host;
    const char *time;

    if (!recover_member_host(m, &host, e))
        return false;
    for (size_t i = m->tree_count; i-- > 0;) {
        if (!tree_deliver(m, host, &m->trees[i], e))
            return false;
    }
    return database_time(&tmp, m, &time, e) &&
           plan_mark(m->recover->plan, mark_key(&tmp, m), time, e);
}

/* Whether the directories are those that were delivered, and nobody has run on them. */
static bool
is_untouched(const struct recover_member *m, bool *ret_untouched, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *time;

    if (!database_time(&tmp, m, &time, e))
        return false;
    *ret_untouched =
        has_arrived(m) && time[0] != '\0' && recover_mark_is(m->recover, mark_key(&tmp, m), time);
    return true;
}

static bool
deliver_verify(void *op, struct error *e)
{
    const struct recover_member *m = op;
    bool untouched;

    if (!is_untouched(m, &untouched, e))
        return false;
    return untouched ||
           error_set(e, ERROR_VERIFY, "'%s' is not as it was delivered", m->trees[0].place);
}

static bool
tree_take_back(const struct recover_member *m, const struct host *host,
               const struct recover_tree *tree, bool untouched, struct error *e)
{
    return untouched ? host_tree_remove(host, tree->place, e)
                     : recover_tree_clear(m, tree, RECOVER_KEPT_UNDONE, e);
}

static bool
deliver_undo(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct recover_member *m = op;
    const struct host *host;
    bool untouched;

    if (!recover_member_host(m, &host, e) || !recover_member_keep_down(m, e) ||
        !is_untouched(m, &untouched, e))
        return false;
    for (size_t i = m->tree_count; i-- > 0;) {
        if (!host_tree_send_clear(host, m->trees[i].place, m->recover->stamp, e) ||
            !tree_take_back(m, host, &m->trees[i], untouched, e))
            return false;
    }
    return plan_mark(m->recover->plan, mark_key(&tmp, m), RECOVER_NO, e);
}

static const char *
deliver_field(const void *op, struct arena *mem, const char *name)
{
    const struct recover_member *m = op;

    if (strcmp(name, "member") == 0)
        return arena_text(mem, m->configured->name);
    if (strcmp(name, "data_dir") == 0)
        return arena_text(mem, m->trees[0].place);
    if (strcmp(name, "host") == 0)
        return arena_text(mem, m->configured->host != NULL ? m->configured->host : "its host");
    return NULL;
}

const struct step recover_step_deliver = {
    .name = "deliver",
    .intent = "bring the new directory of %{member} to %{data_dir} on %{host}, its SHA-256 "
              "compared at both ends, with owner, mode and label of the old one",
    .field = deliver_field,
    .check = deliver_check,
    .guard = deliver_guard,
    .run = deliver_run,
    .verify = deliver_verify,
    .undo = deliver_undo,
};
