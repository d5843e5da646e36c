/* What the first step of a change of membership looks at on hosts: the joiner's, and from there and back
 * to the others'. */

#include <string.h>

#include "base/number.h"
#include "cluster/rules_joiner_host.h"
#include "format/peer_urls.h"
#include "ops/member_state.h"
#include "ops/peer_reaches.h"

struct look {
    struct membership *ms;
    const struct inventory *inventory;
    const struct cluster_view *view;
    const struct inventory_member *joiner;
    const struct host *host; /* the joiner's */
    struct host_facts facts;
    const char *own; /* the host's addresses; NULL: a lab's, where all is loopback */
    bool in_place;
};

/* A lab's members are this user's own processes: nobody becomes root for them. */
static bool
host_of(struct arena *mem, struct membership *ms, const struct inventory_member *member,
        const struct host **ret_host, struct error *e)
{
    struct host *local;

    if (ms->lab == NULL)
        return site_host(&ms->site, member, ret_host, e);
    if (!host_open(mem, "local:", NULL, &local, e))
        return false;
    *ret_host = local;
    return true;
}

static bool
disk_judge(struct arena *mem, const struct look *look, struct error *e)
{
    const char *name = look->joiner->name;
    const char *warning;
    struct host_disk disk;
    int64_t mean_us;

    if (!host_disk_look(mem, look->host, look->joiner->data_dir, &disk, e) ||
        !rule_disk_suffices(&disk, name, look->joiner->data_dir, view_db_bytes_most(look->view), e))
        return false;
    /* A lab's disk is the one that its other members are on. */
    if (look->ms->lab != NULL)
        return true;
    if (!host_fsync_probe(look->host, disk.exists, &mean_us, e) ||
        !rule_disk_is_fast(mem, name, mean_us, &warning, e))
        return false;
    if (warning != NULL)
        plan_note(look->ms->plan, "%s", warning);
    return true;
}

static bool
ports_judge(struct arena *mem, const struct look *look, const struct inventory_urls *urls,
            const char *what, struct error *e)
{
    for (size_t i = 0; i < urls->count; i++) {
        const char *host;
        const char *port;
        uint64_t number;

        if (peer_url_host_port(mem, urls->items[i], &host, &port) &&
            number_parse_u64(port, &number, e) && number <= UINT16_MAX &&
            !rule_port_is_free(&look->facts, look->joiner->name, what, (uint16_t)number, e))
            return false;
    }
    return true;
}

static bool
is_lost(const struct membership *ms, const struct member_view *m)
{
    for (size_t i = 0; i < ms->job_count; i++) {
        if (ms->jobs[i].lost && ms->jobs[i].old_id == m->member.id)
            return true;
    }
    return false;
}

/* The members that are there and stay: one that is replaced is dead. */
static bool
is_other(const struct look *look, const struct member_view *m)
{
    return !is_lost(look->ms, m) && m->member.peer_url_count > 0 && m->member.name[0] != '\0' &&
           strcmp(m->member.name, look->joiner->name) != 0;
}

static struct inventory_urls
urls_of(const struct etcd_member *m)
{
    return (struct inventory_urls){without_const(m->peer_urls), m->peer_url_count};
}

static bool
others_are_reached(struct arena *mem, const struct look *look, struct error *e)
{
    struct peer_reaches reaches = {.mem = mem, .from = look->joiner->name};

    for (size_t i = 0; i < look->view->member_count; i++) {
        const struct member_view *m = &look->view->members[i];
        const struct inventory_urls urls = urls_of(&m->member);

        if (is_other(look, m))
            peer_reaches_add(&reaches, m->member.name, &urls, true, NULL);
    }
    return peer_reaches_judge(&reaches, look->host, e);
}

/* From the host of a member to the joiner's; and their clocks. */
static bool
other_judge(struct arena *mem, const struct look *look, const struct inventory_member *other,
            struct error *e)
{
    struct peer_reaches reaches = {.mem = mem, .from = other->name};
    const struct host *host;
    struct host_facts facts;

    peer_reaches_add(&reaches, look->joiner->name, &look->joiner->peer_urls, false, look->own);
    return host_of(mem, look->ms, other, &host, e) && host_facts_fetch(mem, host, &facts, e) &&
           rule_clocks_agree(look->joiner->name, &look->facts, other->name, &facts, e) &&
           peer_reaches_judge(&reaches, host, e);
}

static bool
others_reach(struct arena *mem, const struct look *look, struct error *e)
{
    for (size_t i = 0; i < look->view->member_count; i++) {
        const struct member_view *m = &look->view->members[i];
        const struct inventory_member *other;

        if (!is_other(look, m))
            continue;
        other = inventory_member_by_name(look->inventory, m->member.name);
        if (other == NULL || other->host == NULL)
            plan_note(look->ms->plan,
                      "nobody says where '%s' runs: from there nothing was looked at",
                      m->member.name);
        else if (!other_judge(mem, look, other, e))
            return false;
    }
    return true;
}

/* Its data directory was looked at by member_may_join; of one that is replaced, a step moves it aside. */
static bool
log_is_free(const struct look *look, struct error *e)
{
    const char *dir = look->joiner->wal_dir;
    enum dir_state state = DIR_ABSENT;

    if (dir == NULL || look->in_place)
        return true;
    if (!member_dir_look(&look->ms->site, look->joiner, dir, &state, e))
        return false;
    if (state != DIR_FULL)
        return true;
    error_set_(
        e, ERROR_REFUSED, 0,
        "'%s' on the host of '%s' is not empty: with another's log, or an old one's, etcd refuses "
        "to start, or diverges",
        dir, look->joiner->name);
    return error_hint(e, "move it aside there");
}

/* "etcd Version: 3.5.16"; NULL: it does not say. In 'mem'. */
static const char *
version_said(struct arena *mem, const struct host_result *result)
{
    static const char before[] = "etcd Version: ";
    const char *at = strstr((const char *)result->out.data, before);

    if (result->exit_code != 0 || at == NULL)
        return NULL;
    at += strlen(before);
    return arena_printf(mem, "%.*s", (int)strcspn(at, " \r\n"), at);
}

/* A unit's program is as a rule the one in root's path; a pod's comes with its image. */
static bool
version_judge(struct arena *mem, const struct look *look, struct error *e)
{
    static const char *const argv[] = {"etcd", "--version", NULL};
    const struct host_command command = {.argv = argv};
    struct joiner joiner = joiner_of(look->joiner);
    struct host_result result = {0};

    if (look->joiner->runner != INVENTORY_RUNNER_SYSTEMD)
        return true;
    if (!host_run(mem, look->host, &command, &result, e)) {
        if (e->code != ERROR_NOT_FOUND)
            return false;
        error_clear(e); /* what lays the unit out says what is lacking */
        return true;
    }
    joiner.version = version_said(mem, &result);
    return rule_version_fits(look->view, &joiner, e);
}

/* What only hosts have: a lab's ports and directory were looked at when the plan was made. */
static bool
host_judge(struct arena *mem, struct look *look, struct error *e)
{
    if (look->ms->lab != NULL)
        return true;
    return host_facts_fetch(mem, look->host, &look->facts, e) &&
           host_addresses(mem, look->host, &look->own, e) &&
           (look->in_place || (ports_judge(mem, look, &look->joiner->peer_urls, "peer", e) &&
                               ports_judge(mem, look, &look->joiner->client_urls, "client", e))) &&
           log_is_free(look, e) && version_judge(mem, look, e) && others_reach(mem, look, e);
}

bool
member_host_allows(struct membership *ms, const struct inventory *inventory,
                   const struct cluster_view *view, const struct inventory_member *joiner,
                   bool in_place, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct look look = {
        .ms = ms, .inventory = inventory, .view = view, .joiner = joiner, .in_place = in_place};

    return (host_of(&tmp, ms, joiner, &look.host, e) && disk_judge(&tmp, &look, e) &&
            others_are_reached(&tmp, &look, e) && host_judge(&tmp, &look, e)) ||
           error_wrap(e, "'%s' cannot join", joiner->name);
}
