/* What a lab gives a member that is to join: a name, ports on loopback, a folder and a log. */

#include <string.h>

#include "base/io.h"
#include "ops/lab.h"
#include "ops/lab_certs.h"
#include "ops/lab_ports.h"
#include "ops/member_state.h"

static bool
name_is_taken(const struct inventory *inventory, const struct cluster_view *view,
              const struct inventory_member *others, size_t count, const char *name)
{
    AUTO_ARENA tmp = ARENA_INIT;

    for (size_t i = 0; i < count; i++) {
        if (others[i].name != NULL && strcmp(others[i].name, name) == 0)
            return true;
    }
    return inventory_member_by_name(inventory, name) != NULL ||
           view_member_by_name(view, name) != NULL ||
           path_exists(arena_printf(&tmp, "%s/%s.etcd", inventory->lab->dir, name));
}

static const char *
name_choose(struct arena *mem, const struct inventory *inventory, const struct cluster_view *view,
            const struct inventory_member *others, size_t count)
{
    for (unsigned n = 1;; n++) {
        const char *name = arena_printf(mem, "m%u", n);

        if (!name_is_taken(inventory, view, others, count, name))
            return name;
    }
}

static bool
name_check(const char *name, struct error *e)
{
    return (strlen(name) <= SUPERVISOR_NAME_MAX && strpbrk(name, "/ \t\n,=") == NULL &&
            name[0] != '\0' && name[0] != '.') ||
           error_set(e, ERROR_USAGE, "'%s' cannot name a member of a lab", name);
}

static struct inventory_urls
url_or_port(struct arena *mem, const char *given, bool tls, uint16_t port)
{
    const char **items = arena_alloc(mem, sizeof(*items));

    items[0] = given != NULL ? given
                             : arena_printf(mem, "%s://127.0.0.1:%u", tls ? "https" : "http", port);
    return (struct inventory_urls){items, 1};
}

bool
lab_members_choose(struct arena *mem, const struct member_request *request,
                   const struct cluster_view *view, struct inventory_member *members, size_t count,
                   struct error *e)
{
    AUTO_LAB_PORTS ports = LAB_PORTS_INIT;
    const struct inventory *inventory = request->inventory;
    bool tls = lab_has_tls(inventory);

    if (tls && !lab_authority_check(inventory, e))
        return false;
    if (inventory->members.count + count > LAB_MEMBERS_MOST)
        return error_set(e, ERROR_USAGE, "a lab has %d members at most", LAB_MEMBERS_MOST);
    if (!lab_ports_choose(request->state_dir, 2 * count, &ports, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct inventory_member *m = &members[i];

        if (m->name == NULL)
            m->name = name_choose(mem, inventory, view, members, count);
        if (!name_check(m->name, e))
            return false;
        m->client_urls = url_or_port(mem, request->client_url, tls, ports.numbers[2 * i]);
        m->peer_urls = url_or_port(mem, request->peer_url, tls, ports.numbers[2 * i + 1]);
        if (tls)
            m->tls = lab_member_certs(mem, inventory, m->name);
        m->peer_tls = m->tls;
        m->data_dir = arena_printf(mem, "%s/%s.etcd", inventory->lab->dir, m->name);
        m->log_path = arena_printf(mem, "%s/%s.log", inventory->lab->dir, m->name);
    }
    return true;
}
