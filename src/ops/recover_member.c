/* What the steps of a recovery ask of one member, and what they keep of others' work. */

#include <string.h>

#include "base/io.h"
#include "ops/recover_state.h"

bool
recover_mark_is(const struct recover *r, const char *key, const char *value)
{
    const char *mark = plan_mark_get(r->plan, key);

    return mark != NULL && strcmp(mark, value) == 0;
}

bool
recover_member_service(const struct recover_member *m, struct service *ret_service, struct error *e)
{
    return site_service(&m->recover->site, m->configured, ret_service, e);
}

bool
recover_member_is_down(const struct recover_member *m, bool *ret_down, struct error *e)
{
    struct service service;

    return recover_member_service(m, &service, e) && service_is_down(&service, ret_down, e);
}

bool
recover_member_must_be_down(const struct recover_member *m, struct error *e)
{
    bool down;

    if (!recover_member_is_down(m, &down, e))
        return false;
    if (!down)
        return error_set(e, ERROR_REFUSED, "member '%s' runs again", m->configured->name);
    return true;
}

bool
recover_member_keep_down(const struct recover_member *m, struct error *e)
{
    struct service service;

    return recover_member_service(m, &service, e) && service_stop(&service, e);
}

/* Makes room for the old data directory: what stands in its place was made by somebody else, as by a
 * member that was started by hand, and is kept beside it. */
bool
recover_place_clear(const struct recover_member *m, const char *kept_word, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *data_dir = m->configured->data_dir;
    const char *kept = arena_printf(&tmp, "%s.%s-%s", data_dir, kept_word, m->recover->stamp);

    if (!path_exists(data_dir))
        return true;
    plan_note(m->recover->plan, "keeping what is in place of %s as %s", path_name(data_dir),
              path_name(kept));
    return file_rename_new(data_dir, kept, e);
}
