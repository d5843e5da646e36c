/* The port that peers use on the way: free on each host, and reached from all others, before the first restart. */

#include <string.h>

#include "base/number.h"
#include "node/host/host_facts.h"
#include "ops/peer_reaches.h"
#include "ops/tls_switch_state.h"

struct spare_look {
    struct arena *mem;
    struct tls_switch *s;
    const struct inventory *inventory;
};

/* A way that was begun already has it taken, by the member itself. */
static bool
has_it_itself(const struct spare_look *look, const struct tls_job *job,
              const struct inventory_member *member, bool *ret_has, struct error *e)
{
    struct tls_urls now = {0};

    *ret_has = false;
    if (!tls_member_urls(look->mem, &look->s->live.site, member, &now, e))
        return false;
    for (size_t i = 0; i < now.listen_peers.count; i++) {
        const char *url = now.listen_peers.items[i];
        const char *colon = strrchr(url, ':');

        *ret_has |= colon != NULL && strcmp(colon + 1, job->addresses.spare_port) == 0;
    }
    return true;
}

static bool
is_free(const struct spare_look *look, const struct tls_job *job,
        const struct inventory_member *member, const struct host *host, struct error *e)
{
    struct host_facts facts;
    uint64_t port;
    bool has;

    return has_it_itself(look, job, member, &has, e) &&
           (has || (number_parse_u64(job->addresses.spare_port, &port, e) &&
                    host_facts_fetch(look->mem, host, &facts, e) &&
                    rule_port_is_free(&facts, job->name, "the spare peer", (uint16_t)port, e)));
}

static bool
job_look(const struct spare_look *look, const struct tls_job *job, struct error *e)
{
    struct peer_reaches reaches = {.mem = look->mem, .from = job->name};
    const struct inventory_member *member = inventory_member_by_name(look->inventory, job->name);
    const struct host *host;

    if (member == NULL)
        return error_set(e, ERROR_CONFLICT, "the inventory of '%s' has no '%s'",
                         look->inventory->name, job->name);
    if (!site_host(&look->s->live.site, member, &host, e) || !is_free(look, job, member, host, e))
        return false;
    for (size_t i = 0; i < look->s->job_count; i++) {
        const struct tls_job *other = &look->s->jobs[i];
        struct inventory_urls urls;

        if (other == job || other->addresses.spare_port == NULL)
            continue;
        urls = tls_phase_peers_after(look->mem, &other->addresses, look->s->to, TLS_PHASE_BOTH);
        peer_reaches_add(&reaches, other->name, &urls, false, NULL);
    }
    return peer_reaches_judge(&reaches, host, e);
}

bool
tls_switch_reach(struct tls_switch *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct spare_look look = {.mem = &tmp, .s = s};
    struct inventory *inventory;

    if (!live_inventory(&tmp, &s->live, &inventory, e))
        return false;
    look.inventory = inventory;
    /* A lab's ports are chosen free, on one host. */
    for (size_t i = 0; s->lab == NULL && i < s->job_count; i++) {
        if (s->jobs[i].addresses.spare_port != NULL && !job_look(&look, &s->jobs[i], e))
            return error_hint(e,
                              "--spare-peer-port PORT, or open port %s between the hosts while "
                              "the plan runs",
                              s->jobs[i].addresses.spare_port);
    }
    return true;
}
