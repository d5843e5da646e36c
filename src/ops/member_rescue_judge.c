/*
 * Whether a cluster may be rescued, looked at before there is a plan: the quorum is lost, would be if all
 * were started that can be, and whoever is said to be gone is gone for the survivor too.
 */
#include <string.h>

#include "format/peer_urls.h"
#include "node/host/host_file.h"
#include "node/host/host_reach.h"
#include "ops/member_host_certs.h"
#include "ops/member_rescue.h"

struct judging {
    struct arena *mem;
    const struct member_request *request;
    const struct inventory_member *survivor;
    struct site site;
};

static bool
data_look(struct judging *j, const struct inventory_member *member, bool *ret_has, struct error *e)
{
    enum dir_state state = DIR_ABSENT;

    if (member->data_dir != NULL && !member_dir_look(&j->site, member, member->data_dir, &state, e))
        return false;
    *ret_has = j->site.lab_dir != NULL ? state != DIR_ABSENT : state == DIR_FULL;
    return true;
}

static bool
survivor_look(struct judging *j, struct error *e)
{
    const struct inventory_member *survivor = j->survivor;
    bool has_data;

    if (survivor->data_dir == NULL)
        return error_set(e, ERROR_REFUSED, "cluster '%s' does not say where the data of '%s' is",
                         j->site.name, survivor->name) ||
               error_hint(e, "quorate cluster discover --cluster %s --host %s --write",
                          j->site.name,
                          survivor->host != NULL ? survivor->host : "ssh://root@HOST");
    return data_look(j, survivor, &has_data, e) &&
           (has_data || error_set(e, ERROR_NOT_FOUND, "'%s' has no data: '%s' is not there",
                                  survivor->name, survivor->data_dir)) &&
           member_start_certs_check(&j->site, j->request->inventory, survivor, NULL, e);
}

/* One that answers, and whose member runs, is not gone, even when nobody can log in to its host. */
static bool
silence_check(struct judging *j, const struct inventory_member *member, struct error *e)
{
    struct host_reach *targets =
        arena_zero(j->mem, (member->peer_urls.count + 1) * sizeof(*targets));
    const struct host *host;
    size_t count = 0;

    for (size_t i = 0; i < member->peer_urls.count; i++)
        count += peer_url_host_port(j->mem, member->peer_urls.items[i], &targets[count].name,
                                    &targets[count].port);
    if (!site_host(&j->site, j->survivor, &host, e) ||
        !host_reach_probe(j->mem, host, targets, count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!rule_is_gone(member->name, j->survivor->name, targets[i].port,
                          targets[i].reached == REACHED_OPEN, e))
            return false;
    }
    return true;
}

/* A host that says no, or another's key, is there. */
static bool
is_away(const struct error *e)
{
    return e->code == ERROR_CONNECTION || e->code == ERROR_TIMEOUT;
}

static bool
other_look(struct judging *j, const struct inventory_member *member, bool *ret_has_data,
           bool *ret_lost, struct error *e)
{
    const struct host *host;

    *ret_has_data = false;
    *ret_lost = j->site.lab_dir == NULL && member->host == NULL;
    if (!*ret_lost && !site_host(&j->site, member, &host, e)) {
        if (!is_away(e))
            return error_wrap(e, "whether '%s' is gone", member->name);
        error_clear(e);
        *ret_lost = true;
    }
    return *ret_lost ? silence_check(j, member, e) : data_look(j, member, ret_has_data, e);
}

bool
rescue_judge(struct arena *mem, const struct member_request *request,
             const struct inventory_member *survivor, bool *ret_lost, struct error *e)
{
    const struct inventory *inventory = request->inventory;
    struct judging j = {.mem = mem, .request = request, .survivor = survivor};
    struct error silence = ERROR_INIT;
    struct cluster_view view;
    size_t have_data = 1;
    bool answers = cluster_view_fetch(mem, request->etcd, &view, &silence);

    site_init(&j.site, mem, inventory);
    if (!survivor_look(&j, e))
        return false;
    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];
        bool has_data;

        if (m == survivor)
            continue;
        if (!other_look(&j, m, &has_data, &ret_lost[i], e))
            return false;
        have_data += has_data;
    }
    return rule_may_rescue(answers ? &view : NULL, inventory->members.count, have_data, e);
}
