/* What the member itself can tell about its refusal: who votes, how full it is, how old. */
#include <inttypes.h>
#include <string.h>

#include "base/evidence.h"
#include "base/number.h"
#include "base/time.h"
#include "cluster/explain_parts.h"
#include "etcd/cluster.h"
#include "etcd/compacted.h"
#include "etcd/maintenance.h"

static bool
status_fetch(struct explain *x, struct etcd_status *ret_status)
{
    AUTO_ETCD_CLIENT client = NULL;
    struct error ignored = ERROR_INIT;

    return etcd_client_open(&x->this_one, &client, &ignored) &&
           etcd_status_at(x->mem, client, 0, ret_status, &ignored);
}

/* Nearly everybody has peers at the port behind the clients'. */
const char *
next_port(struct arena *mem, const char *endpoint)
{
    const char *colon = strrchr(endpoint, ':');
    struct error ignored = ERROR_INIT;
    uint32_t port;

    if (colon == NULL || !number_parse_u32(colon + 1, &port, &ignored) || port >= UINT16_MAX)
        return NULL;
    return arena_printf(mem, "%.*s:%u", (int)(colon - endpoint), endpoint, port + 1);
}

/* A learner tells no client who the members are: another endpoint does, or its port for peers. */
static bool
members_fetch(struct explain *x, struct etcd_member_list *ret_list)
{
    AUTO_ETCD_CLIENT client = NULL;
    struct error ignored = ERROR_INIT;
    const char *peers = next_port(x->mem, x->endpoint);

    if (x->shortly.endpoint_count > 1 && etcd_client_open(&x->shortly, &client, &ignored) &&
        etcd_member_list(x->mem, client, false, ret_list, &ignored))
        return true;
    return peers != NULL && peer_members_fetch(x, peers, ret_list);
}

static void
voters_tell(struct explain *x, const struct etcd_member_list *list, struct error *e)
{
    const char *names = "";
    const char *urls = "";

    for (size_t i = 0; i < list->member_count; i++) {
        const struct etcd_member *m = &list->members[i];

        if (m->is_learner || m->client_url_count == 0)
            continue;
        evidence_item(e, "voters", m->client_urls[0]);
        names = arena_printf(x->mem, "%s%s'%s' (%s)", names, names[0] != '\0' ? ", " : "", m->name,
                             m->client_urls[0]);
        urls = arena_printf(x->mem, "%s%s%s", urls, urls[0] != '\0' ? "," : "", m->client_urls[0]);
    }
    if (names[0] == '\0')
        return;
    error_append(e, "the voting members are %s", names);
    error_hint(e, "ask a voting member: --endpoints %s", urls);
}

void
explain_learner(struct explain *x, struct error *e)
{
    struct etcd_member_list list;
    struct etcd_status status;

    if (members_fetch(x, &list)) {
        voters_tell(x, &list, e);
        return;
    }
    if (!status_fetch(x, &status) || status.leader == 0)
        return;
    evidence_text(e, "leader", arena_printf(x->mem, "%" PRIx64, status.leader));
    error_append(e, "the leader is member %" PRIx64 ", whose address a learner does not tell",
                 status.leader);
}

void
space_judge(struct arena *mem, const struct etcd_status *status, struct error *e)
{
    const char *size = size_human(mem, (uint64_t)status->db_size_bytes);
    const char *used = size_human(mem, (uint64_t)status->db_size_in_use_bytes);

    evidence_number(e, "db_size", status->db_size_bytes);
    evidence_number(e, "db_size_in_use", status->db_size_in_use_bytes);
    evidence_number(e, "revision", status->header.revision);
    if (status->db_size_quota_bytes > 0) {
        evidence_number(e, "quota", status->db_size_quota_bytes);
        error_append(e, "the database has %s (%s in use), and its quota is %s", size, used,
                     size_human(mem, (uint64_t)status->db_size_quota_bytes));
    } else {
        error_append(e, "the database has %s (%s in use)", size, used);
    }
    error_hint(e,
               "free space: 'compaction %" PRId64 "', then 'defrag --cluster', then 'alarm disarm'",
               status->header.revision);
}

void
explain_space(struct explain *x, struct error *e)
{
    struct etcd_status status;

    if (status_fetch(x, &status))
        space_judge(x->mem, &status, e);
}

void
explain_compacted(struct explain *x, struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;
    struct error ignored = ERROR_INIT;
    int64_t revision;

    if (!etcd_client_open(&x->this_one, &client, &ignored))
        return;
    revision = etcd_compact_revision_at(client, 0, EXPLAIN_TIMEOUT_MS);
    if (revision == 0)
        return;
    evidence_number(e, "first_revision", revision);
    error_append(e, "the first revision still there is %" PRId64, revision);
}

const char *
call_since(const char *server_said)
{
    /* Source: etcd api/etcdserverpb/rpc.proto, its etcd_version_* options. */
    static const struct {
        const char *call;
        const char *version;
    } calls[] = {
        {"MemberPromote", "3.4"},
        {"AuthStatus", "3.5"},
        {"Downgrade", "3.5"},
        {"RangeStream", "3.7"},
    };

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (strstr(server_said, calls[i].call) != NULL)
            return calls[i].version;
    }
    return NULL;
}

void
explain_version(struct explain *x, struct error *e)
{
    const char *since = call_since(evidence_value(e, "server_said"));
    struct etcd_status status;

    if (!status_fetch(x, &status))
        return;
    evidence_text(e, "server_version", status.version);
    error_append(e, "the server is etcd %s", status.version);
    if (since != NULL) {
        evidence_text(e, "since", since);
        error_hint(e, "this needs etcd %s or newer", since);
    }
}
