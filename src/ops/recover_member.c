/* What the steps of a recovery ask of one member, and what they keep of others' work. */

#include <string.h>

#include "base/io.h"
#include "node/etcd_find.h"
#include "ops/recover_state.h"

bool
recover_mark_is(const struct recover *r, const char *key, const char *value)
{
    const char *mark = plan_mark_get(r->plan, key);

    return mark != NULL && strcmp(mark, value) == 0;
}

bool
recover_member_host(const struct recover_member *m, const struct host **ret_host, struct error *e)
{
    return site_host(&m->recover->site, m->configured, ret_host, e);
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

/* An etcd that was started by hand has the same directory. */
static bool
nobody_else(const struct recover_member *m, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct host *host;
    struct etcd_servers *servers;

    if (!recover_member_host(m, &host, e) || !etcd_find(&tmp, host, &servers, e))
        return false;
    for (size_t i = 0; i < servers->count; i++) {
        const struct found_etcd *found = &servers->items[i];

        if (found->pid == 0 || found->data_dir == NULL || strcmp(found->data_dir, m->data_dir) != 0)
            continue;
        error_set_(e, ERROR_REFUSED, 0, "%s: process %ld runs etcd on '%s'", host_name(host),
                   (long)found->pid, found->data_dir);
        return error_hint(e, "somebody has started it: see who, and end it");
    }
    return true;
}

bool
recover_member_must_be_down(const struct recover_member *m, struct error *e)
{
    bool down;

    if (!recover_member_is_down(m, &down, e))
        return false;
    if (!down)
        return error_set(e, ERROR_REFUSED, "member '%s' runs again", m->configured->name);
    return m->recover->in_place || nobody_else(m, e);
}

bool
recover_member_keep_down(const struct recover_member *m, struct error *e)
{
    struct service service;

    return recover_member_service(m, &service, e) && service_stop(&service, e);
}
