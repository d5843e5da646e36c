#include "ops/live_gates.h"

#include "cluster/rules.h"
#include "ops/member_life.h"

static bool
all_serve(const struct cluster_view *view, struct error *e)
{
    size_t voters = view_voter_count(view);

    if (view->leader_id == 0 || view_voters_serving(view) != voters)
        return error_set(e, ERROR_UNAVAILABLE, "%zu of %zu voters serve", view_voters_serving(view),
                         voters);
    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (m->known && view_lag(view, m) > CAUGHT_UP_ENTRIES)
            return error_set(e, ERROR_UNAVAILABLE, "'%s' is %llu entries behind", m->member.name,
                             (unsigned long long)view_lag(view, m));
    }
    return true;
}

bool
live_serves(const struct live_cluster *live, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct cluster_view view;

    return live_look(&tmp, live, &view, e) && all_serve(&view, e);
}

bool
live_serve_wait(const struct live_cluster *live, struct error *e)
{
    while (!live_serves(live, e)) {
        struct error why = *e;

        error_clear(e);
        if (!live_wait(live, why.text, e))
            return false;
    }
    return true;
}

/* Its settings, and so where it is started, may be others than those that the plan began with. */
static bool
lives(struct live_cluster *live, const char *name, unsigned *failures, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct inventory_member *member;
    struct inventory *inventory;
    struct service service;

    if (!live_inventory(&tmp, live, &inventory, e))
        return false;
    member = inventory_member_by_name(inventory, name);
    return member == NULL || (site_service(&live->site, member, &service, e) &&
                              member_life_check(&service, failures, e));
}

bool
live_serve_again_wait(struct live_cluster *live, const char *name, struct error *e)
{
    unsigned failures = 0;

    while (!live_serves(live, e)) {
        struct error why = *e;

        error_clear(e);
        if (!lives(live, name, &failures, e) || !live_wait(live, why.text, e))
            return false;
    }
    return true;
}

bool
live_leadership_away(const struct live_cluster *live, const char *name, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_view *m;
    struct cluster_view view;

    if (!live_look(&tmp, live, &view, e))
        return false;
    m = view_member_by_name(&view, name);
    return m == NULL || view_voter_count(&view) < 2 ||
           live_leadership_leave(live, m->member.id, name, e);
}

void
live_leadership_away_going_back(const struct live_cluster *live, const char *name)
{
    struct error why = ERROR_INIT;

    if (!live_leadership_away(live, name, &why))
        plan_note(live->plan, "going back all the same: %s", why.text);
}

bool
live_ready_to_stop(const struct live_cluster *live, const char *name, struct error *e)
{
    return live_serve_wait(live, e) && live_leadership_away(live, name, e) &&
           live_serve_wait(live, e);
}
