/* The directories of a recovery's members, on the members' hosts. Nothing is ever overwritten. */

#include "base/io.h"
#include "node/host/host_tree.h"
#include "ops/recover_state.h"

bool
recover_path_exists(const struct recover_member *m, const char *path, bool *ret_exists,
                    struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct host *host;
    struct host_file file;

    if (!recover_member_host(m, &host, e) || !host_file_look(&tmp, host, path, &file, e))
        return false;
    *ret_exists = file.kind != HOST_NOTHING;
    return true;
}

bool
recover_tree_move(const struct recover_member *m, const char *from, const char *to, struct error *e)
{
    const struct host *host;

    return recover_member_host(m, &host, e) && host_tree_move(host, from, to, e);
}

bool
recover_tree_clear(const struct recover_member *m, const struct recover_tree *tree,
                   const char *kept_word, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *kept = arena_printf(&tmp, "%s.%s-%s", tree->place, kept_word, m->recover->stamp);
    bool exists;

    if (!recover_path_exists(m, tree->place, &exists, e))
        return false;
    if (!exists)
        return true;
    plan_note(m->recover->plan, "keeping what is in place of %s as %s", path_name(tree->place),
              path_name(kept));
    return recover_tree_move(m, tree->place, kept, e);
}
