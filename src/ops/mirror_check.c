/*
 * A cluster mirrored into itself would copy its own copies for ever. Cluster ids alone do not tell:
 * all that were bootstrapped with the default peer URL and token have the same (cdf818194e3a8c32).
 * But a lease that is granted at the one end is known at the other end only if both are one.
 */
#include "etcd/cluster.h"
#include "etcd/lease.h"
#include "ops/mirror_state.h"

/*
 * Whether there is anybody at all is told here and now, without a wait. A peer that has no member
 * list for us (a learner, or something else that speaks etcd's language) may still take copies.
 */
static bool
cluster_id_fetch(struct etcd_client *client, uint64_t *ret_id, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_member_list list;

    *ret_id = 0;
    if (etcd_member_list(&tmp, client, false, &list, e)) {
        *ret_id = list.header.cluster_id;
        return true;
    }
    return e->code == ERROR_CONFLICT || e->code == ERROR_RPC;
}

static bool
lease_is_shared(const struct mirror_request *r, bool *ret_shared, struct error *e)
{
    enum { TTL_S = 60 }; /* in case that it cannot be revoked */
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_lease_grant_response granted;
    struct etcd_lease_time_to_live_response found;
    struct etcd_lease_revoke_response revoked;
    struct error ignored = ERROR_INIT;
    bool asked;

    if (!etcd_lease_grant(&tmp, r->dest, TTL_S, &granted, e))
        return error_wrap(e, "destination");
    asked = etcd_lease_time_to_live(&tmp, r->source, granted.id, false, &found, e);
    (void)!etcd_lease_revoke(&tmp, r->dest, granted.id, &revoked, &ignored);
    if (!asked)
        return error_wrap(e, "source");
    *ret_shared = found.ttl > 0;
    return true;
}

bool
mirror_check_loop(const struct mirror_request *r, struct error *e)
{
    uint64_t source;
    uint64_t dest;
    bool shared;

    if (!cluster_id_fetch(r->source, &source, e))
        return error_wrap(e, "source");
    if (!cluster_id_fetch(r->dest, &dest, e))
        return error_wrap(e, "destination");
    if (source == 0 || source != dest || !mirror_names_loop(&r->names))
        return true;
    if (!lease_is_shared(r, &shared, e))
        return false;
    if (!shared)
        return true;
    error_set_(e, ERROR_REFUSED, 0, "source and destination are the same cluster");
    return error_hint(e, "each copy would be mirrored again, without an end");
}
