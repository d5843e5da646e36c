#include "cluster/rules_joiner_host.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

enum {
    CLOCKS_DIFFER_MS = 1000, /* etcd itself warns above a second (rafthttp/probing_status.go) */
    FSYNC_HOPELESS_US = 500 * 1000, /* half of the default --election-timeout */
};

#define WAL_BYTES ((uint64_t)2 * 64 * 1000 * 1000)

/* The first of the addresses that the other's host does not have; NULL: it has all. In 'mem'. */
static const char *
address_elsewhere(struct arena *mem, const struct peer_reach *reach)
{
    for (const char *at = reach->got.addresses; *at != '\0';) {
        size_t size = strcspn(at, " ");
        const char *address = arena_printf(mem, "%.*s", (int)size, at);

        if (size > 0 && !address_list_has(reach->own, address))
            return address;
        at += size;
        at += strspn(at, " ");
    }
    return NULL;
}

static bool
leads_there(const struct peer_reach *reach, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *elsewhere = reach->own != NULL ? address_elsewhere(&tmp, reach) : NULL;

    if (elsewhere == NULL)
        return true;
    error_set_(
        e, ERROR_REFUSED, 0,
        "on the host of '%s' peer URL %s of '%s' leads to %s, which is not an address of its "
        "host",
        reach->from, reach->url, reach->to, elsewhere);
    return error_hint(e,
                      "its host has %s: mend the name there (DNS, /etc/hosts), or give a URL with "
                      "one of these",
                      reach->own);
}

bool
rule_peer_is_reached(const struct peer_reach *reach, struct error *e)
{
    const struct host_reach *got = &reach->got;

    if (got->reached == REACHED_UNRESOLVED) {
        error_set_(e, ERROR_REFUSED, 0,
                   "the host of '%s' does not know the name in %s, peer URL of '%s'", reach->from,
                   reach->url, reach->to);
        return error_hint(e, "see there: getent hosts %s", got->name);
    }
    if (!leads_there(reach, e))
        return false;
    if (got->reached == REACHED_OPEN || (got->reached == REACHED_REFUSED && !reach->listens))
        return true;
    if (got->reached == REACHED_REFUSED) {
        error_set_(e, ERROR_REFUSED, 0,
                   "from the host of '%s' nobody listens at %s, peer URL of '%s'", reach->from,
                   reach->url, reach->to);
        return error_hint(e, "does it listen on that address? ss -ltn 'sport = :%s'", got->port);
    }
    error_set_(e, ERROR_REFUSED, 0, "the host of '%s' does not reach %s, peer URL of '%s': %s",
               reach->from, reach->url, reach->to,
               got->reached == REACHED_SILENT ? "no answer" : got->said);
    return error_hint(e, "peers talk both ways: look for a firewall between the two, port %s",
                      got->port);
}

bool
rule_port_is_free(const struct host_facts *facts, const char *member, const char *what,
                  uint16_t port, struct error *e)
{
    if (!host_facts_port_taken(facts, port))
        return true;
    error_set_(e, ERROR_CONFLICT, 0, "%s port %u of '%s' is taken on its host", what, port, member);
    return error_hint(e, "see who listens there: ss -ltnp 'sport = :%u'", port);
}

bool
rule_disk_suffices(const struct host_disk *disk, const char *member, const char *data_dir,
                   uint64_t db_bytes, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    uint64_t needed = 2 * db_bytes + WAL_BYTES;

    if (disk->free_bytes >= needed)
        return true;
    error_set_(
        e, ERROR_REFUSED, 0,
        "'%s' of '%s' has %s free, and %s are needed: the members' database (%s) twice while it "
        "arrives, and the log",
        data_dir, member, size_human(&tmp, disk->free_bytes), size_human(&tmp, needed),
        size_human(&tmp, db_bytes));
    return error_hint(e, "free space in '%s' there, or make the database smaller: quorate defrag",
                      disk->exists);
}

bool
rule_disk_is_fast(struct arena *mem, const char *member, int64_t mean_us, const char **ret_warning,
                  struct error *e)
{
    *ret_warning = NULL;
    if (mean_us >= FSYNC_HOPELESS_US) {
        error_set_(e, ERROR_REFUSED, 0,
                   "a synced write on the disk of '%s' takes %s: it would miss elections", member,
                   duration_text_us(mem, mean_us));
        return error_hint(e, "who writes there? iostat -x 1; etcd wants a disk of its own");
    }
    if (mean_us > FSYNC_SLOW_US)
        *ret_warning =
            arena_printf(mem, "a synced write on the disk of '%s' takes %s; etcd asks for 10 ms",
                         member, duration_text_us(mem, mean_us));
    return true;
}

bool
rule_clocks_agree(const char *member, const struct host_facts *facts, const char *other,
                  const struct host_facts *other_facts, struct error *e)
{
    int64_t differ_ms = facts->clock_offset_ms - other_facts->clock_offset_ms;
    int64_t unknown_ms = facts->clock_uncertainty_ms + other_facts->clock_uncertainty_ms;

    if (llabs(differ_ms) - unknown_ms <= CLOCKS_DIFFER_MS)
        return true;
    error_set_(e, ERROR_REFUSED, 0,
               "the clock of the host of '%s' is %" PRId64 " ms %s that of '%s'", member,
               (int64_t)llabs(differ_ms), differ_ms > 0 ? "before" : "behind", other);
    return error_hint(e, "set it right: chronyc makestep, or timedatectl set-ntp true");
}
